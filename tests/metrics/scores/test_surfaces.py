"""Border distances against plain loops over border pixels."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from metrics.counting.truth import Truth
from metrics.scores.evaluation import compare
from metrics.scores.surfaces import (
    SCORES,
    diagonal,
    hausdorff,
    hausdorff_95,
    summarize,
    surface_distance,
)

levels = st.sampled_from([0.0, 0.3, 0.31, 0.6, 0.8, 1.0])
THRESHOLDS = (0.3, 0.5, 0.8)


@st.composite
def scenes(draw):
    axes = draw(st.sampled_from([2, 3]))
    shape = draw(
        st.tuples(*(st.integers(1, side) for side in (2, 8, 6, 4)[: axes + 1]))
    )
    maps = draw(hnp.arrays(np.float64, shape, elements=levels))
    masks, ignored = (draw(hnp.arrays(np.bool_, shape)) for _ in range(2))
    spacing = draw(st.tuples(*[st.sampled_from([0.5, 1.0, 3.0])] * axes))
    chosen = ignored if draw(st.booleans()) else None
    return maps, {"lesion": masks, "ignored": chosen, "spacing": spacing}


def border_by_hand(area):
    """Pixels with a neighbor along an axis that is outside, or off the image."""
    result = []
    for pixel in zip(*np.nonzero(area), strict=True):
        for axis in range(area.ndim):
            for step in (-1, 1):
                place = list(pixel)
                place[axis] += step
                off = not 0 <= place[axis] < area.shape[axis]
                if off or not area[tuple(place)]:
                    result.append(pixel)
    return sorted(set(result))


def percentile_by_hand(values, share):
    """Linear interpolation between order statistics."""
    ranked, place = sorted(values), share * (len(values) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ranked) - 1)
    return ranked[low] + (place - low) * (ranked[high] - ranked[low])


def distances_by_hand(one, other, spacing):
    first, second = border_by_hand(one), border_by_hand(other)
    if not first or not second:
        return (math.nan,) * 3

    def apart(p, q):
        return math.sqrt(
            sum(((a - b) * s) ** 2 for a, b, s in zip(p, q, spacing, strict=True))
        )

    there = [min(apart(p, q) for q in second) for p in first]
    back = [min(apart(p, q) for q in first) for p in second]
    return (
        max(there + back),
        max(percentile_by_hand(there, 0.95), percentile_by_hand(back, 0.95)),
        sum(there + back) / len(there + back),
    )


@settings(max_examples=60, deadline=None)
@given(scenes())
def test_distances_equal_plain_loops(scene):
    maps, truth = scene[0], Truth(**scene[1])
    counted = np.ones(maps.shape, bool) if truth.ignored is None else ~truth.ignored
    compared = compare(maps, truth, THRESHOLDS)
    got = np.stack([score.compute(compared) for score in SCORES.values()])
    for index, map in enumerate(maps):
        low, high = map.min(), map.max()
        for column, threshold in enumerate(THRESHOLDS):
            marked = np.zeros(map.shape, bool)
            for pixel in np.ndindex(map.shape):
                if high > low and counted[index][pixel]:
                    marked[pixel] = (map[pixel] - low) / (high - low) >= threshold
            lesion = truth.lesion[index] & counted[index]
            expected = distances_by_hand(marked, lesion, truth.spacing)
            np.testing.assert_allclose(got[:, index, column], expected, rtol=1e-12)


def square(top, left, size, shape=(30, 41)):
    image = np.zeros(shape, bool)
    image[top : top + size, left : left + size] = True
    return image


def test_equal_sets_are_at_distance_nothing():
    mask = square(5, 7, 9) | square(20, 30, 3)
    assert summarize(mask, mask, (1.0, 1.0)) == (0, 0, 0)


def test_a_moved_point_is_at_the_distance_of_its_move():
    one, other = square(2, 3, 1), square(5, 7, 1)
    assert summarize(one, other, (1.0, 1.0)) == (5, 5, 5)
    assert summarize(one, other, (2.0, 0.25)) == (math.hypot(6, 1),) * 3


@settings(max_examples=30, deadline=None)
@given(hnp.arrays(np.bool_, (6, 9)), hnp.arrays(np.bool_, (6, 9)), st.integers(0, 3))
def test_distances_are_symmetric_and_move_turn_and_scale_with_the_image(
    one, other, kind
):
    one[2, 3] = other[4, 4] = True
    spacing = (1.0, 2.0)
    expected = summarize(one, other, spacing)
    np.testing.assert_allclose(summarize(other, one, spacing), expected, rtol=1e-14)
    turn, spaced = [
        (lambda a: np.pad(a, ((5, 1), (2, 8))), spacing),
        (lambda a: a[::-1], spacing),
        (lambda a: a.T, (2.0, 1.0)),
        (lambda a: a[:, ::-1], spacing),
    ][kind]
    same = summarize(turn(one), turn(other), spaced)
    np.testing.assert_allclose(same, expected, rtol=1e-14)
    doubled = summarize(one, other, (2.0, 4.0))
    np.testing.assert_allclose(doubled, np.multiply(expected, 2), rtol=1e-14)


def test_the_percentile_is_of_each_direction_and_not_of_both_pooled():
    """A long border that lies well must not outvote a short one that does not.

    All 96 border pixels of the square lie on the other set's border, whose single
    further pixel, 1 of 97, is 10 away: neither percentile sees it. A further square of
    eight border pixels, 8 of 104, is seen by its own direction only.
    """
    large = square(2, 2, 25)
    assert len(border_by_hand(large)) == 96
    far = square(2, 36, 1)
    assert summarize(large | far, large, (1.0, 1.0))[:2] == (10, 0)
    far = square(2, 36, 3)
    greatest, percentile, mean = summarize(large | far, large, (1.0, 1.0))
    away = sorted([10, 10, 10, 11, 11, 12, 12, 12])
    assert greatest == 12
    place = 0.95 * 103 - 96  # 96 zeros come first
    expected = away[int(place)] + (place % 1) * (
        away[int(place) + 1] - away[int(place)]
    )
    np.testing.assert_allclose(percentile, expected)
    np.testing.assert_allclose(mean, sum(away) / 200)
    pooled = percentile_by_hand([0] * 192 + away, 0.95)
    assert pooled == 0 < percentile


def test_nothing_marked_no_lesion_and_lost_maps_have_no_value():
    maps = np.stack([square(3, 3, 4) * 1.0] * 4)
    masks = np.stack([square(3, 5, 4)] * 4)
    maps[0], maps[1, 0, 0] = 2.5, np.nan
    masks[2] = False
    compared = compare(maps, masks)
    for score in SCORES.values():
        undefined = np.isnan(score.compute(compared))
        np.testing.assert_array_equal(
            undefined, np.array([[True] * 3, [True] * 3, [True] * 3, [False] * 3])
        )


def test_where_the_peak_does_not_count_only_low_thresholds_mark_something():
    map = np.array([[[0.0, 0.4, 1.0, 0.0]]])
    mask = np.array([[[True, False, False, False]]])
    truth = Truth(mask, ignored=map == 1)
    np.testing.assert_array_equal(
        hausdorff(compare(map, truth)), [[1.0, np.nan, np.nan]]
    )


def test_worst_is_the_diagonal_in_the_unit_of_the_spacing():
    flat = Truth(np.zeros((3, 4, 5), bool), spacing=(2.0, 0.5))
    np.testing.assert_array_equal(diagonal(flat), [math.hypot(6, 2)] * 3)
    deep = Truth(np.zeros((2, 3, 4, 5), bool), spacing=(5.0, 1.0, 1.0))
    np.testing.assert_array_equal(diagonal(deep), [math.hypot(10, 3, 4)] * 2)


@pytest.mark.parametrize("score", SCORES.values(), ids=list(SCORES))
def test_no_distance_exceeds_the_diagonal(score):
    corner, opposite = np.zeros((2, 1, 7, 12))
    corner[0, 0, 0] = opposite[0, -1, -1] = 1
    truth = Truth(corner > 0, spacing=(1.5, 0.7))
    found = score.compute(compare(opposite, truth))
    np.testing.assert_allclose(found, diagonal(truth)[:, None].repeat(3, 1))


def test_borders_are_measured_once_for_three_scores(monkeypatch):
    calls = []
    monkeypatch.setattr(
        "metrics.scores.surfaces.summarize", lambda *_: calls.append(1) or (1, 2, 3)
    )
    compared = compare(square(3, 3, 4)[None] * 1.0, square(2, 2, 2)[None])
    found = [s(compared)[0, 0] for s in (hausdorff, hausdorff_95, surface_distance)]
    assert found == [1, 2, 3]
    assert len(calls) == 3  # thresholds
