"""Half-pixel enlargement and averaging as constant matrices."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hrcam.enlargement import enlarge
from hrcam.resampling import average, averager, magnify

sides = st.integers(1, 12)


@given(h=sides, w=sides, height=st.integers(1, 30), width=st.integers(1, 30))
def test_magnify_is_enlarge_by_half_pixels(h, w, height, width):
    maps = np.random.default_rng(0).normal(size=(3, h, w)).astype(np.float32)
    np.testing.assert_allclose(
        magnify(np, maps, (h, w), (height, width)),
        enlarge(maps, (height, width), alignment="half_pixel"),
        atol=1e-5,
    )


def test_magnify_worked_by_hand():
    """Units of two pixels lie between them; beyond the outermost the border goes on."""
    found = magnify(np, np.array([[[0.0, 4.0]]]), (1, 2), (1, 4))
    np.testing.assert_array_equal(found, [[[0, 1, 3, 4]]])


@given(h=sides, w=sides, rows=sides, columns=sides)
def test_average_is_the_mean_of_each_share(h, w, rows, columns):
    """Against means of the map repeated until the shares are whole numbers."""
    maps = np.random.default_rng(1).normal(size=(2, h, w))
    fine = maps.repeat(rows, axis=1).repeat(columns, axis=2)
    expected = fine.reshape(2, rows, h, columns, w).mean(axis=(2, 4))
    np.testing.assert_allclose(average(maps, (rows, columns)), expected, atol=1e-5)


def test_average_keeps_a_map_of_the_same_size():
    maps = np.random.default_rng(2).normal(size=(2, 5, 7))
    np.testing.assert_allclose(average(maps, (5, 7)), maps)


@pytest.mark.parametrize("shape", [(3, 7), (7, 3)])
def test_shares_of_an_average_add_up_to_one(shape):
    np.testing.assert_allclose(averager(*shape).sum(axis=1), 1, rtol=1e-6)
