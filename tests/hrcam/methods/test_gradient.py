"""Derivatives by the pixels: gradient, guided backpropagation, DeconvNet, their use."""

from dataclasses import replace

import numpy as np
import pytest

from hrcam.enlargement import enlarge
from hrcam.methods import METHODS

RULES = {
    "gradient": "plain",
    "guided_backprop": "guided",
    "deconvnet": "deconvnet",
}


@pytest.mark.parametrize("name", RULES)
def test_channels_are_added_with_their_signs(name, recorded):
    capture = recorded()
    slopes = capture.slopes[RULES[name]]
    found = METHODS[name].explain(capture)
    assert list(found) == ["image"]
    expected = slopes[..., 0] + slopes[..., 1]
    np.testing.assert_allclose(found["image"], expected)
    assert expected.min() < 0 < expected.max()


def test_a_gray_image_repeated_over_channels_has_the_gray_image_s_gradient(
    recorded, numpy_network
):
    """A network of one channel, and one of three that adds them up first."""
    gray = recorded(1, network=numpy_network.draw_network(1, channels=1))
    network = gray.calls.network
    first = network.stages[0]
    third = replace(first, kernel=np.repeat(first.kernel / 3, 3, axis=2))
    color = numpy_network.capture(
        replace(network, stages=(third, *network.stages[1:])),
        np.repeat(gray.pixels, 3, axis=-1),
        gray.calls.target,
    )
    for name in RULES:
        np.testing.assert_allclose(
            METHODS[name].explain(color)["image"],
            METHODS[name].explain(gray)["image"],
            atol=1e-12,
        )


def test_where_nothing_is_rectified_the_rules_agree(recorded, numpy_network):
    """All weights, biases, pixels and the target positive."""
    network = numpy_network.draw_network(2)
    stages = tuple(
        replace(s, kernel=np.abs(s.kernel), bias=np.abs(s.bias)) for s in network.stages
    )
    network = replace(network, stages=stages, weights=np.abs(network.weights))
    pixels = np.abs(recorded().pixels)
    capture = numpy_network.capture(network, pixels, np.eye(4)[:3])
    plain = METHODS["gradient"].explain(capture)["image"]
    for name in ("guided_backprop", "deconvnet"):
        np.testing.assert_allclose(METHODS[name].explain(capture)["image"], plain)


def test_guided_grad_cam_is_a_product(recorded):
    """Pixel by pixel, with the one enlargement there is."""
    capture = recorded(3)
    for name in ("middle", "deep"):
        seen = capture.at((name,))
        coarse = METHODS["grad_cam"].explain(seen)[name]
        window = enlarge(np.maximum(coarse, 0), capture.size, alignment="half_pixel")
        guided = METHODS["guided_backprop"].explain(capture)["image"]
        found = METHODS["guided_grad_cam"].explain(seen)["image"]
        np.testing.assert_allclose(found, guided * window, atol=1e-6)
        assert coarse.min() < 0 < coarse.max()


def test_guided_grad_cam_is_nothing_where_grad_cam_is_not_positive(recorded):
    capture = recorded(4)
    deep = capture.layers[-1]
    against = replace(deep, gradients=-np.ones_like(deep.gradients))
    found = METHODS["guided_grad_cam"].explain(replace(capture, layers=(against,)))
    assert not found["image"].any()
