"""Scores lesion by lesion against plain loops and worked examples."""

import itertools
from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import ndimage

from metrics.counting.truth import Truth
from metrics.scores.evaluation import compare
from metrics.scores.lesions import false_components, lesion_hits, lesion_sensitivity

levels = st.sampled_from([0.0, 0.3, 0.31, 0.6, 0.8, 1.0])
NAN = np.nan


@st.composite
def scenes(draw):
    axes = draw(st.sampled_from([2, 3]))
    shape = draw(
        st.tuples(*(st.integers(1, side) for side in (2, 5, 4, 3)[: axes + 1]))
    )
    maps = draw(hnp.arrays(np.float64, shape, elements=levels))
    numbered = draw(hnp.arrays(np.int64, shape, elements=st.integers(0, 2)))
    ignored = draw(hnp.arrays(np.bool_, shape))
    given_numbers = draw(st.booleans())
    return maps, {
        "lesion": numbered > 0,
        "numbered": numbered if given_numbers else None,
        "ignored": ignored if draw(st.booleans()) else None,
    }


def parts_of(area):
    """Connected sets, by merging sets that touch until none do."""
    parts = [{tuple(p)} for p in np.argwhere(area).tolist()]

    def touch(one, other):
        return any(
            max(abs(a - b) for a, b in zip(p, q, strict=True)) <= 1
            for p in one
            for q in other
        )

    merged = True
    while merged:
        merged = False
        for one, other in itertools.combinations(parts, 2):
            if touch(one, other):
                parts = [p for p in parts if p not in (one, other)] + [one | other]
                merged = True
                break
    return parts


def hits_by_hand(parts, lesions, map):
    """Expected lesions hit, over every way of choosing a peak in each part."""
    peaks = []
    for part in parts:
        top = max(map[p] for p in part)
        peaks.append([p for p in sorted(part) if map[p] == top])
    total, ways = Fraction(0), 0
    for chosen in itertools.product(*peaks):
        total += sum(any(p in lesion for p in chosen) for lesion in lesions)
        ways += 1
    return float(total / ways) / len(lesions) if lesions else NAN


@settings(max_examples=100, deadline=None)
@given(scenes())
def test_hits_and_false_parts_equal_plain_loops(scene):
    maps, truth = scene[0], Truth(**scene[1])
    compared = compare(maps, truth)
    hits, false = lesion_hits(compared), false_components(compared)
    found = lesion_sensitivity(compared)
    for index, map in enumerate(compared.normalized):
        counted = np.ones(map.shape, bool)
        if truth.ignored is not None:
            counted = ~truth.ignored[index]
        mask = truth.lesion[index] & counted
        if truth.numbered is None:
            lesions = parts_of(mask)
        else:
            labels = truth.numbered[index] * counted
            lesions = [
                {tuple(p) for p in np.argwhere(labels == k).tolist()}
                for k in np.unique(labels[labels > 0])
            ]
        for column, threshold in enumerate(compared.thresholds):
            parts = parts_of((map >= threshold) & counted)
            enough = [[10 * len(p & q) >= len(p | q) for q in lesions] for p in parts]
            assert false[index, column] == sum(not any(row) for row in enough)
            expected = hits_by_hand(parts, lesions, map)
            np.testing.assert_allclose(hits[index, column], expected, atol=1e-12)
            if not lesions:
                assert np.isnan(found[index, column])
                continue
            # A lesion that some part finds alone is found; none is without a part.
            share = sum(map_any(enough, k) for k in range(len(lesions))) / len(lesions)
            assert found[index, column] <= share + 1e-12
            assert (found[index, column] > 0) == (share > 0)


def map_any(enough, lesion):
    return any(row[lesion] for row in enough)


def square(top, left, size, shape=(20, 33)):
    image = np.zeros(shape, bool)
    image[top : top + size, left : left + size] = True
    return image


