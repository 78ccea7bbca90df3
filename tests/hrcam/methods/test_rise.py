"""RISE: random masks, each its own offset; the paper's estimator."""

from dataclasses import replace

import numpy as np
import pytest

from hrcam.enlargement import enlarge
from hrcam.methods import METHODS
from hrcam.methods.rise import SEED, mask, masks

explain = METHODS["rise"].explain


@pytest.fixture
def made(recorded, numpy_network):
    """Return a function: three images and a network given as a function."""

    def make(function, limit=None):
        return replace(recorded(), calls=numpy_network.Made(function, limit=limit))

    return make


def test_masks_are_cropped_from_enlarged_cells():
    """Rebuilt from each mask's own stream: 8 x 8 cells on 9 x 9 cells' room."""
    offsets = []
    for number in range(60):
        rng = np.random.default_rng([SEED, number])
        cells = (rng.random((8, 8)) < 0.5).astype(float)
        top, left = int(rng.integers(3)), int(rng.integers(4))  # 20 / 8, 32 / 8
        large = enlarge(cells[None], (27, 36), alignment="half_pixel")[0]
        np.testing.assert_allclose(
            mask(number, (20, 32)), large[top : top + 20, left : left + 32], atol=1e-6
        )
        offsets.append((top, left))
    assert len(set(offsets)) == 12  # one offset per mask, not one for all


def test_masks_are_half_open_everywhere():
    drawn = masks(np.arange(2000), (20, 33))
    assert drawn.min() >= 0
    assert drawn.max() <= 1
    assert np.abs(drawn.mean(axis=0) - 0.5).max() < 0.06
    assert drawn.std(axis=0).min() > 0.25
    picked = masks(np.array([5, 0, 5]), (20, 33))
    np.testing.assert_array_equal(picked, drawn[[5, 0, 5]])


def test_it_is_the_paper_s_sum(recorded):
    """Against a loop over images and masks: sum of S m over N p."""
    capture = recorded(1, limit=70)
    expected = np.zeros((3, 16, 24))
    for row in range(3):
        for number in range(70):
            m = mask(number, (16, 24))
            hidden = capture.pixels[row] * m[..., None]
            score = capture.calls.responses(hidden[None], np.array([row]))[0]
            expected[row] += score * m / (70 * 0.5)
    np.testing.assert_allclose(explain(capture)["image"], expected, atol=1e-6)


def test_a_response_that_never_changes_gives_the_mean_mask(made):
    capture = made(lambda _, rows: np.array([3.0, -1, 0])[rows])
    found = explain(capture)["image"]
    mean = masks(np.arange(1000), (16, 24)).mean(axis=0) / 0.5
    np.testing.assert_allclose(found[0], 3 * mean, atol=1e-5)
    np.testing.assert_allclose(found[1], -mean, atol=1e-5)
    np.testing.assert_allclose(mean, 1, atol=0.12)


def test_maps_are_linear_in_the_response(made):
    """Of a sum of two networks it is the sum of the maps."""

    def one(pixels, _):
        return np.maximum(pixels[:, 3:9, 5:9], 0).sum(axis=(1, 2, 3))

    def other(pixels, rows):
        return np.cos(pixels).mean(axis=(1, 2, 3)) * (1.0 + rows)

    parts = [explain(made(f, 90))["image"] for f in (one, other)]
    both = explain(made(lambda p, r: one(p, r) - 2 * other(p, r), 90))
    np.testing.assert_allclose(both["image"], parts[0] - 2 * parts[1], atol=1e-9)


@pytest.mark.parametrize(("top", "left"), [(2, 3), (9, 15), (13, 21)])
def test_a_linear_response_is_found_where_it_reads(top, left, made):
    """Expectation for a weight w at one pixel j: w x_j E[m_j m] / p, highest at j."""

    def reads(pixels, _):
        return 2.0 * pixels[:, top, left, 0]

    capture = made(reads)
    capture = replace(capture, pixels=np.abs(capture.pixels) + 1)
    drawn = masks(np.arange(4000, 8000), (16, 24)).astype(float)
    weight = 2 * capture.pixels[:, top, left, 0, None, None]
    expected = weight * np.mean(drawn[:, top, left, None, None] * drawn, axis=0) / 0.5
    found = explain(capture)["image"]
    np.testing.assert_allclose(found / weight, expected / weight, atol=0.08)
    for one in found:
        peak = np.unravel_index(one.argmax(), one.shape)
        assert np.abs(np.subtract(peak, (top, left))).max() <= 3
