"""Saddles against Dijkstra's method."""

import heapq
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from metrics.scores.saddles import find_saddles, walk_straight

levels = st.one_of(st.integers(0, 3).map(float), st.floats(-5, 5))


def saddle_by_hand(map, starts, ends):
    """Highest lowest value on a path, by growing the best paths from the starts."""
    best = {}
    queue = sorted((-map[p], p) for p in starts)
    while queue:
        height, pixel = heapq.heappop(queue)
        if pixel in best:
            continue
        best[pixel] = -height
        for step in itertools.product((-1, 0, 1), repeat=map.ndim):
            place = tuple(a + b for a, b in zip(pixel, step, strict=True))
            if all(0 <= a < n for a, n in zip(place, map.shape, strict=True)):
                heapq.heappush(queue, (max(height, -map[place]), place))
    return max(best[p] for p in ends)


@st.composite
def scenes(draw):
    shape = draw(
        st.one_of(
            st.tuples(st.integers(1, 7), st.integers(3, 6)),
            st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(3, 4)),
        )
    )
    map = draw(hnp.arrays(np.float64, shape, elements=levels))
    groups = draw(hnp.arrays(np.int64, shape, elements=st.integers(0, 3)))
    groups.flat[:3] = 1, 2, 3
    return map, groups


def places(groups, number):
    return [tuple(p) for p in np.argwhere(groups == number).tolist()]


@settings(max_examples=150, deadline=None)
@given(scenes(), st.sampled_from([np.inf, 1.0, -7.0]))
def test_saddles_equal_the_best_paths(scene, ceiling):
    map, groups = scene
    got = find_saddles(map, groups, ceiling)
    assert np.isnan(np.diag(got)).all()
    for one, other in itertools.permutations(range(3), 2):
        expected = saddle_by_hand(
            map, places(groups, one + 1), places(groups, other + 1)
        )
        if expected > ceiling:
            assert got[one, other] > ceiling
        else:
            assert got[one, other] == expected
        assert walk_straight(map, groups) <= expected


@settings(max_examples=60, deadline=None)
@given(scenes(), st.data())
def test_turning_both_changes_nothing_and_rising_functions_commute(scene, data):
    map, groups = scene
    expected = find_saddles(map, groups)
    order = data.draw(st.permutations(range(map.ndim)))
    axis = data.draw(st.sampled_from([(), *range(map.ndim)]))
    turned = find_saddles(
        np.flip(map.transpose(order), axis), np.flip(groups.transpose(order), axis)
    )
    np.testing.assert_array_equal(turned, expected)
    np.testing.assert_array_equal(
        find_saddles(map**3 + map, groups), expected**3 + expected
    )


def test_the_pass_is_found_beside_the_wall():
    map = np.array(
        [
            [9.0, 0.0, 9.0, 2.0, 8.0],
            [9.0, 0.0, 9.0, 1.0, 8.0],
            [4.0, 3.0, 9.0, 0.0, 8.0],
        ]
    )
    groups = np.zeros(map.shape, np.int64)
    groups[0, 0], groups[0, 2], groups[1, 4] = 1, 2, 3
    got = find_saddles(map, groups)
    nan = np.nan
    np.testing.assert_array_equal(got, [[nan, 3, 2], [3, nan, 2], [2, 2, nan]])


def test_corners_connect():
    map = np.full((5, 5), 1.0)
    map[range(5), range(5)] = 7.0
    groups = np.zeros(map.shape, np.int64)
    groups[0, 0], groups[4, 4] = 1, 2
    assert find_saddles(map, groups)[0, 1] == 7


def test_pixels_of_infinite_value_are_crossed_at_will():
    map = np.array([[5.0, np.inf, np.inf, 4.0]])
    groups = np.array([[1, 0, 0, 2]])
    assert find_saddles(map, groups)[0, 1] == 4
    assert find_saddles(map, groups, 4.5)[0, 1] == 4


@pytest.mark.parametrize("value", [0.0, 2.5])
def test_a_constant_map_meets_at_its_value(value):
    groups = np.array([[1, 0, 2], [0, 0, 0], [3, 0, 4]])
    got = find_saddles(np.full((3, 3), value), groups)
    assert (got[~np.eye(4, dtype=bool)] == value).all()


def test_many_groups_of_many_equal_pixels():
    generator = np.random.default_rng(0)
    map = generator.integers(0, 4, (12, 17)).astype(float)
    groups = generator.integers(0, 12, map.shape)
    got = find_saddles(map, groups)
    for one, other in itertools.combinations(range(11), 2):
        expected = saddle_by_hand(
            map, places(groups, one + 1), places(groups, other + 1)
        )
        assert got[one, other] == got[other, one] == expected
