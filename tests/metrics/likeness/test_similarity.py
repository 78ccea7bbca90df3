import itertools
import math

import jaxtyping
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage, stats

from metrics.likeness.pairs import SIMILARITIES, compare_maps
from metrics.likeness.similarity import (
    spearman,
    spearman_of_sizes,
    structural_similarity,
    top_overlap,
)

SHAPE = (5, 12, 17)


def draw(seed, shape=SHAPE, levels=0):
    rng = np.random.default_rng(seed)
    maps = rng.normal(size=shape)
    return np.round(maps * levels) / levels if levels else maps


@pytest.fixture(params=SIMILARITIES.values(), ids=list(SIMILARITIES))
def measure(request):
    return request.param


def test_every_measure_is_symmetric(measure):
    one, other = draw(0, levels=2), draw(1, levels=2)
    np.testing.assert_allclose(measure.compute(one, other), measure.compute(other, one))


def test_a_map_without_ties_is_wholly_like_itself(measure):
    np.testing.assert_allclose(measure.compute(draw(0), draw(0)), 1.0)


@given(st.floats(0.01, 100), st.floats(-50, 50))
def test_scale_and_offset_do_not_matter(scale, offset):
    one, other = draw(0), draw(1)
    for measure in SIMILARITIES.values():
        shift = 0.0 if measure.name == "spearman_absolute" else offset
        np.testing.assert_allclose(
            measure.compute(one, scale * other + shift),
            measure.compute(one, other),
            atol=1e-9,
        )


def test_each_image_is_compared_with_its_own_pair_only(measure):
    one, other = draw(0), draw(1)
    together = measure.compute(one, other)
    single = [measure.compute(one[k : k + 1], other[k : k + 1])[0] for k in range(5)]
    np.testing.assert_allclose(together, single)


def test_constant_and_broken_maps_have_no_likeness_and_a_status(measure):
    one, other = draw(0), draw(1)
    one[1], other[2, 3, 4], one[3, 0, 0] = 7.0, np.nan, np.inf
    other[3] = 0.0
    found = compare_maps(one, other)
    assert found.status.tolist() == [
        *("ok", "constant_map", "nonfinite", "nonfinite", "ok")
    ]
    known = np.isfinite(found.values[measure.name])
    assert known.tolist() == [True, False, False, False, True]


def test_all_maps_may_be_undefined(measure):
    assert np.isnan(measure.compute(np.zeros(SHAPE), draw(1))).all()


def slow_ssim(one, other, window=7):
    """Wang et al. 2004, equation 13, window by window on maps in [0, 1]."""
    one, other = ((x - x.min()) / (x.max() - x.min()) for x in (one, other))
    c1, c2 = 0.01**2, 0.03**2
    found = []
    for row, column in itertools.product(*(range(n - window + 1) for n in one.shape)):
        a, b = (
            x[row : row + window, column : column + window].ravel()
            for x in (one, other)
        )
        cov = np.cov(a, b, ddof=1)
        means = 2 * a.mean() * b.mean() + c1, a.mean() ** 2 + b.mean() ** 2 + c1
        spreads = 2 * cov[0, 1] + c2, cov[0, 0] + cov[1, 1] + c2
        found.append(means[0] * spreads[0] / (means[1] * spreads[1]))
    return np.mean(found)


def test_structural_similarity_equals_a_plain_loop_over_windows():
    one, other = draw(0), draw(0) + 0.7 * draw(1)
    slow = [slow_ssim(a, b) for a, b in zip(one, other, strict=True)]
    np.testing.assert_allclose(structural_similarity(one, other), slow, rtol=1e-9)


def test_structural_similarity_sees_where_pixels_are():
    # On flattened vectors a common shuffle of the pixels would change nothing.
    smooth = ndimage.gaussian_filter(draw(0), (0, 2, 2))
    other = smooth + 0.3 * ndimage.gaussian_filter(draw(1), (0, 2, 2))
    order = np.random.default_rng(2).permutation(12 * 17)
    mixed = [x.reshape(5, -1)[:, order].reshape(SHAPE) for x in (smooth, other)]
    change = structural_similarity(smooth, other) - structural_similarity(*mixed)
    assert np.abs(change).mean() > 0.02


