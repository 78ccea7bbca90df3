"""FROC against a loop over levels, and the cases that others get wrong."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.counting.truth import Truth
from metrics.pooled.froc import (
    RATES,
    Candidates,
    choose,
    froc,
    join,
    propose,
    read_off,
)
from metrics.scores.evaluation import compare


@st.composite
def tables(draw):
    """Candidates with many ties; every lesion is hit by at most one."""
    images = draw(st.integers(1, 5))
    lesions = draw(st.lists(st.integers(0, 3), min_size=images, max_size=images))
    rows = []
    for image, count in enumerate(lesions):
        hits = draw(st.integers(0, count))
        kinds = ["hit"] * hits + draw(st.lists(st.sampled_from(["false", "second"])))
        rows += [(image, draw(st.integers(-2, 2)) / 2, kind) for kind in kinds]
    lost = draw(st.lists(st.booleans(), min_size=images, max_size=images))
    rows = [row for row in rows if not lost[row[0]]]
    return draw(st.permutations(rows)), lesions, lost


def candidates(rows, lesions, lost):
    return Candidates(
        np.array([r[0] for r in rows], np.int64),
        np.array([r[1] for r in rows], np.float64),
        np.array([r[2] == "hit" for r in rows], bool),
        np.array([r[2] == "false" for r in rows], bool),
        np.array(lesions, np.int64),
        np.array(lost, bool),
    )


@settings(max_examples=150, deadline=None)
@given(tables())
def test_curve_and_rates_equal_a_loop_over_levels(table):
    rows, lesions, lost = table
    images = sum(not one for one in lost)
    total = sum(n for n, one in zip(lesions, lost, strict=True) if not one)
    result = froc(candidates(*table))
    points = []
    for level in [math.inf, *sorted({row[1] for row in rows}, reverse=True)]:
        kinds = [kind for _, score, kind in rows if score >= level]
        points.append(
            (
                level,
                kinds.count("false") / images if images else math.nan,
                kinds.count("hit") / total if total else math.nan,
            )
        )
    got = zip(result.levels, result.false_per_image, result.sensitivity, strict=True)
    np.testing.assert_array_equal(list(got), points)
    best = [
        max((s for _, f, s in points if f <= rate), default=math.nan) for rate in RATES
    ]
    np.testing.assert_array_equal(result.at_rates, best)
    np.testing.assert_allclose(result.mean, np.mean(best))
    assert (result.images, result.lost) == (images, len(lost) - images)


def test_a_perfect_detection_without_false_parts_scores_one():
    """The lowest score counts: one candidate, or all of one score, is no exception."""
    for rows, lesions in (
        ([(0, 0.7, "hit")], [1]),
        ([(0, 0.7, "hit"), (1, 0.7, "hit")], [1, 1]),
        ([(0, 0.9, "hit"), (1, 0.1, "hit")], [1, 1, 0]),
    ):
        result = froc(candidates(rows, lesions, [False] * len(lesions)))
        assert result.mean == 1
        assert result.at_rates.tolist() == [1] * 6
        assert result.sensitivity[-1] == 1


def test_equal_scores_enter_together():
    rows = [(0, 0.5, "hit"), (0, 0.5, "false"), (1, 0.5, "false"), (1, 0.9, "false")]
    for order in (rows, rows[::-1]):
        result = froc(candidates(order, [1, 0], [False, False]), (0.5, 1.0, 1.5))
        assert result.levels.tolist() == [math.inf, 0.9, 0.5]
        assert result.false_per_image.tolist() == [0, 0.5, 1.5]
        assert result.sensitivity.tolist() == [0, 0, 1]
        assert result.at_rates.tolist() == [0, 0, 1]


def test_lesion_free_images_count_among_the_images():
    rows = [(0, 0.5, "hit"), (0, 0.9, "false")]
    assert froc(candidates(rows, [1], [False])).at_rates.tolist() == [0, 0, 1, 1, 1, 1]
    many = froc(candidates(rows, [1, 0, 0, 0], [False] * 4))
    assert many.at_rates.tolist() == [1] * 6


def test_without_lesion_or_image_there_is_no_sensitivity():
    free = froc(candidates([(0, 0.5, "false")], [0, 0], [False, False]))
    assert np.isnan(free.mean)
    assert free.false_per_image.tolist() == [0, 0.5]
    none = froc(candidates([], [2], [True]))
    assert np.isnan(none.mean)
    assert (none.images, none.lost) == (0, 1)
    assert froc(candidates([], [2], [False])).mean == 0


def scene():
    """Two lesion images, one of them missed, a lesion-free one and a lost one."""
    maps, masks = np.zeros((4, 14, 21)), np.zeros((4, 14, 21), bool)
    masks[0, 2:6, 2:6] = masks[0, 2:6, 12:16] = masks[1, 8:12, 3:7] = True
    maps[0, 2:6, 2:6], maps[0, 3:6, 12:16] = 9.0, 5.0
    maps[1, 1:3, 15:19], maps[1, 2, 16] = 3.0, 4.0
    maps[2, 5:7, 5:7] = 0.5
    maps[3, 0, 0] = np.nan
    masks[3, 4:6, 4:6] = True
    return maps, masks


def test_candidates_carry_the_highest_raw_value():
    found = propose(compare(*scene()))
    rows = zip(found.images, found.scores, found.hit, found.false, strict=True)
    assert [tuple(map(float, row)) for row in rows] == [
        (0, 9, 1, 0),
        (0, 5, 1, 0),
        (1, 4, 0, 1),
        (2, 0.5, 0, 1),
    ]
    assert found.lesions.tolist() == [2, 1, 0, 1]
    assert found.lost.tolist() == [False, False, False, True]
    result = froc(found)
    assert (result.images, result.lost) == (3, 1)
    # The faint part of the lesion-free image comes last, as its raw value says.
    assert result.levels.tolist() == [math.inf, 9, 5, 4, 0.5]
    assert result.sensitivity.tolist() == [0, 1 / 3, 2 / 3, 2 / 3, 2 / 3]
    np.testing.assert_allclose(result.false_per_image, [0, 0, 0, 1 / 3, 2 / 3])


def test_a_common_rising_function_leaves_the_order_of_candidates():
    """Of the raw values, where it leaves the marked pixels: here by scaling."""
    maps, masks = scene()
    one, other = (
        froc(propose(compare(maps, masks))),
        froc(propose(compare(maps * 3.0, masks))),
    )
    np.testing.assert_array_equal(one.at_rates, other.at_rates)
    np.testing.assert_array_equal(one.levels * 3, other.levels)


def test_the_threshold_says_how_far_a_candidate_reaches():
    maps, masks = scene()
    assert len(propose(compare(maps, masks), 0.5).scores) == 4
    assert len(propose(compare(maps, masks), 0.6).scores) == 3  # 5 / 9 is not reached


def test_ignored_pixels_are_no_candidates():
    maps, masks = scene()
    ignored = np.zeros_like(masks)
    ignored[1] = ignored[2] = True
    found = propose(compare(maps, Truth(masks, ignored=ignored)))
    assert found.images.tolist() == [0, 0]
    assert found.lesions.tolist() == [2, 0, 0, 1]


def test_batches_join_to_the_whole():
    maps, masks = scene()
    whole = propose(compare(maps, masks))
    parts = [propose(compare(maps[s], masks[s])) for s in (slice(1), slice(1, 4))]
    joined = join(parts)
    for name in ("images", "scores", "hit", "false", "lesions", "lost"):
        np.testing.assert_array_equal(getattr(joined, name), getattr(whole, name))


def test_maps_without_candidates_are_an_empty_table():
    maps = np.full((2, 3, 4), 1.5)
    found = propose(compare(maps, np.ones(maps.shape, bool)))
    assert found.images.shape == found.scores.shape == (0,)
    assert froc(found).mean == 0


@pytest.mark.parametrize(
    ("threshold", "got"), [(0.0, "0"), (-1.0, "-1"), (1.5, "1.5"), (np.nan, "nan")]
)
def test_the_threshold_must_be_one(threshold, got):
    with pytest.raises(
        ValueError, match=rf"^threshold must be above 0 and at most 1, got {got}$"
    ):
        propose(compare(*scene()), threshold)


@pytest.mark.parametrize(
    ("rates", "got"), [((), r"\(\)"), ((1.0, -0.5), r"\(1\.0, -0\.5\)")]
)
def test_rates_must_be_rates(rates, got):
    found = propose(compare(*scene()))
    with pytest.raises(
        ValueError,
        match=rf"^rates must be one or more numbers not below 0, got {got}$",
    ):
        froc(found, rates)


@settings(max_examples=80, deadline=None)
@given(tables(), st.data())
def test_a_resample_is_the_curve_of_the_images_it_takes(table, data):
    rows, lesions, lost = table
    taken = data.draw(
        st.lists(st.integers(0, 2), min_size=len(lost), max_size=len(lost))
    )
    copies = [image for image, times in enumerate(taken) for _ in range(times)]
    again = [
        (place, *row[1:])
        for place, image in enumerate(copies)
        for row in rows
        if row[0] == image
    ]
    repeated = candidates(
        again, [lesions[i] for i in copies], [lost[i] for i in copies]
    )
    weights = np.array([taken, [1] * len(lost)], float)
    found = read_off(candidates(*table), RATES, weights)
    for row, expected in zip(found, (repeated, candidates(*table)), strict=True):
        np.testing.assert_allclose(row, froc(expected).at_rates, rtol=1e-12)


@settings(max_examples=80, deadline=None)
@given(tables(), st.data())
def test_chosen_images_are_as_if_they_were_alone(table, data):
    rows, lesions, lost = table
    which = data.draw(st.lists(st.booleans(), min_size=len(lost), max_size=len(lost)))
    places = {
        image: place for place, image in enumerate(np.flatnonzero(which).tolist())
    }
    alone = candidates(
        [(places[row[0]], *row[1:]) for row in rows if row[0] in places],
        [lesions[image] for image in places],
        [lost[image] for image in places],
    )
    chosen = choose(candidates(*table), np.array(which))
    for name, part in vars(alone).items():
        np.testing.assert_array_equal(getattr(chosen, name), part)
