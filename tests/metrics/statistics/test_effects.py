import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from metrics.statistics.effects import measure_effects
from metrics.statistics.pseudomedian import hodges_lehmann

sixteenths = st.lists(
    st.integers(-40, 40).map(lambda k: k / 16), min_size=1, max_size=25
)


@settings(max_examples=150, deadline=None)
@given(sixteenths)
def test_the_pseudo_median_is_the_median_of_all_means_of_pairs(values):
    means = [
        (a + b) / 2 for i, a in enumerate(values) for b in values[i:]
    ]  # sixteenths add up exactly
    assert hodges_lehmann(np.array(values)) == np.median(means)


def test_sizes_are_those_of_their_formulae():
    generator = np.random.default_rng(3)
    a = generator.normal(0.6, 0.2, 31)
    b = a - generator.normal(0.1, 0.1, 31)
    found = measure_effects(a, b, np.arange(31))
    difference = a - b
    np.testing.assert_allclose(
        found.dz, stats.ttest_rel(a, b).statistic / np.sqrt(31), rtol=1e-9
    )
    np.testing.assert_allclose(found.gz, found.dz * (1 - 3 / (4 * 30 - 1)))
    common = np.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
    np.testing.assert_allclose(found.d_av, difference.mean() / common, rtol=1e-9)
    wilcoxon = stats.wilcoxon(a, b, method="approx", correction=False)
    total = 31 * 32 / 2
    np.testing.assert_allclose(
        abs(found.rank_biserial), 1 - 2 * wilcoxon.statistic / total, rtol=1e-9
    )
    np.testing.assert_allclose(found.median, np.median(difference), rtol=1e-9)
    assert found.median_low <= found.median <= found.median_high
    assert found.reason == ""


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6))
def test_swapping_negates(seed):
    generator = np.random.default_rng(seed)
    a, b = generator.integers(0, 12, (2, 14)) / 12
    groups = generator.integers(0, 14, 14)
    one, other = measure_effects(a, b, groups), measure_effects(b, a, groups)
    for name in ("median", "pseudo_median", "dz", "gz", "d_av", "rank_biserial"):
        assert getattr(one, name) == -getattr(other, name) or (
            np.isnan(getattr(one, name)) and np.isnan(getattr(other, name))
        )
    np.testing.assert_array_equal(one.median_low, -other.median_high)


def test_what_is_undefined_says_why():
    same = np.full(6, 0.5)
    found = measure_effects(same, same, np.arange(6))
    assert np.isnan([found.dz, found.gz, found.d_av, found.rank_biserial]).all()
    assert found.reason == (
        "dz and gz: all differences are the same; d_av: neither entry's scores vary; "
        "rank_biserial: no image has a difference"
    )
    none = measure_effects(same[:0], same[:0], np.arange(0))
    assert np.isnan(none.median)
    assert "dz and gz: fewer than 2 images" in none.reason
