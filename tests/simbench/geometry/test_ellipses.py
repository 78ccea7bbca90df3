import numpy as np
import pytest

from simbench.geometry.ellipses import (
    Ellipse,
    _splines,
    coordinates,
    coverage,
    displaced,
)
from simbench.streams import stream


@pytest.mark.parametrize("size", [(64, 64), (50, 80)])
def test_coverage_sums_to_the_ellipse_s_area(size):
    y, x = np.broadcast_arrays(*coordinates(size))
    ellipse = Ellipse(0.1, -0.2, 0.5, 0.3, 0.4)
    half = min(size) / 2
    area = coverage(ellipse, y, x, 1.5 / half).sum() / half**2
    assert area == pytest.approx(np.pi * 0.5 * 0.3, rel=0.01)


def test_a_turned_ellipse_points_where_it_should():
    y, x = np.broadcast_arrays(*coordinates((65, 65)))
    share = coverage(Ellipse(0.0, 0.0, 0.8, 0.1, np.pi / 4), y, x, 0.01)
    assert share[32 + 16, 32 + 16] == 1
    assert share[32 - 16, 32 - 16] == 1
    assert share[32 + 16, 32 - 16] == 0


def test_displacement_is_smooth_and_keeps_neighbors_in_order():
    for index in range(20):
        y, x = displaced((60, 80), 0.1, stream(0, "anatomy", index))
        assert (np.diff(y, axis=0) > 0).all()
        assert (np.diff(x, axis=1) > 0).all()
    flat, _ = displaced((60, 80), 0.0, stream(0, "anatomy", 0))
    assert flat == pytest.approx(np.broadcast_to(coordinates((60, 80))[0], (60, 80)))


def test_splines_reproduce_constants_and_straight_lines():
    weights = _splines(50)
    assert weights.sum(1) == pytest.approx(np.ones(50), abs=1e-6)
    line = weights @ np.arange(weights.shape[1])
    assert line == pytest.approx(np.linspace(1, weights.shape[1] - 2, 50), abs=1e-5)
