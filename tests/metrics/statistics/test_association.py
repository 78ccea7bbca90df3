import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from metrics.statistics.association import (
    associate,
    partial_correlation,
    rank_correlation,
)


def pairs(seed, count=40, levels=0):
    rng = np.random.default_rng(seed)
    first = rng.normal(size=count)
    second = first + rng.normal(size=count)
    return (np.round(first * levels) / levels, second) if levels else (first, second)


@given(st.integers(0, 40), st.sampled_from([0, 1]))
def test_the_estimate_equals_scipy(seed, levels):
    first, second = pairs(seed, levels=levels)
    slow = stats.spearmanr(first, second).statistic
    assert rank_correlation(first, second) == pytest.approx(slow)
    found = associate(first, second, np.arange(40), resamples=20)
    assert found.estimate == pytest.approx(slow)


def test_the_interval_equals_a_bootstrap_written_out():
    first, second = pairs(0)
    groups = np.repeat(np.arange(10), 4)
    found = associate(first, second, groups, resamples=300, seed=3)
    from metrics.statistics.draws import draw_weights

    slow = []
    for weights in draw_weights(10, 300, 3, "association"):
        rows = [
            k
            for g in range(10)
            for _ in range(int(weights[g]))
            for k in range(4 * g, 4 * g + 4)
        ]
        slow.append(stats.spearmanr(first[rows], second[rows]).statistic)
    low, high = np.quantile(slow, (0.025, 0.975))
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))
    assert found.low < found.estimate < found.high
    assert (found.count, found.clusters) == (40, 10)


def test_clusters_widen_the_interval():
    rng = np.random.default_rng(0)
    centers = rng.normal(size=(2, 12)).repeat(10, axis=1)
    first, second = centers + 0.05 * rng.normal(size=(2, 120))
    alone = associate(first, second, np.arange(120))
    together = associate(first, second, np.arange(120) // 10)
    assert together.high - together.low > 1.5 * (alone.high - alone.low)


def test_undefined_pairs_are_left_out_and_not_counted():
    first, second = pairs(0)
    second[::4] = np.nan
    known = np.isfinite(second)
    found = associate(first, second, np.arange(40), resamples=20)
    assert found.count == 30
    assert found.estimate == pytest.approx(
        stats.spearmanr(first[known], second[known]).statistic
    )


@pytest.mark.parametrize("count", [0, 1, 2])
def test_too_few_pairs_have_no_correlation(count):
    first, second = pairs(0, count)
    found = associate(first, second, np.arange(count))
    assert np.isnan([found.estimate, found.low, found.high]).all()
    assert found.count == count


def test_without_spread_there_is_none():
    first, second = pairs(0)
    assert np.isnan(rank_correlation(first, np.ones(40)))
    assert np.isnan(associate(np.ones(40), second, np.arange(40)).estimate)


def test_few_clusters_give_an_estimate_without_an_interval():
    first, second = pairs(0)
    found = associate(first, second, np.arange(40) // 10)
    assert np.isfinite(found.estimate)
    assert np.isnan([found.low, found.high]).all()


@given(st.integers(0, 40))
def test_the_partial_correlation_equals_that_of_residuals(seed):
    rng = np.random.default_rng(seed)
    third = rng.normal(size=50)
    first, second = third + rng.normal(size=(2, 50))
    ranks = [stats.rankdata(x) for x in (first, second, third)]
    lines = [stats.linregress(ranks[2], r) for r in ranks[:2]]
    rest = [
        r - line.intercept - line.slope * ranks[2]
        for r, line in zip(ranks[:2], lines, strict=True)
    ]
    slow = stats.pearsonr(*rest).statistic
    assert partial_correlation(first, second, third) == pytest.approx(slow)
    found = associate(first, second, np.arange(50), third, resamples=20)
    assert found.estimate == pytest.approx(slow)


def test_nothing_is_left_where_the_third_number_tells_all():
    first, second = pairs(0)
    assert np.isnan(partial_correlation(first, second, np.exp(second)))
    assert np.isnan(partial_correlation(first, second, np.ones(40)))
