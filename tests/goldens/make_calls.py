"""Compute maps with other libraries, for tests of methods that ask the network.

Run where torch, captum and torchcam are installed, from the repository's root::

    python tests/goldens/make_calls.py

writes ``tests/goldens/calls.npz``: the weights of a small network, three images, the
target classes, the maps (n, h, w) and the versions that computed them. What no
library computes as published is computed here with torch operations only, written
a second time from the papers: FullGrad, Poly-CAM, CAMERAS, and
Score-CAM where a layer is smaller than the image (torchcam stretches before it
enlarges, the paper after).
"""

import sys
from pathlib import Path

import captum
import numpy as np
import torch
import torchcam
from captum.attr import (
    Deconvolution,
    GuidedBackprop,
    GuidedGradCam,
    IntegratedGradients,
    LayerFeatureAblation,
    Occlusion,
    Saliency,
)
from torch import nn
from torch.nn.functional import interpolate
from torchcam.methods import ScoreCAM

sys.path.insert(0, str(Path(__file__).parents[1] / "hrcam"))
from numpy_network import draw_network

TARGETS = [2, 0, 3]
FILLS = [0.3, -0.2, 0.5]
LAYERS = ("shallow", "middle", "deep")
SIZES = ((16, 24), (23, 35), (37, 55))


class Net(nn.Module):
    """The network of ``draw_network`` with weights copied, channels first."""

    def __init__(self, network):
        super().__init__()
        pools = {"none": nn.Identity, "max": nn.MaxPool2d, "average": nn.AvgPool2d}
        for stage in network.stages:
            _, _, inputs, outputs = stage.kernel.shape
            conv = nn.Conv2d(inputs, outputs, 3, padding=1)
            conv.weight.data = torch.tensor(stage.kernel.transpose(3, 2, 0, 1).copy())
            conv.bias.data = torch.tensor(stage.bias)
            self.add_module(f"{stage.name}_pool", pools[stage.pool](2))
            self.add_module(f"{stage.name}_conv", conv)
            self.add_module(stage.name, nn.ReLU())
        self.head = nn.Linear(*network.weights.shape)
        self.head.weight.data = torch.tensor(network.weights.T.copy())
        self.head.bias.data = torch.tensor(network.bias)

    def forward(self, x):
        for name in LAYERS:
            x = self.get_submodule(f"{name}_pool")(x)
            x = self.get_submodule(name)(self.get_submodule(f"{name}_conv")(x))
        return self.head(x.mean(dim=(2, 3)))


def taken(logits):
    """Pick each image's target logit."""
    return logits.gather(1, torch.tensor(TARGETS)[:, None])[:, 0]


def watched(net, x, names):
    """Return the outputs of modules and the target's derivatives by them."""
    seen = {}
    hooks = [
        net.get_submodule(n).register_forward_hook(
            lambda _m, _i, out, n=n: seen.__setitem__(n, out)
        )
        for n in names
    ]
    total = taken(net(x)).sum()
    for hook in hooks:
        hook.remove()
    slopes = torch.autograd.grad(total, [seen[n] for n in names])
    return {n: seen[n].detach() for n in names}, dict(zip(names, slopes, strict=True))


def full_grad(net, x):
    """Return the sum of stretched parts as the authors', but not corner-aligned."""

    def stretch(part):
        part = part.abs()
        low = part.amin(dim=(1, 2, 3), keepdim=True)
        return (part - low) / (part - low).amax(dim=(1, 2, 3), keepdim=True)

    x = x.clone().requires_grad_()
    (slope,) = torch.autograd.grad(taken(net(x)).sum(), x)
    total = stretch(slope * x.detach()).sum(1)
    convs = [f"{n}_conv" for n in LAYERS]
    _, slopes = watched(net, x, convs)
    for conv in convs:
        bias = net.get_submodule(conv).bias.detach()[None, :, None, None]
        part = interpolate(stretch(slopes[conv] * bias), x.shape[2:], mode="bilinear")
        total = total + part.sum(1)
    return total


def veil(maps, size):
    """Enlarge, then stretch each channel to [0, 1]."""
    large = interpolate(maps, size, mode="bilinear")
    low, high = large.amin((2, 3), keepdim=True), large.amax((2, 3), keepdim=True)
    return torch.where(high > low, (large - low) / (high - low), 0.0)


@torch.no_grad()
def behind(net, x, masks):
    """Return the target logit behind each channel's mask, (n, k)."""
    return torch.stack([taken(net(x * m[:, None])) for m in masks.unbind(1)], dim=1)


