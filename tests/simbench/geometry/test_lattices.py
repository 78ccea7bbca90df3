import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy.spatial import cKDTree

from simbench.geometry.lattices import cells, splines

SIDE = 8
JITTER = st.floats(0.125, 0.875, width=32)
SEEDS = arrays.arrays(np.float32, (SIDE, SIDE, 3), elements=JITTER)


def grid(size=(23, 41), low=-7.3, high=12.9):
    y, x = np.meshgrid(
        np.linspace(low, high, size[0]), np.linspace(low, high, size[1]), indexing="ij"
    )
    return y.astype(np.float32), x.astype(np.float32)


def searched(y, x, seeds):
    """A slow reference: every seed far and wide, by a tree."""
    rows, columns = (a.ravel() for a in np.mgrid[-14:21, -14:21])
    found = seeds[rows % SIDE, columns % SIDE].astype(float)
    tree = cKDTree(np.stack([rows + found[:, 0], columns + found[:, 1]], axis=1))
    distances, nearest = tree.query(np.stack([y.ravel(), x.ravel()], axis=1), k=2)
    near, next_near = distances.T.reshape(2, *y.shape)
    return near, next_near, found[nearest[:, 0], 2].reshape(y.shape)


@given(SEEDS)
@settings(max_examples=20, deadline=None)
def test_cells_are_those_of_a_search_over_all_seeds(seeds):
    y, x = grid()
    near, next_near, mark = cells(y, x, seeds)
    expected = searched(y, x, seeds)
    same = np.isclose(near, expected[0], atol=1e-5)
    assert same.mean() > 0.999  # seeds beyond the eight squares around are rare
    clear = same & (expected[1] - expected[0] > 1e-4)
    assert (mark[clear] == expected[2][clear]).all()
    assert np.isclose(next_near, expected[1], atol=1e-5).mean() > 0.97
    assert (near <= next_near).all()


def test_uniform_seeds_are_found_but_for_one_point_in_a_thousand():
    seeds = np.random.default_rng(0).random((SIDE, SIDE, 3))
    seeds[..., :2] = 0.1 + 0.8 * seeds[..., :2]
    y, x = grid((101, 97))
    near, next_near, _ = cells(y, x, seeds.astype(np.float32))
    expected = searched(y, x, seeds.astype(np.float32))
    assert near == pytest.approx(expected[0], abs=1e-5)
    assert np.isclose(next_near, expected[1], atol=1e-5).mean() > 0.999


@given(st.integers(-3, 3), st.integers(-3, 3))
@settings(max_examples=20, deadline=None)
def test_patterns_repeat(down, right):
    random = np.random.default_rng(1)
    seeds = random.random((SIDE, SIDE, 3)).astype(np.float32)
    knots = random.normal(size=(SIDE, SIDE, 4)).astype(np.float32)
    y, x = grid((9, 7), -3.0, 3.0)
    for pattern, table in ((cells, seeds), (splines, knots)):
        moved = pattern(
            (y + SIDE * down).astype(np.float32),
            (x + SIDE * right).astype(np.float32),
            table,
        )
        assert moved == pytest.approx(pattern(y, x, table), abs=1e-4)


def weight(distance):
    """Return the quadratic B-spline about 0."""
    distance = abs(distance)
    if distance < 0.5:
        return 0.75 - distance**2
    return max(1.5 - distance, 0) ** 2 / 2


def test_splines_are_sums_of_b_splines():
    knots = np.random.default_rng(2).normal(size=(SIDE, SIDE, 4)).astype(np.float32)
    y, x = grid((7, 9), -5.2, 6.1)
    found = splines(y, x, knots)
    for i in range(7):
        for j in range(9):
            total = sum(
                weight(y[i, j] - (p - 0.5))
                * weight(x[i, j] - (q - 0.5))
                * knots[p % SIDE, q % SIDE].astype(float)
                for p in range(-8, 11)
                for q in range(-8, 11)
            )
            assert found[:, i, j] == pytest.approx(total, abs=1e-4)


def test_splines_of_equal_knots_are_constant_and_of_unit_ones_have_the_variance_said():
    y, x = grid()
    knots = np.full((SIDE, SIDE, 4), 2.5, np.float32)
    assert splines(y, x, knots) == pytest.approx(2.5, abs=1e-5)
    random = np.random.default_rng(3)
    draws = [
        splines(y, x, random.normal(size=(SIDE, SIDE, 4)).astype(np.float32))
        for _ in range(200)
    ]
    variance = np.concatenate(draws).var(axis=0)
    assert variance.min() > 0.2
    assert variance.max() < 0.42
    assert variance.mean() == pytest.approx(0.3, abs=0.01)