def score(map, mask, thresholds=(0.5,)):
    compared = compare(map[None] * 1.0, mask[None], thresholds)
    return tuple(
        float(f(compared)[0, 0])
        for f in (lesion_sensitivity, lesion_hits, false_components)
    )


def test_worked_examples():
    one, other = square(2, 2, 5), square(2, 20, 5)
    both = one | other
    assert score(both, both) == (1, 1, 0)
    assert score(one, both) == (0.5, 0.5, 0)
    assert score(one | square(12, 12, 3), one) == (1, 1, 1)
    assert score(square(12, 12, 3), one) == (0, 0, 1)
    # One part over both lesions, 115 pixels for 25 + 25, finds one of them only; its
    # tied peaks lie on each with 25 / 115.
    band = np.zeros_like(one)
    band[2:7, 2:25] = True
    np.testing.assert_allclose(score(band, both), (0.5, 25 / 115, 0), rtol=1e-15)
    # A lesion in two pieces: one finds it, the other is not false.
    torn = one.copy()
    torn[:, 4] = False
    assert score(torn, one) == (1, 1, 0)
    # A part that is far too large overlaps too little: found by peak, not by overlap.
    large = square(0, 0, 19) * 0.6
    large[4, 4] = 1
    assert score(large, one) == (0, 1, 1)


def test_a_lesion_free_image_counts_its_false_parts_and_has_no_sensitivity():
    map = square(2, 2, 3) | square(9, 9, 3) | square(3, 22, 3)
    found, hits, false = score(map, np.zeros_like(map))
    assert np.isnan([found, hits]).all()
    assert false == 3


def test_constant_lost_and_ignored_pixels():
    maps = np.stack([square(2, 2, 5) * 1.0] * 3)
    maps[0], maps[1, 9, 9] = 4.0, np.nan
    masks = np.stack([square(2, 2, 5)] * 3)
    compared = compare(maps, masks, (0.3, 1.0))
    assert lesion_sensitivity(compared)[[0, 2]].tolist() == [[0, 0], [1, 1]]
    assert lesion_hits(compared)[[0, 2]].tolist() == [[0, 0], [1, 1]]
    assert false_components(compared)[[0, 2]].tolist() == [[0, 0], [0, 0]]
    for compute in (lesion_sensitivity, lesion_hits, false_components):
        assert np.isnan(compute(compared)[1]).all()
    truth = Truth(masks, ignored=np.stack([square(12, 12, 6)] * 3))
    maps[2] += square(13, 13, 2)
    assert false_components(compare(maps, truth, (0.3,)))[2].tolist() == [0]
    assert false_components(compare(maps, masks, (0.3,)))[2].tolist() == [1]


def test_lesions_that_touch_are_told_apart_by_their_numbers():
    numbered = np.zeros((20, 33), np.int64)
    numbered[3:8, 3:8], numbered[3:8, 8:13] = 4, 2
    left = numbered == 4
    whole = Truth(numbered[None] > 0)
    two = Truth(numbered[None] > 0, numbered=numbered[None])
    maps = left[None] * 1.0
    assert lesion_sensitivity(compare(maps, whole)).tolist() == [[1, 1, 1]]
    assert lesion_sensitivity(compare(maps, two)).tolist() == [[0.5, 0.5, 0.5]]


def test_turning_both_changes_nothing():
    generator = np.random.default_rng(0)
    maps = ndimage.gaussian_filter(generator.random((6, 30, 41)), (0, 2, 2))
    masks = ndimage.gaussian_filter(generator.random(maps.shape), (0, 2, 2)) > 0.53
    for compute in (lesion_sensitivity, lesion_hits, false_components):
        expected = compute(compare(maps, masks))
        assert np.unique(expected).size > 2
        for turn in (
            lambda a: a[:, ::-1],
            lambda a: a[:, :, ::-1],
            lambda a: a.transpose(0, 2, 1),
        ):
            same = compute(compare(turn(maps), turn(masks)))
            np.testing.assert_allclose(same, expected, rtol=1e-13)
