"""Poly-CAM: normalized maps multiplied from deep to shallow."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrcam.enlargement import enlarge
from hrcam.methods import METHODS
from hrcam.methods.poly_cam import layer_map, normalize, shared
from hrcam.perturbations import veils

explain = METHODS["poly_cam"].explain


def test_the_weights_of_a_layer_are_what_channels_show_and_leave(recorded):
    """Against a loop over images and channels."""
    capture = recorded()
    rows = np.arange(3)
    black = capture.calls.responses(0 * capture.pixels, rows)
    for layer in capture.layers:
        expected = np.zeros((3, *layer.size))
        for channel in range(layer.features.shape[-1]):
            maps = layer.features[..., channel]
            mask = veils(maps, capture.size)[..., None]
            shown = capture.calls.responses(capture.pixels * mask, rows) - black
            left = capture.calls.responses(capture.pixels * (1 - mask), rows)
            weight = np.maximum(shown + capture.logits - left, 0)
            expected += weight[:, None, None] * maps
        base = (capture.logits - black)[:, None]
        found = layer_map(capture, layer, layer.features.shape[-1], base)
        np.testing.assert_allclose(found, np.maximum(expected, 0), atol=1e-6)


def test_one_layer_is_its_rectified_map(recorded):
    capture = recorded(1)
    black = capture.calls.responses(0 * capture.pixels, np.arange(3))
    base = (capture.logits - black)[:, None]
    deep = capture.at(("deep",))
    np.testing.assert_allclose(
        explain(deep)["deep"], layer_map(capture, capture.layers[-1], 6, base)
    )


def test_layers_are_multiplied_from_deep_to_shallow(recorded):
    capture = recorded(2)
    black = capture.calls.responses(0 * capture.pixels, np.arange(3))
    base = (capture.logits - black)[:, None]
    shallow, middle, deep = (
        layer_map(capture, x, x.features.shape[-1], base) for x in capture.layers
    )
    below = normalize(middle, (4, 6)) * enlarge(deep, (8, 12), alignment="half_pixel")
    expected = normalize(shallow, (8, 12)) * enlarge(
        below, (16, 24), alignment="half_pixel"
    )
    found = explain(capture)
    assert list(found) == ["shallow"]
    np.testing.assert_allclose(found["shallow"], expected, atol=1e-5)
    assert (expected >= 0).all()


def test_a_constant_added_to_the_logit_changes_nothing(recorded, numpy_network):
    """Logits have no zero of their own; black gives them one."""
    capture = recorded(3)
    network = capture.calls.network
    network = replace(network, bias=network.bias + np.array([-50, 0, 20, 9]))
    moved = numpy_network.capture(network, capture.pixels, capture.calls.target)
    expected = explain(capture)["shallow"]
    assert expected.any()
    np.testing.assert_allclose(explain(moved)["shallow"], expected, rtol=1e-6)


def test_local_normalization_worked_by_hand():
    """Means 2 and 0 over two units each; enlarged 2, 1.5, 0.5, 0."""
    maps = np.array([[[1.0, 3, 0, 0]]])
    found = normalize(maps, (1, 2))
    np.testing.assert_allclose(found, [[[0.5, 2, 0, 0]]])


@given(
    seed=st.integers(0, 2**32 - 1),
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    scale=st.floats(1e-3, 1e3),
)
def test_local_normalization_forgets_the_scale_and_stays_bounded(
    seed, height, width, scale
):
    """No unit is divided by a norm of 0 or by one much smaller than itself."""
    rng = np.random.default_rng(seed)
    maps = np.maximum(rng.normal(size=(3, 9, 9)), 0)
    found = normalize(maps, (height, width))
    assert np.isfinite(found).all()
    np.testing.assert_allclose(
        normalize(maps * scale, (height, width)), found, rtol=1e-4
    )
    assert ((found > 0) == (maps > 0)).all()
    assert found.max() <= 4 * 81 / (height * width) * 4


@given(
    channels=st.lists(st.integers(1, 20), min_size=1, max_size=5),
    most=st.integers(1, 120),
)
def test_channels_are_shared_out_fairly(channels, most):
    found = shared(channels, most)
    assert sum(found) == min(most, sum(channels))
    assert all(0 <= x <= has for x, has in zip(found, channels, strict=True))
    fullest = max(found)
    for x, has in zip(found, channels, strict=True):
        assert x >= min(has, fullest - 1)


def test_under_a_narrow_limit_the_shallow_layers_are_left_out(recorded):
    assert shared([5, 7, 6], 2) == [0, 1, 1]
    assert list(explain(recorded(limit=5))) == ["middle"]
    assert list(explain(recorded(limit=3))) == ["deep"]
    message = "^calls must be at least 3 per image for poly_cam, got 2; allow more$"
    with pytest.raises(ValueError, match=message):
        explain(recorded(limit=2))
