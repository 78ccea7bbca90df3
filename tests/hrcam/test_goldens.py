"""Our methods against maps that other libraries computed, stored with their versions.

``tests/goldens/make_torch.py`` made the file; nothing of those libraries is needed.
"""

from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from hrcam.capture import Capture, Layer

with np.load(Path(__file__).parents[1] / "goldens" / "cams.npz") as _file:
    GOLDENS = dict(_file)
LAYERS = ("first", "second", "third")
MAPS = [key for key in GOLDENS if key.count("/") == 2 and "weights" not in key]

#: What a library does before it hands out its maps; see docs/conformance.
RECTIFIED = [f"torchcam/{m}" for m in ("grad_cam", "xgrad_cam", "layer_cam")]
#: Not the published method, or another reading of it, and what it is instead.
DIFFERENT = {
    "torchcam/grad_cam_plus_plus",  # no division
    "grad-cam/grad_cam_plus_plus",  # 1e-6 in the denominator
    "grad-cam/grad_cam_plus_plus_steep",
    "grad-cam/eigen_cam",  # centered, sign left to the solver
    "grad-cam/eigen_grad_cam",  # the same
    "grad-cam/ablation_cam",  # upside down for negative logits; asks the network
}


def seen(layer, classes=None):
    """Return a capture of one layer of the stored network."""
    features, gradients = (GOLDENS[f"{x}/{layer}"] for x in ("features", "gradients"))
    chosen = GOLDENS["classes"] if classes is None else classes
    weights = GOLDENS["weights/head.weight"][chosen]
    return Capture(
        size=GOLDENS["images"].shape[1:3],
        ops=np,
        images=GOLDENS["images"].mean(axis=-1),
        layers=(Layer(layer, features.shape[1:3], features, gradients),),
        heads={"base": {layer: weights}},
    )


def draw(method, capture):
    return import_module(f"hrcam.methods.{method}").METHOD.explain(capture)


def deviation(ours, theirs):
    """Return the largest difference over the largest value."""
    assert ours.shape == theirs.shape
    return np.abs(ours - theirs).max() / np.abs(theirs).max()


def agreeing():
    return [k for k in MAPS if "{0}/{2}".format(*k.split("/")) not in DIFFERENT]


@pytest.mark.parametrize("key", agreeing())
def test_a_method_agrees_with_another_library(key):
    library, layer, method = key.split("/")
    (ours,) = draw(method, seen(layer)).values()
    if f"{library}/{method}" in RECTIFIED:
        ours = np.maximum(ours, 0)
    assert deviation(ours, GOLDENS[key]) < 1e-5


@pytest.mark.parametrize("layer", LAYERS)
def test_the_file_would_notice_another_axis_sign_or_scale(layer):
    """The tolerance is far below what any of the usual mistakes change."""
    truth = GOLDENS[f"captum/{layer}/grad_cam"]
    for wrong in (-truth, truth * 1.001, truth[:, ::-1], truth[::-1], abs(truth)):
        assert deviation(wrong, truth) > 5e-4


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("method", ["eigen_cam", "eigen_grad_cam"])
def test_the_centered_projection_of_another_library_is_ours_of_centered_values(
    method, layer
):
    theirs = GOLDENS[f"grad-cam/{layer}/{method}"]
    capture = seen(layer)
    (shown,) = capture.layers
    values = shown.features
    if method == "eigen_grad_cam":
        values = values * shown.gradients
    centered = values - values.mean(axis=(1, 2), keepdims=True)
    plain = Layer(layer, shown.size, centered, np.ones_like(centered))
    (ours,) = draw(method, Capture(capture.size, np, None, (plain,))).values()
    sign = np.sign((ours * theirs).sum(axis=(1, 2)))[:, None, None]
    assert deviation(ours * sign, theirs) < 1e-4
    uncentered = draw(method, capture)[layer]
    assert deviation(uncentered, theirs) > 0.05


@pytest.mark.parametrize("layer", LAYERS)
def test_torchcam_leaves_the_division_of_grad_cam_plus_plus_out(layer):
    capture = seen(layer)
    (shown,) = capture.layers
    positive = np.maximum(shown.gradients, 0)
    weights = (shown.gradients**2 * positive).sum(axis=(1, 2))
    undivided = np.einsum("nhwc,nc->nhw", shown.features, weights)
    theirs = GOLDENS[f"torchcam/{layer}/grad_cam_plus_plus"]
    assert deviation(np.maximum(undivided, 0), theirs) < 1e-5
    ours = draw("grad_cam_plus_plus", capture)[layer]
    scaled = [x / x.max(axis=(1, 2), keepdims=True) for x in (ours, theirs)]
    assert np.abs(scaled[0] - scaled[1]).max() > 0.01


@pytest.mark.parametrize("layer", LAYERS)
def test_grad_cam_plus_plus_agrees_where_an_epsilon_does_not_matter(layer):
    """The library adds 1e-6 to a denominator of the size of the squared gradient."""
    capture = seen(layer)
    (shown,) = capture.layers
    steep = replace(shown, gradients=1e6 * shown.gradients)
    ours = draw("grad_cam_plus_plus", replace(capture, layers=(steep,)))[layer]
    theirs = GOLDENS[f"grad-cam/{layer}/grad_cam_plus_plus_steep"]
    assert deviation(ours, theirs) < 1e-5
    plain = draw("grad_cam_plus_plus", capture)[layer]
    changed = GOLDENS[f"grad-cam/{layer}/grad_cam_plus_plus"]
    assert 1e-5 < deviation(plain, changed) < 0.5
    g, a = (x.astype(np.float64) for x in (shown.gradients, shown.features))
    below = 2 * g**2 + a.sum(axis=(1, 2), keepdims=True) * g**3 + 1e-6
    weights = (g**2 / below * np.maximum(g, 0)).sum(axis=(1, 2))
    assert deviation(np.einsum("nhwc,nc->nhw", a, weights), changed) < 1e-5


def test_ablation_of_another_library_is_upside_down_for_negative_logits():
    logits = GOLDENS["logits"][np.arange(3), GOLDENS["classes"]]
    assert (logits < 0).any()
    assert (logits > 0).any()
    features = GOLDENS["features/third"]
    weights = GOLDENS["weights/head.weight"][GOLDENS["classes"]]
    drops = weights * features.mean(axis=(1, 2))
    divided = np.einsum("nhwc,nc->nhw", features, drops / logits[:, None])
    assert deviation(divided, GOLDENS["grad-cam/third/ablation_cam"]) < 1e-4


def test_the_file_names_what_made_it():
    versions = {k.split("/")[1] for k in GOLDENS if k.startswith("versions/")}
    assert {"torch", "captum", "torchcam", "grad-cam", "tf-keras-vis"} <= versions
    assert {len(GOLDENS["images"]), *GOLDENS["images"].shape[1:3]} == {3, 16, 20}
