"""Integrated gradients add up to the difference from black."""

from dataclasses import replace

import numpy as np
import pytest

from hrcam.methods import METHODS, integrated_gradients

explain = METHODS["integrated_gradients"].explain


def difference(capture):
    """Return S(image) - S(black)."""
    black = np.zeros_like(capture.pixels)
    return capture.logits - capture.calls.responses(black, np.arange(len(black)))


@pytest.mark.parametrize("limit", [1, 2, None])
def test_linear_networks_are_exact(limit, recorded, numpy_network):
    """One node is enough, and the map is image times gradient."""
    linear = replace(numpy_network.draw_network(pools=("none",) * 3), flat=True)
    capture = recorded(network=linear, limit=limit)
    found = explain(capture)["image"]
    expected = (capture.pixels * capture.slopes["plain"]).sum(axis=-1)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    np.testing.assert_allclose(found.sum(axis=(1, 2)), difference(capture), rtol=1e-9)


def test_networks_without_biases_are_exact(recorded, numpy_network):
    """Rectifiers and pooling do not change along the way from black."""
    network = numpy_network.without_biases(numpy_network.draw_network(1))
    capture = recorded(1, network=network)
    found = explain(capture)["image"].sum(axis=(1, 2))
    np.testing.assert_allclose(found, capture.logits, atol=1e-6)


def test_with_biases_the_sum_is_close_and_comes_closer(recorded, monkeypatch):
    """Rectifiers bend the way: the error falls with the nodes, about as 1/nodes."""
    errors = {}
    for nodes in (10, 50, 800):
        monkeypatch.setattr(integrated_gradients, "NODES", nodes)
        capture = recorded(0, batch=2, size=(8, 12))
        sums = explain(capture)["image"].sum(axis=(1, 2))
        errors[nodes] = np.abs(sums - difference(capture)).max()
    scale = np.abs(capture.logits).max()
    assert errors[50] < 2e-3 * scale
    assert errors[800] < 3e-4 * scale
    assert errors[800] < errors[50] < errors[10]


def test_a_curved_way_is_integrated(recorded, numpy_network):
    """S = sum of cubes has x * integral of 3 a^2 x^2 = x^3: black to image, no less."""
    cubes = numpy_network.Made(slope=lambda pixels, _: 3 * pixels**2)
    capture = replace(recorded(2), calls=cubes)
    expected = (capture.pixels**3).sum(axis=-1)
    np.testing.assert_allclose(explain(capture)["image"], expected, atol=1e-5)


def test_black_stays_black(recorded, numpy_network):
    capture = recorded()
    black = numpy_network.capture(
        capture.calls.network, np.zeros_like(capture.pixels), capture.calls.target
    )
    assert not explain(black)["image"].any()
