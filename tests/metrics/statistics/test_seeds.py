import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from metrics.statistics.comparison import contrast
from metrics.statistics.seeds import contrast_seeds

SEEDS = st.integers(0, 2**32 - 1)


def draw(seed, seeds=3, images=24, training=0.1, effect=0.0, each=1):
    """Paired scores with effects of images, trainings and both."""
    generator = np.random.default_rng(seed)
    groups = np.arange(images) // each
    own = generator.normal(size=groups.max() + 1)[groups]
    shift = training * generator.normal(size=(seeds, 1))
    noise = generator.normal(size=(2, seeds, images))
    first = 0.5 + effect + shift + own * 0.2 + 0.2 * noise[0]
    return first, 0.5 + 0.2 * noise[1], groups


@given(SEEDS)
def test_against_the_analysis_of_variance_written_out(seed):
    first, second, groups = draw(seed, each=2)
    found = contrast_seeds(first, second, groups)
    s, n = first.shape
    d = [[first[k, i] - second[k, i] for i in range(n)] for k in range(s)]
    means = [sum(row) / n for row in d]
    grand = sum(means) / s
    trainings = sum((m - grand) ** 2 for m in means) / (s - 1) / s
    sums = {}
    for i, g in enumerate(groups):
        sums[g] = sums.get(g, 0) + sum(d[k][i] for k in range(s)) / s - grand
    g = len(sums)
    subjects = g / (g - 1) * sum(u * u for u in sums.values()) / n**2
    assert found.difference == pytest.approx(grand)
    assert found.error_seeds**2 == pytest.approx(trainings)
    assert found.error_images**2 == pytest.approx(subjects)
    for level, low in ((0.975, found.low), (0.95, found.low90)):
        squares = (
            stats.t.ppf(level, s - 1) ** 2 * trainings
            + stats.t.ppf(level, g - 1) ** 2 * subjects
        )
        assert grand - low == pytest.approx(squares**0.5)
    squares = (
        stats.t.ppf(1 - found.p_value / 2, s - 1) ** 2 * trainings
        + stats.t.ppf(1 - found.p_value / 2, g - 1) ** 2 * subjects
    )
    assert abs(grand) == pytest.approx(squares**0.5, abs=1e-9)
    assert (found.seeds, found.count, found.clusters) == (s, n, g)
    np.testing.assert_allclose(found.by_seed, means)


@given(SEEDS)
def test_swapping_negates_and_mirrors(seed):
    first, second, groups = draw(seed, effect=0.05)
    one = contrast_seeds(first, second, groups)
    other = contrast_seeds(second, first, groups)
    assert other.difference == -one.difference
    assert (other.low, other.high) == pytest.approx((-one.high, -one.low))
    assert other.p_value == pytest.approx(one.p_value)
    assert other.verdict == one.verdict


@given(SEEDS)
def test_order_of_seeds_and_images_does_not_matter(seed):
    first, second, groups = draw(seed, each=3)
    generator = np.random.default_rng(seed)
    rows, columns = generator.permutation(3), generator.permutation(24)
    one = contrast_seeds(first, second, groups)
    other = contrast_seeds(
        first[rows][:, columns], second[rows][:, columns], groups[columns]
    )
    assert other.difference == pytest.approx(one.difference)
    assert (other.low, other.high) == pytest.approx((one.low, one.high))


def test_networks_that_agree_give_the_interval_of_images():
    first, second, groups = draw(0)
    first, second = np.tile(first[:1], (4, 1)), np.tile(second[:1], (4, 1))
    found = contrast_seeds(first, second, groups)
    alone = contrast(first[0], second[0], groups)
    assert found.error_seeds == 0
    assert (found.low, found.high) == pytest.approx((alone.low, alone.high))
    assert found.p_value == pytest.approx(alone.p_value)
    assert found.verdict == alone.verdict


def test_trainings_that_differ_widen_the_interval():
    """One network alone would call its own luck a difference."""
    first, second, groups = draw(1, images=400, training=0.0)
    shift = np.array([[0.15], [-0.02], [-0.04]])
    found = contrast_seeds(first + shift, second, groups)
    alone = contrast(first[0] + shift[0], second[0], groups)
    assert alone.verdict == "different, beyond the margin"
    assert found.verdict == "inconclusive"


def test_images_that_are_undefined_anywhere_are_left_out():
    first, second, groups = draw(2)
    clean = contrast_seeds(first[:, 2:], second[:, 2:], groups[2:])
    first[1, 0] = second[2, 1] = np.nan
    found = contrast_seeds(first, second, groups)
    assert (found.count, found.low) == (22, clean.low)


def test_the_edges():
    first, second, groups = draw(3)
    same = contrast_seeds(first, first, groups)
    assert (same.verdict, same.p_value, same.low, same.high) == ("identical", 1, 0, 0)
    shifted = contrast_seeds(first + 0.5, first, groups)
    assert shifted.verdict == "different, beyond the margin"
    assert shifted.reason.startswith("no variance")
    assert np.isnan(shifted.p_value)
    few = contrast_seeds(first, second, groups // 6)
    assert (few.verdict, few.reason) == (
        "inconclusive",
        "too few subjects to test: 4, 5 are needed",
    )
    nothing = contrast_seeds(first * np.nan, second, groups)
    assert (nothing.count, nothing.verdict) == (0, "inconclusive")
    assert np.isnan([nothing.difference, nothing.low, nothing.p_value]).all()
    with pytest.raises(ValueError, match=r"^seeds must be at least 2, got 1; train"):
        contrast_seeds(first[:1], second[:1], groups)
