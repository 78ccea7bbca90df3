"""The network that other tests ask: exact by finite differences and by torch."""

from pathlib import Path

import numpy as np
import pytest

from hrcam.capture import Calls


@pytest.mark.parametrize("rule", ["plain"])
def test_slopes_are_finite_differences(rule, recorded):
    capture = recorded()
    step = 1e-6
    rng = np.random.default_rng(0)
    rows = np.arange(3)
    for _ in range(20):
        at = (rng.integers(16), rng.integers(24), rng.integers(2))
        moved = capture.pixels.copy()
        moved[(slice(None), *at)] += step
        change = (capture.calls.responses(moved, rows) - capture.logits) / step
        slopes = capture.calls.slopes(capture.pixels, rows, rule)
        np.testing.assert_allclose(slopes[(slice(None), *at)], change, atol=1e-6)


@pytest.mark.parametrize("name", ["shallow", "middle", "deep"])
def test_gradients_are_finite_differences_of_tails(name, recorded):
    capture = recorded(1)
    layer = next(x for x in capture.layers if x.name == name)
    rows = np.arange(3)
    np.testing.assert_allclose(
        capture.calls.tails(name, layer.features, rows), capture.logits, atol=1e-12
    )
    for unit in range(0, layer.size[0] * layer.size[1], 5):
        at = (slice(None), *np.unravel_index(unit, layer.size), 2)
        moved = layer.features.copy()
        moved[at] += 1e-6
        change = (capture.calls.tails(name, moved, rows) - capture.logits) / 1e-6
        on = layer.features[at] > 0  # at 0, maximum pooling bends
        np.testing.assert_allclose(layer.gradients[at][on], change[on], atol=1e-6)


def test_parts_of_the_image_and_of_the_biases_add_up_to_the_logit(recorded):
    """Completeness of FullGrad before absolute values, on every image."""
    capture = recorded(2)
    total = (capture.pixels * capture.slopes["plain"]).sum(axis=(1, 2, 3))
    for bias in capture.biases:
        total += bias.reshape(3, -1).sum(axis=1)
    np.testing.assert_allclose(total, capture.logits, rtol=1e-10)


def test_rules_of_rectifiers_by_hand(numpy_network):
    z = np.array([1.0, 1, -1, -1])
    signal = np.array([2.0, -2, 2, -2])
    rectified = numpy_network.rectified
    np.testing.assert_array_equal(rectified(signal, z, "plain"), [2, -2, 0, 0])
    np.testing.assert_array_equal(rectified(signal, z, "guided"), [2, 0, 0, 0])
    np.testing.assert_array_equal(rectified(signal, z, "deconvnet"), [2, 0, 2, 0])


def test_it_is_what_methods_may_ask(recorded):
    capture = recorded()
    assert isinstance(capture.calls, Calls)
    maps, slopes = capture.calls.looks(
        np.zeros((2, 33, 41, 2)), np.array([0, 2]), ("middle",)
    )
    assert maps["middle"].shape == slopes["middle"].shape == (2, 16, 20, 7)
    assert capture.logits.min() < 0 < capture.logits.max()


def test_torch_agrees_on_the_logits(goldens):
    logits, _ = goldens.network.forward(goldens.maps["pixels"])
    np.testing.assert_allclose(logits, goldens.maps["logits"], rtol=1e-12)
    assert logits.min() < 0 < logits.max()


def test_goldens_are_small():
    folder = Path(__file__).parents[2] / "goldens"
    assert (folder / "calls.npz").stat().st_size < 100_000
