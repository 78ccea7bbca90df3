"""Measure how far other libraries' maps are from ours, method by method.

Where torch, captum, torchcam, grad-cam and monai are installed::

    python benchmarks/conformance.py --out benchmarks/conformance.json

The documentation's page *Conformance* is made from that file. tf-keras-vis, which needs
TensorFlow, is compared by its maps in ``tests/goldens/cams.npz``.
"""

import argparse
import json
import sys
import warnings
from importlib import import_module, metadata
from pathlib import Path

import numpy as np

from hrcam.capture import Capture, Layer

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "goldens"))
TOLERANCE = 1e-5


def draw(method, layer, features, gradients, weights=None):
    """Return our map of one layer."""
    shown = Layer(layer, features.shape[1:3], features, gradients)
    heads = {} if weights is None else {"base": {layer: weights}}
    capture = Capture((16, 20), np, None, (shown,), heads=heads)
    return import_module(f"hrcam.methods.{method}").METHOD.explain(capture)[layer]


def deviation(ours, theirs):
    """Return the largest difference over the largest value."""
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


def similar(one, other):
    """Return the correlation of two stacks of maps, the mean over images."""
    pairs = zip(one.reshape(len(one), -1), other.reshape(len(other), -1), strict=True)
    return float(np.mean([np.corrcoef(a, b)[0, 1] for a, b in pairs]))


class Comparison:
    """The network, what it showed, and the rows measured so far."""

    def __init__(self):
        import torch_oracles

        self.oracles = torch_oracles
        self.net, self.x = torch_oracles.Net().eval(), torch_oracles.images()
        self.weights = self.net.head.weight.detach().numpy()[torch_oracles.CLASSES]
        self.seen = {
            layer: torch_oracles.features_and_gradients(self.net, self.x, layer)
            for layer in torch_oracles.LAYERS
        }
        self.rows = []

    def ours(self, method, layer, scale=1.0):
        features, gradients = self.seen[layer]
        return draw(method, layer, features, scale * gradients, self.weights)

    def row(self, library, method, value, remark):
        agrees = bool(value is not None and value <= TOLERANCE)
        self.rows.append(
            {
                "library": library,
                "method": method,
                "deviation": None if value is None else float(f"{value:.1e}"),
                "agrees": agrees,
                "remark": remark,
            }
        )

    def compare(self, library, found, rectified=()):
        """Compare every method that a library computed at every layer."""
        for method in dict.fromkeys(m for maps in found.values() for m in maps):
            values = []
            for layer, maps in found.items():
                if method in maps:
                    ours = self.ours(method, layer)
                    if method in rectified:
                        ours = np.maximum(ours, 0)
                    values.append(deviation(ours, maps[method]))
            remark = "after its ReLU" if method in rectified else "signed"
            self.row(library, method, max(values), remark)


def compare_captum(comparison):
    oracles = comparison.oracles
    found = {
        layer: oracles.captum_maps(comparison.net, comparison.x, layer)
        for layer in oracles.LAYERS
    }
    comparison.compare("captum", found)


def compare_torchcam(comparison):
    oracles = comparison.oracles
    found = {
        layer: oracles.torchcam_maps(comparison.net, comparison.x, layer)
        for layer in oracles.LAYERS
    }
    plus = {layer: maps.pop("grad_cam_plus_plus") for layer, maps in found.items()}
    comparison.compare("torchcam", found, ("grad_cam", "xgrad_cam", "layer_cam"))
    values, undivided = [], []
    for layer, theirs in plus.items():
        features, gradients = comparison.seen[layer]
        weights = (gradients**2 * np.maximum(gradients, 0)).sum(axis=(1, 2))
        plain = np.einsum("nhwc,nc->nhw", features, weights)
        undivided.append(deviation(np.maximum(plain, 0), theirs))
        ours = np.maximum(comparison.ours("grad_cam_plus_plus", layer), 0)
        values.append(np.abs(ours / ours.max() - theirs / theirs.max()).max())
    remark = (
        "scaled maps compared; its division has no effect: its maps are those of "
        f"sum(g^2 ReLU(g)) within {max(undivided):.1e}"
    )
    comparison.row("torchcam", "grad_cam_plus_plus", max(values), remark)


def compare_grad_cam(comparison):
    oracles = comparison.oracles
    found = {
        layer: oracles.grad_cam_maps(comparison.net, comparison.x, layer)
        for layer in oracles.LAYERS
    }
    agreeing = ("grad_cam", "hires_cam", "xgrad_cam", "layer_cam")
    some = {k: {m: maps[m] for m in agreeing} for k, maps in found.items()}
    comparison.compare("grad-cam", some)
    plain, steep, centered = [], [], {"eigen_cam": [], "eigen_grad_cam": []}
    uncentered = {"eigen_cam": [], "eigen_grad_cam": []}
    for layer, maps in found.items():
        ours = comparison.ours("grad_cam_plus_plus", layer)
        plain.append(deviation(ours, maps["grad_cam_plus_plus"]))
        ours = comparison.ours("grad_cam_plus_plus", layer, oracles.STEEPNESS)
        steep.append(deviation(ours, maps["grad_cam_plus_plus_steep"]))
        for method, values in centered.items():
            features, gradients = comparison.seen[layer]
            if method == "eigen_grad_cam":
                features = features * gradients
            features = features - features.mean(axis=(1, 2), keepdims=True)
            ours = draw(method, layer, features, np.ones_like(features))
            values.append(deviation(ours * _signs(ours, maps[method]), maps[method]))
            ours = comparison.ours(method, layer)
            ours = ours * _signs(ours, maps[method])
            uncentered[method].append(deviation(ours, maps[method]))
    remark = (
        "it adds 1e-6 to a denominator of the size of the squared gradient; with "
        f"gradients {oracles.STEEPNESS:.0e} times larger {max(steep):.1e} is left"
    )
    comparison.row("grad-cam", "grad_cam_plus_plus", max(plain), remark)
    for method, values in centered.items():
        remark = (
            "it centers the matrix, which is not published, and leaves the sign to the "
            f"solver; of centered values, up to sign, ours differs by {max(values):.1e}"
        )
        comparison.row("grad-cam", method, max(uncentered[method]), remark)
    _compare_ablation(comparison, found["third"]["ablation_cam"])


