from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from metrics.counting.thresholds import grid, normalize, sweep

values = st.floats(-1e6, 1e6, width=32)


@st.composite
def scenes(draw, elements=values):
    shape = draw(st.tuples(*(st.integers(1, size) for size in (5, 4, 7))))
    maps = draw(hnp.arrays(np.float32, shape, elements=elements))
    masks = draw(hnp.arrays(np.bool_, shape))
    return maps, masks


def count_by_hand(map, mask, threshold):
    """One image, one threshold, one pixel after the other."""
    low, high = float(min(map.flat)), float(max(map.flat))
    inside = outside = 0
    for value, lesion in zip(map.flat, mask.flat, strict=True):
        scaled = 0.0 if high == low else (float(value) - low) / (high - low)
        if not scaled < threshold:
            inside, outside = inside + bool(lesion), outside + (not lesion)
    return inside, outside


def check_against_loop(maps, masks):
    result = sweep(maps, masks)
    for i, (map, mask) in enumerate(zip(maps, masks, strict=True)):
        for k in range(101):
            expected = count_by_hand(map, mask, k / 100)
            got = result.marked_lesion[i, k], result.marked_healthy[i, k]
            assert got == expected
        assert result.lesion[i] == mask.sum()
        assert result.healthy[i] == (~mask).sum()


@settings(max_examples=40, deadline=None)
@given(scenes())
def test_counts_equal_a_plain_loop(scene):
    check_against_loop(*scene)


@settings(max_examples=30, deadline=None)
@given(scenes(st.integers(0, 100).map(float)))
def test_counts_equal_a_plain_loop_at_exact_ties(scene):
    maps, masks = scene
    maps = maps.astype(np.float64) / 100
    # Both ends present: normalizing changes nothing, values sit on the thresholds.
    maps[:, 0, 0], maps[:, -1, -1] = 0, 1
    check_against_loop(maps, masks)


def test_every_threshold_marks_the_value_that_equals_it():
    steps = np.arange(101) / 100
    for k, below in enumerate(np.nextafter(steps, -1)):
        maps = np.array([[[0.0, max(below, 0), steps[k], 1.0]]])
        marked = sweep(maps, np.ones((1, 1, 4), bool)).marked_lesion[0]
        expected = 1 + 1 + (k == 0) * 2 - (k == 100) * 0
        assert marked[k] == expected


def test_thresholds_are_k_over_100():
    assert grid().tolist() == [k / 100 for k in range(101)]
    assert float(Fraction(29, 100)) in grid()


@settings(max_examples=40, deadline=None)
@given(scenes())
def test_fewer_pixels_are_marked_as_the_threshold_rises(scene):
    result = sweep(*scene)
    assert (np.diff(result.marked_lesion) <= 0).all()
    assert (np.diff(result.marked_healthy) <= 0).all()
    assert (result.marked_lesion[:, 0] == result.lesion).all()


@settings(max_examples=40, deadline=None)
@given(scenes(), st.integers(-20, 20))
def test_scaling_by_a_power_of_two_changes_nothing(scene, exponent):
    maps, masks = scene
    maps = maps.astype(np.float64)
    expected, got = sweep(maps, masks), sweep(maps * 2.0**exponent, masks)
    np.testing.assert_array_equal(got.marked_lesion, expected.marked_lesion)
    np.testing.assert_array_equal(got.marked_healthy, expected.marked_healthy)


@settings(max_examples=40, deadline=None)
@given(scenes(st.integers(-500, 500).map(float)), st.integers(-1000, 1000))
def test_shifting_integers_changes_nothing(scene, shift):
    maps, masks = scene
    expected, got = sweep(maps, masks), sweep(maps + np.float32(shift), masks)
    np.testing.assert_array_equal(got.marked_lesion, expected.marked_lesion)


@settings(max_examples=40, deadline=None)
@given(scenes(), st.sampled_from([(1,), (2,), (1, 2)]))
def test_flipping_both_changes_nothing(scene, axes):
    maps, masks = scene
    expected = sweep(maps, masks)
    got = sweep(np.flip(maps, axes), np.flip(masks, axes))
    np.testing.assert_array_equal(got.marked_lesion, expected.marked_lesion)
    np.testing.assert_array_equal(got.marked_healthy, expected.marked_healthy)


@settings(max_examples=30, deadline=None)
@given(scenes(), st.sampled_from([np.nan, np.inf, -np.inf]), st.data())
def test_a_map_that_is_not_finite_loses_its_own_row_only(scene, bad, data):
    maps, masks = scene
    row = data.draw(st.integers(0, len(maps) - 1))
    clean = sweep(maps, masks)
    maps[row, -1, 0] = bad
    got = sweep(maps, masks)
    assert got.status[row] == "nonfinite"
    assert np.isnan(got.sensitivity[row]).all()
    assert np.isnan(got.specificity[row]).all()
    others = np.arange(len(maps)) != row
    np.testing.assert_array_equal(
        got.marked_lesion[others], clean.marked_lesion[others]
    )
    np.testing.assert_array_equal(got.sensitivity[others], clean.sensitivity[others])
    assert (got.status[others] == clean.status[others]).all()


@settings(max_examples=30, deadline=None)
@given(scenes())
def test_an_image_alone_scores_as_in_a_batch(scene):
    maps, masks = scene
    together = sweep(maps, masks)
    for i in range(len(maps)):
        alone = sweep(maps[i : i + 1], masks[i : i + 1])
        np.testing.assert_array_equal(alone.marked_lesion[0], together.marked_lesion[i])


def test_normalized_maps_touch_both_ends_even_at_the_limits_of_floats():
    largest, smallest = (
        np.finfo(np.float64).max,
        np.finfo(np.float64).smallest_subnormal,
    )
    maps = np.array([[[-largest, 0, largest]], [[0, smallest, 2 * smallest]]])
    np.testing.assert_array_equal(normalize(maps), [[[0, 0.5, 1]], [[0, 0.5, 1]]])


def test_a_tiny_range_is_stretched_without_an_epsilon():
    maps = np.array([[[1e-12, 2e-12, 3e-12]]]) - 1e-12
    assert normalize(maps).max() == 1.0


def test_a_constant_map_is_zero_everywhere():
    assert not normalize(np.full((2, 3, 4), -7.5)).any()


def test_an_input_is_left_as_it_was():
    maps = np.arange(12.0).reshape(1, 3, 4)
    sweep(maps, maps > 4)
    np.testing.assert_array_equal(maps.ravel(), np.arange(12.0))


@pytest.mark.usefixtures("unchecked")
def test_shapes_must_agree():
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message follows
        sweep(np.zeros((2, 3, 4)), np.zeros((2, 4, 3), bool))
    assert str(caught.value) == (
        "maps and masks must have one shape, got (2, 3, 4) and (2, 4, 3)"
    )


def test_two_thresholds_at_least():
    with pytest.raises(ValueError, match=r"^thresholds must be at least 2, got 1$"):
        sweep(np.zeros((2, 3, 4)), np.zeros((2, 3, 4), bool), thresholds=1)
