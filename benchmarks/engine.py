"""Time the engine beside the bare network and beside other libraries.

    python benchmarks/engine.py [--size 224] [--batch 4] [--repeats 5]

Prints, for ResNet-50 with random weights: one forward pass; one forward and backward
pass through the whole network; ten methods at all five tapped layers from one pass;
HR-CAM's own part of a forward pass; and the own part of Grad-CAM here, in tf-keras-vis,
captum and pytorch-grad-cam (those that are installed): the time of a call less that of
the bare forward and backward pass to the same layer on the same back end. Each number
is the median of the repeats after two calls to warm up, the calls taking turns.
"""

import argparse
import os
import platform
import sys
import time
from importlib import metadata, util
from pathlib import Path

import numpy as np

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

#: Ten methods that features and gradients give.
TEN = (
    *("hr_cam", "hr_cam_centroid", "grad_cam", "grad_cam_plus_plus", "xgrad_cam"),
    *("hires_cam", "layer_cam", "eigen_cam", "eigen_grad_cam", "respond_cam"),
)
LAST = "conv5_block3_out"
PACKAGES = ("tensorflow", "keras", "torch", "captum", "grad-cam", "tf-keras-vis")
#: A call, and the bare pass that it needs.
OWN = {
    "Grad-CAM here": "to the last layer and back",
    "Grad-CAM in tf-keras-vis": "to the last layer and back",
    "Grad-CAM in captum": "torch, to the last layer and back",
    "Grad-CAM in pytorch-grad-cam": "torch, to the last layer and back",
}


def medians(calls, repeats):
    """Time calls in turns; return each one's median in seconds."""
    seconds = {name: [] for name in calls}
    for turn in range(repeats + 2):
        for name, call in calls.items():
            begin = time.perf_counter()
            call()
            if turn >= 2:
                seconds[name].append(time.perf_counter() - begin)
    return {name: float(np.median(times)) for name, times in seconds.items()}


def bare_keras(network, pixels, target):
    """Return bare passes: forward; to the image and back; to the last and back."""
    import keras
    import tensorflow as tf

    last = network.get_layer(LAST).output
    features = keras.Model(network.inputs, [last, network.output])
    aims = tf.constant(target)

    @tf.function
    def forward(x):
        return network(x, training=False)

    @tf.function
    def both(x):
        with tf.GradientTape() as tape:
            tape.watch(x)
            aim = tf.reduce_sum(network(x, training=False) * aims)
        return tape.gradient(aim, x)

    @tf.function
    def to_last(x):
        with tf.GradientTape() as tape:
            maps, scores = features(x, training=False)
            aim = tf.reduce_sum(scores * aims)
        return maps, tape.gradient(aim, maps)

    x = tf.constant(pixels)
    return {
        "forward": lambda: forward(x).numpy(),
        "forward and backward": lambda: both(x).numpy(),
        "to the last layer and back": lambda: [t.numpy().sum() for t in to_last(x)],
    }


def ours(probe, pixels, target):
    """Return our calls: ten methods at five layers, HR-CAM, Grad-CAM."""
    from hrcam.engine.explanation import Explainer, Job, Scene
    from hrcam.entries import EVERYTHING, plan
    from hrcam.heads import Head

    rng = np.random.default_rng(0)
    taps = [tap.name for tap in probe.taps]
    scene = Scene(
        pixels,
        target,
        np.ones(pixels.shape[:3], np.float32),
        np.zeros(len(pixels), np.float32),
        rng.random(pixels.shape[:3]).astype(np.float32),
    )
    weights = {t.name: rng.normal(size=(t.channels, probe.classes)) for t in probe.taps}

    def explainer(names, layers):
        entries = plan(names, taps, layers, EVERYTHING)
        entries = tuple(e for e in entries if e.layers)
        keys = {k for e in entries for m in e.members for k in m.heads.values()}
        heads = {k: Head(k, weights, np.zeros(probe.classes)) for k in keys}
        run = Explainer(Job(probe, entries, heads))
        return lambda: run(scene)

    return {
        "ten methods at five layers": explainer(TEN, "all"),
        "HR-CAM": explainer(["hr_cam"], "default"),
        "Grad-CAM here": explainer([f"grad_cam@{LAST}"], "default"),
    }


def theirs_keras(network, pixels):
    """Return tf-keras-vis' Grad-CAM, raw and at the layer's own size."""
    if util.find_spec("tf_keras_vis") is None:
        return {}
    from tf_keras_vis.gradcam import Gradcam
    from tf_keras_vis.utils.scores import CategoricalScore

    cam = Gradcam(network, clone=False)
    score = CategoricalScore([1] * len(pixels))
    options = {"penultimate_layer": LAST, "expand_cam": False, "normalize_cam": False}
    return {"Grad-CAM in tf-keras-vis": lambda: cam(score, pixels, **options)}