def _signs(ours, theirs):
    return np.sign((ours * theirs).sum(axis=(1, 2)))[:, None, None]


def _compare_ablation(comparison, theirs):
    """Compare Ablation-CAM with its closed form in front of pooling."""
    features, _ = comparison.seen["third"]
    classes = comparison.oracles.CLASSES
    logits = comparison.net(comparison.x).detach().numpy()[range(3), classes]
    drops = comparison.weights * features.mean(axis=(1, 2)) / np.abs(logits)[:, None]
    ours = np.einsum("nhwc,nc->nhw", features, drops)
    turned = deviation(ours * np.sign(logits)[:, None, None], theirs)
    remark = (
        f"it divides by the logit, not its size: upside down for {(logits < 0).sum()} "
        f"of 3 images, whose logits are negative; turned again {turned:.1e} is left"
    )
    comparison.row("grad-cam", "ablation_cam", deviation(ours, theirs), remark)


def compare_monai(comparison):
    from monai.visualize import CAM, GradCAM, GradCAMpp

    net, x = comparison.net, comparison.x
    classes = comparison.oracles.CLASSES
    found, turned = [], []
    for layer in comparison.oracles.LAYERS:
        ours = np.maximum(comparison.ours("grad_cam", layer), 0)
        maker = GradCAM(nn_module=net, target_layers=layer)
        raw = np.concatenate(
            [
                maker.compute_map(x[i : i + 1], class_idx=k)[:, 0].detach().numpy()
                for i, k in enumerate(classes)
            ]
        )
        found.append(deviation(ours, raw))
        whole = GradCAM(
            nn_module=net, target_layers=layer, upsampler=lambda _: lambda z: z
        )
        default = np.concatenate(
            [
                np.asarray(whole(x[i : i + 1], class_idx=k))[:, 0]
                for i, k in enumerate(classes)
            ]
        )
        turned.append(similar(default, raw))
    remark = (
        "compute_map, after its ReLU; what a call returns by default is turned upside "
        f"down (correlation with compute_map {max(turned):.2f})"
    )
    comparison.row("monai", "grad_cam", max(found), remark)
    maker = CAM(nn_module=net, target_layers="third", fc_layers="head")
    maps = np.concatenate(
        [
            maker.compute_map(x[i : i + 1], class_idx=[k])[:, 0].detach().numpy()
            for i, k in enumerate(classes)
        ]
    )
    bias = net.head.bias.detach().numpy()[classes][:, None, None]
    value = deviation(comparison.ours("cam", "third") + bias, maps)
    comparison.row("monai", "cam", value, "it adds the bias to every position")
    maker = GradCAMpp(nn_module=net, target_layers="second")
    values = []
    for i, k in enumerate(classes):
        theirs = maker.compute_map(x[i : i + 1], class_idx=k)[:, 0].detach().numpy()
        ours = np.maximum(comparison.ours("grad_cam_plus_plus", "second")[i : i + 1], 0)
        values.append(np.abs(ours / ours.max() - theirs / theirs.max()).max())
    try:
        maker.compute_map(x, class_idx=classes[0])
        batch = "a batch of 3 runs"
    except RuntimeError:
        batch = "a batch of 3 raises RuntimeError"
    remark = f"scaled maps of single images compared; another denominator; {batch}"
    comparison.row("monai", "grad_cam_plus_plus", max(values), remark)


def compare_tf_keras_vis(comparison):
    stored = dict(np.load(ROOT / "tests" / "goldens" / "cams.npz"))
    found = {layer: {} for layer in comparison.oracles.LAYERS}
    for key, maps in stored.items():
        if key.startswith("tf-keras-vis/"):
            found[key.split("/")[1]][key.split("/")[2]] = maps
    comparison.compare("tf-keras-vis", found)
    return str(stored["versions/tf-keras-vis"])


def main():
    """Measure every library that is installed and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--out", type=Path, default=ROOT / "benchmarks/conformance.json"
    )
    out = parser.parse_args().out
    warnings.simplefilter("ignore")
    comparison = Comparison()
    versions = {"torch": metadata.version("torch")}
    for library, compare in {
        "captum": compare_captum,
        "torchcam": compare_torchcam,
        "grad-cam": compare_grad_cam,
        "monai": compare_monai,
    }.items():
        compare(comparison)
        versions[library] = metadata.version(library)
    versions["tf-keras-vis"] = compare_tf_keras_vis(comparison)
    content = {"tolerance": TOLERANCE, "versions": versions, "rows": comparison.rows}
    out.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    for row in comparison.rows:
        print(
            f"{row['library']:13} {row['method']:19} {row['deviation']} {row['remark']}"
        )


if __name__ == "__main__":
    main()
