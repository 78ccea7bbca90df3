"""What every method that asks the network, or the pixels, must keep."""

from dataclasses import replace

import numpy as np
import pytest

from hrcam.methods import METHODS

CALLS = (
    "score_cam",
    "ablation_cam",
    "smooth_grad",
    "integrated_gradients",
    "occlusion",
    "rise",
    "poly_cam",
    "cameras",
)
PIXELS = (
    "gradient",
    "guided_backprop",
    "guided_grad_cam",
    "deconvnet",
    "full_grad",
)


@pytest.fixture(params=CALLS + PIXELS)
def name(request):
    return request.param


def some(capture, rows):
    """Return the capture of some of its images."""
    return replace(
        capture,
        images=capture.images[rows],
        pixels=capture.pixels[rows],
        layers=tuple(
            replace(x, features=x.features[rows], gradients=x.gradients[rows])
            for x in capture.layers
        ),
        slopes={k: v[rows] for k, v in capture.slopes.items()},
        biases=tuple(b[rows] for b in capture.biases),
        logits=capture.logits[rows],
        tissue_median=capture.tissue_median[rows],
        calls=capture.calls.at(rows),
    )


def only(parts):
    """Return the one part of a method and its name."""
    ((layer, part),) = parts.items()
    return layer, part


def test_maps_do_not_depend_on_the_batch(name, recorded):
    """One image, a pair, all: each has its own target."""
    capture = recorded(3, batch=5, limit=40)
    layer, together = only(METHODS[name].explain(capture))
    for rows in ([0], [4], [2, 1], [3, 0, 2]):
        _, apart = only(METHODS[name].explain(some(capture, rows)))
        np.testing.assert_allclose(
            apart, together[rows], atol=1e-6 * np.abs(together).max(), err_msg=layer
        )


def test_explaining_twice_gives_the_same_and_changes_nothing(name, recorded):
    capture, untouched = recorded(4, limit=30), recorded(4, limit=30)
    _, first = only(METHODS[name].explain(capture))
    _, second = only(METHODS[name].explain(capture))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(capture.pixels, untouched.pixels)
    for layer, other in zip(capture.layers, untouched.layers, strict=True):
        np.testing.assert_array_equal(layer.features, other.features)
        np.testing.assert_array_equal(layer.gradients, other.gradients)


@pytest.mark.parametrize("limit", [3, 7, 30, 100])
@pytest.mark.parametrize("name", CALLS)
def test_a_limit_of_calls_is_kept(name, limit, recorded):
    capture = recorded(5, limit=limit)
    _, part = only(METHODS[name].explain(capture))
    assert np.isfinite(part).all()
    assert 0 < capture.calls.asked <= 3 * limit
    assert capture.calls.largest <= 64


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("score_cam", 6),
        ("ablation_cam", 6),
        ("smooth_grad", 50),
        ("integrated_gradients", 50),
        ("occlusion", 15 * 12),
        ("rise", 1000),
        ("poly_cam", 2 * (5 + 7 + 6) + 1),
        ("cameras", 7),  # and the capture's own look
    ],
)
def test_published_numbers_of_calls(name, published, recorded):
    capture = recorded(6)
    METHODS[name].explain(capture)
    assert capture.calls.asked == 3 * published


def test_odd_images_and_dead_layers_give_finite_maps(name, recorded, numpy_network):
    """A black image, a constant one, a last layer that is never on, a logit of 0."""
    plain = recorded(7, limit=40)
    network = plain.calls.network
    pixels = plain.pixels.copy()
    pixels[0], pixels[1] = 0, 0.7
    odd = numpy_network.capture(network, pixels, plain.calls.target, 40)
    last = network.stages[-1]
    off = replace(last, bias=last.bias - 1e3)
    dead = replace(network, stages=(*network.stages[:-1], off), bias=np.zeros(4))
    dark = numpy_network.capture(dead, plain.pixels, plain.calls.target, 40)
    assert not dark.logits.any()
    assert not dark.layers[-1].features.any()
    for capture in (odd, dark):
        layer, part = only(METHODS[name].explain(capture))
        sizes = {x.name: x.size for x in capture.layers} | {"image": capture.size}
        assert part.shape == (3, *sizes[layer])
        assert np.isfinite(part).all()
    if name != "deconvnet":  # which passes dead rectifiers
        assert not part.any()


def test_postprocessing_and_layers_as_published():
    """ReLU for what descends from Grad-CAM, absolute values for gradients."""
    found = {n: METHODS[n].postprocessing for n in CALLS + PIXELS}
    assert {n for n, p in found.items() if p == "relu"} == {
        "score_cam",
        "ablation_cam",
        "cameras",
    }
    assert {n for n, p in found.items() if p == "none"} == {
        "full_grad",
        "occlusion",
        "rise",
        "poly_cam",
    }
    layers = {n: METHODS[n].layers for n in CALLS + PIXELS}
    assert layers["poly_cam"] == ("all",)
    last = {n for n, x in layers.items() if x == ("last",)}
    assert last == {"score_cam", "ablation_cam", "guided_grad_cam", "cameras"}


def test_methods_without_calls_ask_nothing(recorded):
    for name in PIXELS:
        capture = recorded(8)
        METHODS[name].explain(replace(capture, calls=None))
        assert "calls" not in METHODS[name].needs
    for name in CALLS:
        assert "calls" in METHODS[name].needs
        with pytest.raises(ValueError, match=r"^calls must be recorded"):
            METHODS[name].explain(replace(recorded(8), calls=None))
