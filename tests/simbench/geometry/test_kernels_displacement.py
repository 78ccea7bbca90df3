"""Compiled loops against plain NumPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from simbench.geometry.kernels_displacement import around, borders, displace, enclosed

SIZES = st.tuples(st.integers(2, 20), st.integers(2, 20))


def marks(seed, size, share):
    return np.random.default_rng(seed).random(size) < share


@given(st.integers(0, 2**30), SIZES, st.floats(0, 1), st.integers(0, 6))
@settings(max_examples=80, deadline=None)
def test_marks_around_are_counted(seed, size, share, reach):
    found = marks(seed, size, share)
    window = np.ones((2 * reach + 1, 2 * reach + 1), int)
    expected = ndimage.convolve(found.astype(int), window, mode="constant")
    assert (around(found, reach) == expected).all()


@given(st.integers(0, 2**30), SIZES, st.floats(0, 0.5))
@settings(max_examples=80, deadline=None)
def test_enclosed_pixels_see_tissue_on_all_sides(seed, size, share):
    home = marks(seed, size, share)
    expected = np.zeros(size, bool)
    for y in range(size[0]):
        for x in range(size[1]):
            sides = (home[: y + 1, x], home[y:, x], home[y, : x + 1], home[y, x:])
            expected[y, x] = all(side.any() for side in sides)
    assert (enclosed(home) == expected).all()


@given(st.integers(0, 2**30), SIZES, st.floats(0, 1), st.sampled_from([1, 3]))
@settings(max_examples=80, deadline=None)
def test_borders_lie_where_neighbors_differ(seed, size, step, channels):
    numbers = np.random.default_rng(seed).random((channels, *size))
    planes = numbers.astype(np.float32)
    expected = np.zeros(size, bool)
    expected[1:] |= (abs(planes[:, 1:] - planes[:, :-1]) > step).any(0)
    expected[:, 1:] |= (abs(planes[:, :, 1:] - planes[:, :, :-1]) > step).any(0)
    assert (borders(planes, step) == expected).all()


@given(
    st.floats(-3, 33),
    st.floats(-3, 43),
    st.floats(1, 20),
    st.floats(1, 20),
    st.floats(0, np.pi),
)
@settings(max_examples=80, deadline=None)
def test_displacements_are_those_of_the_formula(y, x, height, width, angle):
    down, right = np.zeros((2, 30, 40), np.float32)
    axes = np.array([height, width, np.cos(angle), np.sin(angle)])
    displace(np.array([y, x, -0.5]), axes, down, right)
    ray = np.indices((30, 40)) - np.array([y, x])[:, None, None]
    turned = (ray[0] + 1j * ray[1]) * np.exp(-1j * angle)
    radius = np.hypot(turned.real / height, turned.imag / width)
    amount = -0.5 * np.where(radius < 1, (1 - radius**2) ** 2, 0)
    assert down == pytest.approx(amount * ray[0], abs=1e-4)
    assert right == pytest.approx(amount * ray[1], abs=1e-4)
    assert not down[radius > 1 + 1e-9].any()