def score_cam(net, x, name):
    maps, _ = watched(net, x, [name])
    weights = behind(net, x, veil(maps[name], x.shape[2:])).softmax(1)
    return (weights[..., None, None] * maps[name]).sum(1)


def poly_cam(net, x):
    """PCAM+- on logits, the response to black subtracted."""
    maps, _ = watched(net, x, list(LAYERS))
    base = (taken(net(x)) - taken(net(0 * x))).detach()[:, None]
    product = None
    for name in reversed(LAYERS):
        masks = veil(maps[name], x.shape[2:])
        weights = (behind(net, x, masks) + base - behind(net, x, 1 - masks)).relu()
        found = (weights[..., None, None] * maps[name]).sum(1, keepdim=True).relu()
        if product is not None:
            # Layers halve, where bilinear shrinking is the mean of 2 x 2 units.
            norm = interpolate(found, product.shape[2:], mode="bilinear")
            norm = interpolate(norm, found.shape[2:], mode="bilinear")
            found = torch.where(norm > 0, found / norm, 0.0)
            found = found * interpolate(product, found.shape[2:], mode="bilinear")
        product = found
    return product[:, 0]


def cameras(net, x, sizes):
    """Return mean features times mean gradients, unrectified."""
    sums = [0, 0]
    for size in sizes:
        inputs = interpolate(x, size, mode="bilinear")
        for place, found in enumerate(watched(net, inputs, ["deep"])):
            large = interpolate(found["deep"], x.shape[2:], mode="bilinear")
            sums[place] = sums[place] + large / len(sizes)
    return (sums[0] * sums[1]).sum(1)


def ablated(net, x):
    """Return the drop of the target without each channel of the deepest layer."""
    ablation = LayerFeatureAblation(net, net.deep)
    channels = torch.arange(net.deep_conv.out_channels)[None, :, None, None]
    drops = ablation.attribute(x, target=TARGETS, layer_mask=channels)
    return drops[:, :, 0, 0]


def maps(net, x):
    """Yield names and maps, channels of the pixels added up."""
    for name, method, options in (
        ("gradient", Saliency(net), {"abs": False}),
        ("integrated_gradients", IntegratedGradients(net), {"n_steps": 50}),
        ("guided_backprop", GuidedBackprop(net), {}),
        ("deconvnet", Deconvolution(net), {}),
        (
            "guided_grad_cam",
            GuidedGradCam(net, net.deep),
            {"interpolate_mode": "bilinear"},
        ),
    ):
        found = method.attribute(x.clone(), target=TARGETS, **options)
        yield name, found.sum(1)
    window = {"sliding_window_shapes": (2, 4, 6), "strides": (2, 2, 3)}
    fill = torch.tensor(FILLS)[:, None, None, None].expand_as(x).double()
    found = Occlusion(net).attribute(x, target=TARGETS, baselines=fill, **window)
    yield "occlusion", found[:, 0]
    extractor = ScoreCAM(net, "shallow", input_shape=tuple(x.shape[1:]))
    net(x)
    weights = extractor._get_weights(TARGETS)[0]  # the map itself is stretched
    shallow, _ = watched(net, x, ["shallow"])
    yield "score_cam_shallow", (weights[..., None, None] * shallow["shallow"]).sum(1)
    extractor.remove_hooks()
    yield "score_cam_deep", score_cam(net, x, "deep")
    yield "full_grad", full_grad(net, x)
    yield "poly_cam", poly_cam(net, x)
    yield "cameras", cameras(net, x, SIZES)
    yield "ablated", ablated(net, x)


def main():
    network = draw_network(7)
    net = Net(network).double().eval()
    pixels = np.random.default_rng(7).normal(0.4, 1, (3, 16, 24, 2))
    x = torch.tensor(pixels.transpose(0, 3, 1, 2).copy())
    found = {f"map_{k}": v.detach().numpy() for k, v in maps(net, x)}
    weights = {}
    for stage in network.stages:
        weights |= {
            f"{stage.name}_kernel": stage.kernel,
            f"{stage.name}_bias": stage.bias,
        }
    np.savez_compressed(
        Path(__file__).with_name("calls.npz"),
        pixels=pixels,
        targets=TARGETS,
        fills=FILLS,
        sizes=SIZES,
        logits=net(x).detach().numpy(),
        weights=network.weights,
        bias=network.bias,
        versions=[f"{m.__name__} {m.__version__}" for m in (torch, captum, torchcam)],
        **weights,
        **{k: v.astype(np.float32) for k, v in found.items()},
    )


if __name__ == "__main__":
    main()