def theirs_torch(pixels):
    """Return bare passes and Grad-CAM of libraries on torch, on the same network."""
    if util.find_spec("torch") is None:
        return {}
    import torch

    module = resnet50().eval()
    x = torch.tensor(np.moveaxis(pixels, 3, 1).copy())
    held = {}
    module.layer4.register_forward_hook(lambda *parts: held.update(maps=parts[2]))

    def bare():
        scores = module(x)
        return torch.autograd.grad(scores[:, 1].sum(), held["maps"])[0].numpy()

    calls = {"torch, to the last layer and back": bare}
    if util.find_spec("captum") is not None:
        from captum.attr import LayerGradCam

        cam = LayerGradCam(module, module.layer4)
        calls["Grad-CAM in captum"] = lambda: cam.attribute(x, target=1).detach()
    if util.find_spec("pytorch_grad_cam") is not None:
        if util.find_spec("torchvision") is None:
            sys.path.append(str(Path(__file__).parents[1] / "tests" / "goldens"))
            from torch_oracles import stub_torchvision

            stub_torchvision()
        from pytorch_grad_cam import GradCAM
        from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

        other = GradCAM(module, [module.layer4])
        targets = [ClassifierOutputTarget(1)] * len(pixels)
        calls["Grad-CAM in pytorch-grad-cam"] = lambda: other(x, targets)
    return calls


def resnet50():
    """Build ResNet-50 (He et al., CVPR 2016) in torch, with random weights."""
    from torch import nn

    class Block(nn.Module):
        def __init__(self, width, inner, stride):
            super().__init__()
            out = 4 * inner
            self.body = nn.Sequential(
                nn.Conv2d(width, inner, 1, bias=False),
                nn.BatchNorm2d(inner),
                nn.ReLU(),
                nn.Conv2d(inner, inner, 3, stride, 1, bias=False),
                nn.BatchNorm2d(inner),
                nn.ReLU(),
                nn.Conv2d(inner, out, 1, bias=False),
                nn.BatchNorm2d(out),
            )
            self.skip = nn.Identity()
            if stride > 1 or width != out:
                conv = nn.Conv2d(width, out, 1, stride, bias=False)
                self.skip = nn.Sequential(conv, nn.BatchNorm2d(out))
            self.relu = nn.ReLU()

        def forward(self, x):
            return self.relu(self.body(x) + self.skip(x))

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            conv = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
            pool = nn.MaxPool2d(3, 2, 1)
            self.stem = nn.Sequential(conv, nn.BatchNorm2d(64), nn.ReLU(), pool)
            width = 64
            for stage, (depth, inner) in enumerate(
                zip((3, 4, 6, 3), (64, 128, 256, 512), strict=True), 1
            ):
                blocks = []
                for place in range(depth):
                    stride = 2 if place == 0 and stage > 1 else 1
                    blocks.append(Block(width, inner, stride))
                    width = 4 * inner
                setattr(self, f"layer{stage}", nn.Sequential(*blocks))
            self.head = nn.Linear(width, 3)

        def forward(self, x):
            x = self.layer2(self.layer1(self.stem(x)))
            return self.head(self.layer4(self.layer3(x)).mean((2, 3)))

    return Network()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()

    import keras

    from hrcam.engine.explanation import coefficients
    from hrcam.engine.preparation import prepare

    keras.utils.set_random_seed(0)
    shape = (options.size, options.size, 3)
    network = keras.applications.ResNet50(
        weights=None, input_shape=shape, classes=3, classifier_activation=None
    )
    probe = prepare(network, shape)
    rng = np.random.default_rng(0)
    pixels = rng.uniform(0, 255, (options.batch, *shape)).astype(np.float32)
    target = coefficients(np.ones(options.batch, np.int64), 3)
    calls = bare_keras(network, pixels, target)
    calls |= ours(probe, pixels, target) | theirs_keras(network, pixels)
    calls |= theirs_torch(pixels)
    tell(medians(calls, options.repeats), options)


def tell(seconds, options):
    """Print the times and what follows from them."""
    print(f"{platform.machine()}, {os.cpu_count()} cores; {', '.join(versions())}")
    print(f"ResNet-50, {options.batch} images of {options.size} x {options.size}")
    for name, value in seconds.items():
        print(f"{name:36} {1000 * value:9.1f} ms")
    ten = seconds["ten methods at five layers"] / seconds["forward and backward"]
    print(f"ten methods / one forward and backward pass: {ten:.3f}")
    print(f"HR-CAM's own part: {seconds['HR-CAM'] / seconds['forward'] - 1:.3f}")
    for name, base in OWN.items():
        if name in seconds:
            own = 1000 * (seconds[name] - seconds[base])
            print(f"own part of {name}: {own:.1f} ms")


def versions():
    """Yield the versions of what is installed."""
    for package in PACKAGES:
        try:
            yield f"{package} {metadata.version(package)}"
        except metadata.PackageNotFoundError:
            continue


if __name__ == "__main__":
    main()
