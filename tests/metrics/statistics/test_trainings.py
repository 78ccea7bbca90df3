"""Trainings of several networks on several sets of images."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from metrics.statistics.medians import weigh_medians
from metrics.statistics.seeds import contrast_seeds
from metrics.statistics.trainings import (
    Part,
    contrast_means,
    contrast_medians,
    contrast_numbers,
)

SEEDS = st.integers(0, 2**32 - 1)


def draw(seed, networks=2, sets=2, trainings=3, images=20, effect=0.0):
    """Parts of every network on every set of images."""
    generator = np.random.default_rng(seed)
    parts = []
    for k in range(sets):
        groups = np.arange(images) // 2
        own = 0.2 * generator.normal(size=images)
        for a in range(networks):
            shape = trainings, images
            shift = effect + 0.1 * generator.normal(size=(trainings, 1))
            first = own + shift + 0.1 * generator.normal(size=shape)
            parts.append(
                Part(
                    f"n{a}", f"d{k}", first, 0.1 * generator.normal(size=shape), groups
                )
            )
    return parts


@given(SEEDS)
def test_one_part_is_the_comparison_over_seeds(seed):
    (part,) = draw(seed, 1, 1)
    found = contrast_means([part])
    wanted = contrast_seeds(part.first, part.second, part.groups)
    assert found.verdict == wanted.verdict
    for name in ("difference", "low", "high", "low90", "high90", "p_value"):
        assert getattr(found, name) == pytest.approx(getattr(wanted, name)), name
    assert (found.count, found.clusters, found.seeds) == (20, 10, 3)


@given(SEEDS)
def test_against_both_errors_written_out(seed):
    parts = draw(seed)
    found = contrast_means(parts, level=0.9)
    images, freedoms = [], []
    for k in ("d0", "d1"):
        mine = [p for p in parts if p.data == k]
        d = np.mean([(p.first - p.second).mean(axis=0) for p in mine], axis=0)
        sums = np.array([(d - d.mean())[mine[0].groups == g].sum() for g in range(10)])
        images.append(0.25 * 10 / 9 * (sums**2).sum() / 20**2)
        freedoms.append(9)
    trainings = []
    for a in ("n0", "n1"):
        mine = [p for p in parts if p.stratum == a]
        means = np.concatenate([(p.first - p.second).mean(axis=1) for p in mine])
        trainings.append(0.25 * means.var(ddof=1) / 6)
    squares = 0.0
    for variances, freedom in ((images, 9), (trainings, 5)):
        v = np.array(variances)
        df = v.sum() ** 2 / (v**2 / freedom).sum()
        squares += stats.t.ppf(0.95, df) ** 2 * v.sum()
    assert found.error_images**2 == pytest.approx(sum(images))
    assert found.error_seeds**2 == pytest.approx(sum(trainings))
    assert found.difference - found.low == pytest.approx(squares**0.5)
    assert found.seeds == 12


@settings(max_examples=10)
@given(SEEDS, st.sampled_from([contrast_means, contrast_medians]))
def test_swapping_mirrors_and_the_order_of_parts_is_nothing(seed, compare):
    parts = draw(seed, images=12)
    one = compare(parts)
    other = compare([replace(p, first=p.second, second=p.first) for p in parts[::-1]])
    assert other.difference == pytest.approx(-one.difference)
    assert (other.low, other.high) == pytest.approx((-one.high, -one.low))
    assert other.p_value == pytest.approx(one.p_value, abs=1e-9)
    assert one.low90 >= one.low
    assert one.low <= one.difference <= one.high


@given(SEEDS)
def test_weighted_medians_are_those_of_the_repeated_values(seed):
    generator = np.random.default_rng(seed)
    ordered = np.sort(generator.integers(0, 4, 7).astype(float))
    weights = generator.integers(0, 3, (4, 7)).astype(float)
    weights[:, 0] += 1
    found = weigh_medians(ordered, weights)
    for row, value in zip(weights.astype(int), found, strict=True):
        assert value == np.median(np.repeat(ordered, row))


def test_medians_differ_where_means_do_not():
    first = np.tile([0.0, 0.0, 0.0, 0.0, 0.0, 5.0, 5.0], (3, 4))
    second = np.full_like(first, 10 / 7)
    part = Part("n", "d", first, second, np.arange(28))
    assert contrast_means([part]).difference == pytest.approx(0)
    assert contrast_medians([part]).difference == pytest.approx(-10 / 7)


def test_an_image_undefined_once_is_left_out_of_its_set_alone():
    parts = draw(0)
    parts[0].first[1, 3] = np.nan
    assert contrast_means(parts).count == 39


def test_what_cannot_be_tested_says_why():
    single = draw(0, 1, 1, trainings=1)
    found = contrast_means(single)
    assert (found.verdict, found.reason) == (
        "inconclusive",
        "one training alone says nothing of the next",
    )
    assert np.isnan([found.low, found.p_value, found.error_seeds]).all()
    few = contrast_means(draw(0, 1, 1, images=6))
    assert few.reason == "too few subjects to test, 5 are needed"
    (part,) = draw(0, 1, 1)
    empty = contrast_means([replace(part, first=np.full_like(part.first, np.nan))])
    assert (empty.count, empty.reason) == (0, "no image has both scores")
    same = contrast_means([replace(part, second=part.first)])
    assert (same.verdict, same.low, same.p_value) == ("identical", 0.0, 1.0)


def test_other_images_in_one_set_are_refused():
    one, two = draw(0, 2, 1)
    told = (
        "parts of one set must have its images in one order, got others in 'n1' than "
        "in 'n0'"
    )
    with pytest.raises(ValueError, match=f"^{told}$"):
        contrast_means([one, replace(two, groups=two.groups[::-1])])
    with pytest.raises(ValueError, match=r"^parts must hold one at least, got none$"):
        contrast_means([])


@given(SEEDS)
def test_numbers_of_trainings_have_the_interval_of_their_mean(seed):
    numbers = np.random.default_rng(seed).normal(size=6)
    found = contrast_numbers([numbers], 0.1)
    wanted = stats.ttest_1samp(numbers, 0)
    assert (found.low, found.high) == pytest.approx(wanted.confidence_interval())
    assert found.p_value == pytest.approx(wanted.pvalue, abs=1e-9)


@given(SEEDS)
def test_networks_may_have_different_numbers_of_trainings(seed):
    one, other = draw(seed, 2, 1)
    fewer = replace(other, first=other.first[:2], second=other.second[:2])
    means = [(p.first - p.second).mean() for p in (one, fewer)]
    found = contrast_means([one, fewer])
    assert found.difference == pytest.approx(np.mean(means))
    assert found.seeds == 5
    assert np.isfinite((found.low, found.high)).all()
    single = replace(other, first=other.first[:1], second=other.second[:1])
    alone = contrast_means([one, single])
    assert alone.reason == "one training alone says nothing of the next"
    assert np.isnan(alone.low)
