"""Compiled loops against slow references: a distance transform and plain NumPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from simbench.geometry.kernels_regions import first_fit, fits, frame


def blob(seed, size):
    """Return irregular tissue with holes, touching the frame now and then."""
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=size), 3)
    return noise > np.quantile(noise, 0.35)


def room(home):
    """Return the distance to the nearest pixel outside: the slow reference."""
    return ndimage.distance_transform_edt(np.pad(home, 1))[1:-1, 1:-1]


SIZES = st.tuples(st.integers(5, 40), st.integers(5, 40))
RADII = st.one_of(
    st.floats(0.1, 12), st.integers(1, 144).map(np.sqrt), st.integers(1, 12).map(float)
)


@given(st.integers(0, 2**30), SIZES)
@settings(max_examples=60, deadline=None)
def test_the_frame_holds_every_true_pixel_and_no_more(seed, size):
    home = blob(seed, size)
    rows, columns = np.nonzero(home)
    top, left, height, width = frame(home)
    assert (top, left) == (rows.min(), columns.min())
    assert (height, width) == (np.ptp(rows) + 1, np.ptp(columns) + 1)


def test_the_frame_of_nothing_has_no_size():
    assert frame(np.zeros((4, 7), bool))[2:] == (0, 0)


@given(st.integers(0, 2**30), SIZES, RADII)
@settings(max_examples=150, deadline=None)
def test_a_disc_fits_where_the_distance_transform_says_so(seed, size, radius):
    home = blob(seed, size)
    radius = max(float(radius), 1.0)
    found = [[fits(home, y, x, radius) for x in range(size[1])] for y in range(size[0])]
    squares = np.rint(room(home) ** 2)  # whole numbers
    assert (np.array(found) == (home & (squares >= radius**2))).all()


@given(st.integers(0, 2**30), SIZES, st.floats(0, 5), st.floats(0, 9))
@settings(max_examples=150, deadline=None)
def test_the_first_feasible_position_is_taken(seed, size, radius, apart):
    home, centers = blob(seed, size), blob(seed + 1, size)
    numbers = np.random.default_rng(seed)
    chances = numbers.random((20, 2))
    others = numbers.random((2, 2)) * size
    found = first_fit(home, centers, chances, others, np.array([radius + 1, apart]))
    rows, columns = np.nonzero(home)
    origin = np.array([rows.min(), columns.min()])
    spans = np.array([np.ptp(rows), np.ptp(columns)]) + 1
    feasible = centers & (np.rint(room(home) ** 2) >= (radius + 1) ** 2)
    grid = np.indices(size)
    for other in others:
        feasible &= np.hypot(*(grid - other[:, None, None])) >= apart
    expected = (np.nan, np.nan)
    for chance in chances:
        spot = origin + chance * spans
        if feasible[tuple(np.floor(spot).astype(int))]:
            expected = spot - 0.5
            break
    assert found == pytest.approx(tuple(expected), nan_ok=True)


def test_nothing_fits_where_there_is_no_tissue():
    home = np.zeros((9, 12), bool)
    chances, none = np.full((3, 2), 0.5), np.empty((0, 2))
    found = first_fit(home, home, chances, none, np.array([1.0, 0.0]))
    assert np.isnan(found).all()
