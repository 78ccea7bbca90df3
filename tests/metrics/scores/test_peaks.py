"""Two lesions, two peaks: against best paths and two Gaussians."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from metrics.counting.truth import Truth
from metrics.scores.evaluation import compare
from metrics.scores.peaks import PROMINENCE, peak_separation, saddle_depth

levels = st.one_of(st.integers(0, 3).map(float), st.floats(-5, 5))


@st.composite
def scenes(draw):
    shape = draw(
        st.one_of(
            st.tuples(st.just(2), st.integers(1, 6), st.integers(1, 5)),
            st.tuples(st.just(2), *[st.integers(1, 3)] * 3),
        )
    )
    maps = draw(hnp.arrays(np.float64, shape, elements=levels))
    numbered = draw(hnp.arrays(np.int64, shape, elements=st.integers(0, 3)))
    ignored = draw(hnp.arrays(np.bool_, shape))
    return maps, {
        "lesion": numbered > 0,
        "numbered": numbered,
        "ignored": ignored if draw(st.booleans()) else None,
    }


def widest(heights):
    """Best lowest value between any two pixels, by letting each stand in the middle."""
    pixels = list(np.ndindex(heights.shape))
    best = {}
    for p, q in itertools.product(pixels, repeat=2):
        near = max(abs(a - b) for a, b in zip(p, q, strict=True)) <= 1
        best[p, q] = min(heights[p], heights[q]) if near else -math.inf
    for middle, p, q in itertools.product(pixels, repeat=3):
        best[p, q] = max(best[p, q], min(best[p, middle], best[middle, q]))
    return best


def dips_by_hand(heights, lesions, counted):
    free = np.where(counted, heights, np.inf)
    best = widest(free)
    told, depths = [], []
    for one, other in itertools.combinations(lesions, 2):
        saddle = max(best[p, q] for p in one for q in other)
        lower = min(
            sum(heights[p] for p in lesion) / len(lesion) for lesion in (one, other)
        )
        told.append(lower - saddle >= PROMINENCE)
        depths.append(1 - saddle / lower if lower > saddle else 0.0)
    pairs = len(told)
    return (sum(told) / pairs, sum(depths) / pairs) if pairs else (math.nan,) * 2


@settings(max_examples=80, deadline=None)
@given(scenes())
def test_scores_equal_plain_loops(scene):
    maps, truth = scene[0], Truth(**scene[1])
    compared = compare(maps, truth)
    got = np.stack([peak_separation(compared), saddle_depth(compared)], axis=1)
    for index, heights in enumerate(compared.normalized):
        counted = np.ones(heights.shape, bool)
        if truth.ignored is not None:
            counted = ~truth.ignored[index]
        labels = truth.numbered[index] * counted
        lesions = [
            [tuple(p) for p in np.argwhere(labels == k).tolist()]
            for k in np.unique(labels[labels > 0])
        ]
        expected = dips_by_hand(heights, lesions, counted)
        np.testing.assert_allclose(got[index], expected, atol=1e-12)


def discs(apart, radius=1.5, shape=(41, 90)):
    y, x = np.indices(shape)
    left = 45 - apart / 2
    return [np.hypot(y - 20, x - center) < radius for center in (left, left + apart)]


def gaussians(apart, width, heights=(1.0, 1.0), shape=(41, 90)):
    y, x = np.indices(shape)
    left = 45 - apart / 2
    return sum(
        height * np.exp(-((y - 20) ** 2 + (x - center) ** 2) / (2 * width**2))
        for height, center in zip(heights, (left, left + apart), strict=True)
    )


@pytest.mark.parametrize("width", [4, 6, 8])
def test_two_gaussians_are_told_apart_beyond_their_limit_of_resolution(width):
    """Two of one width have two maxima if more than two widths apart (Sparrow).

    Of two apart by a * width, the middle has 2 exp(-a^2 / 8) and each center
    1 + exp(-a^2 / 2): the dip of 5 % begins near a = 2.4.
    """
    for ratio in (1.0, 1.5, 2.0, 2.25):
        apart = 2 * round(ratio * width / 2)
        one = compare(
            gaussians(apart, width)[None], np.logical_or(*discs(apart, 0.9))[None]
        )
        assert peak_separation(one) == 0, ratio
    for ratio in (2.75, 3.0, 5.0):
        apart = 2 * round(ratio * width / 2)
        one = compare(
            gaussians(apart, width)[None], np.logical_or(*discs(apart, 0.9))[None]
        )
        assert peak_separation(one) == 1, ratio
        a = apart / width
        middle, top = 2 * math.exp(-(a**2) / 8), 1 + math.exp(-(a**2) / 2)
        np.testing.assert_allclose(saddle_depth(one), 1 - middle / top, atol=1e-3)


def test_a_lesion_on_the_slope_of_another_is_not_told_apart():
    map = gaussians(24, 10, (1.0, 0.0))
    compared = compare(map[None], np.logical_or(*discs(24))[None])
    assert peak_separation(compared) == saddle_depth(compared) == 0


def test_one_peak_between_two_lesions_merges_them():
    map = gaussians(0, 12)
    compared = compare(map[None], np.logical_or(*discs(24, 4))[None])
    assert peak_separation(compared) == saddle_depth(compared) == 0


@pytest.mark.parametrize("smooth", [0, 0.7])
def test_noise_tells_nothing_apart_though_it_is_full_of_peaks(smooth):
    noise = np.random.default_rng(0).normal(size=(20, 41, 90))
    maps = ndimage.gaussian_filter(noise, (0, smooth, smooth))
    masks = np.broadcast_to(np.logical_or(*discs(40, 6)), maps.shape)
    assert peak_separation(compare(maps, masks)).mean() <= 0.05


def test_of_three_lesions_each_pair_counts():
    map = np.array([[0, 5, 0, 5, 4, 5, 0.0]])[None] / 5
    numbered = np.array([[0, 1, 0, 2, 0, 3, 0]])[None]
    truth = Truth(numbered > 0, numbered=numbered)
    shallow = map.copy()
    shallow[0, 0, 4] = 0.96  # dips by less than 5 %
    assert peak_separation(compare(map, truth)) == 1
    assert peak_separation(compare(shallow, truth)) == 2 / 3
    np.testing.assert_allclose(saddle_depth(compare(map, truth)), [2.2 / 3])


def test_a_dip_of_exactly_the_prominence_is_enough():
    map = np.array([[[0.0, 20.0, 19.0, 20.0]]])
    mask = map == 20
    assert PROMINENCE <= 1 - 19 / 20
    assert peak_separation(compare(map, mask)) == 1
    map[0, 0, 2] = 19.1
    assert peak_separation(compare(map, mask)) == 0


def test_lesions_that_touch_are_apart_only_if_the_map_dips_at_their_seam():
    numbered = np.repeat([[1, 1, 1, 2, 2, 2]], 4, axis=0)[None]
    truth = Truth(numbered > 0, numbered=numbered)
    dipped = np.broadcast_to([4.0, 4, 0, 0, 4, 4], numbered.shape)
    flat = np.broadcast_to([0.0, 4, 4, 4, 4, 0], numbered.shape)
    assert peak_separation(compare(dipped.copy(), truth)) == 1
    assert peak_separation(compare(flat.copy(), truth)) == 0


def test_what_does_not_count_may_be_crossed():
    map = np.array([[[0.0, 5, 0, 0, 5, 0]]])
    numbered = np.array([[[0, 1, 0, 0, 2, 0]]])
    for hidden, told in (([], 1), ([2], 1), ([2, 3], 0)):
        ignored = np.zeros(map.shape, bool)
        ignored[0, 0, hidden] = True
        truth = Truth(numbered > 0, numbered=numbered, ignored=ignored)
        assert peak_separation(compare(map, truth)) == told


def test_one_lesion_none_and_lost_maps_have_no_value_a_constant_map_nothing():
    two = np.logical_or(*discs(24))
    maps = np.stack([gaussians(24, 4)] * 5)
    maps[1, 0, 0], maps[4] = np.nan, -3.0
    masks = np.stack([two, two, discs(24)[0], np.zeros_like(two), two])
    for score in (peak_separation, saddle_depth):
        values = score(compare(maps, masks))
        assert values[0] > 0.9
        assert np.isnan(values[1:4]).all()
        assert values[4] == 0


def test_turning_and_shifting_and_scaling_change_nothing():
    maps = np.stack(
        [gaussians(a, 6) + gaussians(a / 3, 3, (0.3, 0.1)) for a in (8, 22)]
    )
    masks = np.stack([np.logical_or(*discs(a, 3)) for a in (8, 22)])
    masks[0, 2:5, 2:5] = True
    expected = saddle_depth(compare(maps, masks))
    for turn in (lambda a: a[:, ::-1], lambda a: a.transpose(0, 2, 1)):
        np.testing.assert_allclose(
            saddle_depth(compare(turn(maps), turn(masks))), expected, rtol=1e-12
        )
    shifted = compare(4.0 * maps + 7, masks)
    np.testing.assert_allclose(saddle_depth(shifted), expected, rtol=1e-9)