def test_structural_similarity_takes_a_range_of_one_not_two():
    # A wrong range of 2 would say .39 of unrelated smooth maps, not .16.
    maps = ndimage.gaussian_filter(draw(0, (6, 64, 80)), (0, 3, 3))
    others = ndimage.gaussian_filter(draw(1, (6, 64, 80)), (0, 3, 3))
    assert structural_similarity(maps, others).mean() < 0.25


@given(st.integers(0, 50), st.sampled_from([0, 1, 3]))
def test_spearman_equals_scipy_with_and_without_ties(seed, levels):
    one, other = draw(seed, levels=levels), draw(seed + 100, levels=levels)
    slow = [
        stats.spearmanr(a.ravel(), b.ravel()).statistic
        for a, b in zip(one, other, strict=True)
    ]
    np.testing.assert_allclose(spearman(one, other), slow, atol=1e-12)


def test_spearman_of_sizes_is_blind_to_signs_and_spearman_is_not():
    one = draw(0)
    np.testing.assert_allclose(spearman(one, -one), -1.0)
    np.testing.assert_allclose(spearman_of_sizes(one, -one), 1.0)


def test_sizes_may_be_constant_where_values_are_not():
    one = np.sign(draw(0))
    found = compare_maps(one, draw(1))
    assert np.isnan(found.values["spearman_absolute"]).all()
    assert np.isfinite(found.values["spearman"]).all()


@given(st.integers(0, 30), st.sampled_from([0.02, 0.1, 0.5, 1.0]))
def test_overlap_without_ties_counts_common_pixels(seed, share):
    one, other = draw(seed), draw(seed + 100)
    count = max(1, round(share * 12 * 17))
    tops = [
        [set(np.argsort(-row)[:count]) for row in x.reshape(5, -1)]
        for x in (one, other)
    ]
    slow = [len(a & b) / count for a, b in zip(*tops, strict=True)]
    np.testing.assert_allclose(top_overlap(one, other, share), slow)


def test_overlap_with_ties_is_the_mean_over_all_ways_to_break_them():
    one = np.array([[[2.0, 1.0, 1.0], [1.0, 0.0, 0.0]]])
    other = np.array([[[0.0, 3.0, 0.0], [0.0, 5.0, 0.0]]])
    # The top 3 of the first: pixel 0 and two of 1, 2, 3. Of the second: 4, 1 and one
    # of 0, 2, 3, 5. By hand: (1/4 + 2/3 + 2/3/4 + 2/3/4) / 3.
    ways = itertools.product(itertools.combinations((1, 2, 3), 2), (0, 2, 3, 5))
    slow = np.mean([len({0, *a} & {4, 1, b}) / 3 for a, b in ways])
    assert math.isclose(slow, (1 / 4 + 2 / 3 + 1 / 6 + 1 / 6) / 3)
    np.testing.assert_allclose(top_overlap(one, other, 0.5), slow)


def test_overlap_of_one_big_tie_is_chance():
    one = np.zeros((1, 12, 17))
    one[0, 3, 5] = -1.0
    chance = round(0.1 * 204) / 203
    np.testing.assert_allclose(
        top_overlap(one, draw(0, (1, 12, 17))), chance, rtol=0.06
    )


def test_wrong_shapes_and_shares_are_refused(monkeypatch):
    monkeypatch.setattr(jaxtyping.config, "jaxtyping_disable", True)
    with pytest.raises(ValueError, match=r"maps must have one shape, got \(5, 12, 17"):
        compare_maps(draw(0), draw(0, (5, 17, 12)))
    with pytest.raises(ValueError, match=r"share must lie in \(0, 1\], got 0"):
        top_overlap(draw(0), draw(1), 0.0)
    with pytest.raises(ValueError, match="maps must have sides of at least 7"):
        structural_similarity(draw(0, (2, 6, 9)), draw(1, (2, 6, 9)))
