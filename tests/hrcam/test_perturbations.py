"""Pairs of images and changes, and what is asked of the network about them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrcam.capture import Capture
from hrcam.perturbations import (
    allowed,
    liveliest,
    network,
    pairs,
    responses,
    slopes,
    veils,
)

WEIGHTS = np.array([3.0, -1, 0.5])


class Linear:
    """A network whose logit is a weighted sum, another per image; keeps its calls."""

    limit = None

    def __init__(self):
        self.sizes = []

    def responses(self, pixels, rows):
        self.sizes.append(len(pixels))
        return WEIGHTS[rows] * pixels.sum(axis=(1, 2, 3))

    def slopes(self, pixels, rows, rule="plain"):
        assert rule == "plain"
        self.sizes.append(len(pixels))
        return pixels * WEIGHTS[rows, None, None, None]

    def tails(self, *unasked):
        raise AssertionError(unasked)

    def looks(self, *unasked):
        raise AssertionError(unasked)


def make(limit=None):
    pixels = np.random.default_rng(0).normal(size=(3, 2, 4, 2))
    calls = Linear()
    calls.limit = limit
    return Capture((2, 4), np, pixels[..., 0], (), pixels=pixels, calls=calls)


@given(images=st.integers(1, 9), changes=st.integers(1, 40), batch=st.integers(1, 20))
def test_every_image_meets_every_change_once(images, changes, batch):
    found = [
        (row, number)
        for rows, numbers in pairs(images, changes, batch)
        for row, number in zip(rows, numbers, strict=True)
    ]
    assert sorted(found) == [(i, k) for i in range(images) for k in range(changes)]
    blocks = [len(rows) for rows, _ in pairs(images, changes, batch)]
    assert max(blocks) <= batch
    assert blocks[:-1] == [batch] * (len(blocks) - 1)


def test_responses_go_to_their_image_and_change():
    capture = make()
    factors = np.arange(50.0)

    def change(rows, numbers):
        return factors[numbers, None, None, None] * capture.pixels[rows]

    found = responses(capture, 50, change)
    sums = WEIGHTS * capture.pixels.sum(axis=(1, 2, 3))
    np.testing.assert_allclose(found, sums[:, None] * factors)
    assert capture.calls.sizes == [64, 64, 22]


def test_slopes_are_summed_with_their_weights():
    capture = make()
    weights = np.linspace(-1, 2, 50)

    def change(rows, numbers):
        return numbers[:, None, None, None] + capture.pixels[rows]

    expected = 0
    for number, weight in enumerate(weights):
        expected += weight * (capture.pixels + number) * WEIGHTS[:, None, None, None]
    np.testing.assert_allclose(slopes(capture, weights, change), expected)
    assert max(capture.calls.sizes) <= 64


def test_a_limit_bounds_the_published_number():
    assert allowed(50, make()) == 50
    assert allowed(50, make(8)) == 8
    assert allowed(5, make(8)) == 5
    with pytest.raises(
        ValueError, match=r"^calls must be at least 1 per image, got 0; "
    ):
        allowed(5, make(0))


def test_a_capture_without_calls_is_refused():
    message = "^calls must be recorded for this method, got a capture without; "
    with pytest.raises(ValueError, match=message):
        network(replace(make(), calls=None))


def test_the_liveliest_channels_have_the_largest_variance():
    features = np.zeros((2, 3, 4, 5))
    features[0, 0, 0] = [1, 5, 0, -9, 2]
    features[1, 0, 0] = [0, 0, 7, 0, 0]
    features[1, ..., 4] = 100  # large, but the same everywhere
    np.testing.assert_array_equal(liveliest(features, 3), [[1, 3, 4], [0, 1, 2]])
    np.testing.assert_array_equal(liveliest(features, 9), [range(5)] * 2)


@given(
    seed=st.integers(0, 2**32 - 1),
    scale=st.floats(1e-3, 1e3),
    shift=st.floats(-1e3, 1e3),
)
def test_veils_fill_the_range_whatever_the_scale(seed, scale, shift):
    maps = np.random.default_rng(seed).normal(size=(4, 3, 5))
    found = veils(maps, (12, 10))
    assert found.shape == (4, 12, 10)
    np.testing.assert_allclose(found.min(axis=(1, 2)), 0, atol=1e-12)
    np.testing.assert_allclose(found.max(axis=(1, 2)), 1, atol=1e-12)
    np.testing.assert_allclose(veils(maps * scale + shift, (12, 10)), found, atol=1e-4)


@pytest.mark.parametrize("value", [0.0, 0.1, -3e7])
def test_the_veil_of_a_constant_map_shows_nothing(value):
    """Rounding of the enlargement must not be stretched to a mask."""
    maps = np.full((2, 3, 5), value, np.float32)
    assert not veils(maps, (13, 11)).any()


def test_veils_are_stretched_after_they_are_enlarged():
    """Enlarged twofold, a lone unit's peak is 9/16 of it: still 1 in the mask."""
    maps = np.zeros((1, 3, 5))
    maps[0, 1, 2] = 2
    assert veils(maps, (6, 10)).max() == pytest.approx(1)
