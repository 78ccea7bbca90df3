"""A small torch network, and the raw maps that other libraries make of it.

Shared by ``make_torch.py``, the live comparisons and ``benchmarks/conformance.py``.
Maps are (n, h, w) at the layer's own size, before scaling and resizing; libraries that
apply a ReLU in between are named so.
"""

import sys
from copy import deepcopy
from types import ModuleType

import numpy as np
import torch
from torch import nn

#: The class explained of each image.
CLASSES = [1, 0, 3]
LAYERS = ("first", "second", "third")


class Net(nn.Module):
    """Three convolutions with pooling between, global average pooling, four classes."""

    def __init__(self, seed=3):
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(2, 5, 3, padding=1), nn.ReLU())
        self.pool = nn.MaxPool2d(2)
        self.second = nn.Sequential(nn.Conv2d(5, 6, 3, padding=1), nn.ReLU())
        self.shrink = nn.AvgPool2d(2)
        self.third = nn.Sequential(nn.Conv2d(6, 7, 3, padding=1), nn.ReLU())
        self.average = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.head = nn.Linear(7, 4)
        stream = torch.Generator().manual_seed(seed)
        for weight in self.parameters():
            spread = (2 / weight[0].numel()) ** 0.5 if weight.dim() > 1 else 0.2
            weight.data = spread * torch.randn(weight.shape, generator=stream)

    def forward(self, x):
        x = self.shrink(self.second(self.pool(self.first(x))))
        return self.head(self.flatten(self.average(self.third(x))))


def images(seed=1, count=3):
    """Return images (n, 2, 16, 20) of standard deviation 2."""
    stream = torch.Generator().manual_seed(seed)
    return 2 * torch.randn((count, 2, 16, 20), generator=stream)


def features_and_gradients(net, x, name, classes=CLASSES):
    """Return a layer's maps and the class logits' derivatives by them, (n, h, w, c)."""
    kept = []
    handle = net.get_submodule(name).register_forward_hook(
        lambda _m, _i, out: kept.append(out)
    )
    logits = net(x)
    handle.remove()
    aim = logits[torch.arange(len(x)), torch.tensor(classes)].sum()
    (slope,) = torch.autograd.grad(aim, kept[0])
    last = [np.moveaxis(t.detach().numpy(), 1, -1) for t in (kept[0], slope)]
    return last[0].copy(), last[1].copy()


def captum_maps(net, x, name, classes=CLASSES):
    """Return captum's layer attributions, signed."""
    from captum.attr import LayerGradCam, LayerGradientXActivation

    layer = net.get_submodule(name)
    cam = LayerGradCam(net, layer).attribute(x, target=classes)
    product = LayerGradientXActivation(net, layer).attribute(x, target=classes)
    return {
        "grad_cam": cam[:, 0].detach().numpy(),
        "hires_cam": product.sum(dim=1).detach().numpy(),
    }


def torchcam_maps(net, x, name, classes=CLASSES):
    """Return torchcam's maps before scaling; all but CAM are rectified by it."""
    from torchcam import methods

    found = {}
    makers = {
        "grad_cam": methods.GradCAM,
        "grad_cam_plus_plus": methods.GradCAMpp,
        "xgrad_cam": methods.XGradCAM,
        "layer_cam": methods.LayerCAM,
    }
    if name == LAYERS[-1]:
        makers["cam"] = methods.CAM
    for method, make in makers.items():
        extra = {"fc_layer": "head"} if method == "cam" else {}
        with make(net, name, input_shape=tuple(x.shape[1:]), **extra) as extractor:
            scores = net(x)
            maps = extractor(list(classes), scores, normalized=False)
            found[method] = maps[0].detach().numpy()
    return found


def grad_cam_maps(net, x, name, classes=CLASSES):
    """Return pytorch-grad-cam's maps of ``get_cam_image``, signed."""
    stub_torchvision()
    import pytorch_grad_cam as library
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    makers = {
        "grad_cam": library.GradCAM,
        "hires_cam": library.HiResCAM,
        "xgrad_cam": library.XGradCAM,
        "layer_cam": library.LayerCAM,
        "grad_cam_plus_plus": library.GradCAMPlusPlus,
        "eigen_cam": library.EigenCAM,
        "eigen_grad_cam": library.EigenGradCAM,
        "ablation_cam": library.AblationCAM,
    }
    targets = [ClassifierOutputTarget(k) for k in classes]
    found = {}
    for method, make in makers.items():
        cam = make(net, [net.get_submodule(name)])
        found[method] = raw_grad_cam(cam, x, targets)
    steeper = steep(net)
    cam = library.GradCAMPlusPlus(steeper, [steeper.get_submodule(name)])
    found["grad_cam_plus_plus_steep"] = raw_grad_cam(cam, x, targets)
    return found


#: How much larger the logits are where an epsilon in a denominator must not matter.
STEEPNESS = 1e6


def steep(net):
    """Return a copy of a network with all logits larger."""
    other = deepcopy(net)
    other.head.weight.data *= STEEPNESS
    other.head.bias.data *= STEEPNESS
    return other


def raw_grad_cam(library_object, x, targets):
    """Return what an object of pytorch-grad-cam computes before ReLU and scaling."""
    kept, original = [], library_object.get_cam_image
    library_object.get_cam_image = lambda *a, **k: (
        kept.append(original(*a, **k)) or (kept[-1])
    )
    library_object(input_tensor=x, targets=targets)
    library_object.activations_and_grads.release()
    return np.asarray(kept[-1])


def stub_torchvision():
    """Stand in for torchvision, of which pytorch-grad-cam uses nothing here."""
    if "torchvision" in sys.modules:
        return
    names = ("", ".transforms", ".transforms.functional", ".ops", ".models")
    made = {f"torchvision{name}": ModuleType(f"torchvision{name}") for name in names}
    for word in ("Compose", "Normalize", "ToTensor"):
        setattr(made["torchvision.transforms"], word, type(word, (), {}))
    made["torchvision.transforms.functional"].resize = None
    made["torchvision"].transforms = made["torchvision.transforms"]
    made["torchvision"].ops = made["torchvision.ops"]
    sys.modules.update(made)
