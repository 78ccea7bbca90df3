"""Interactions, and tests by ranks and signs, beside SciPy and by enumeration."""

from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from metrics.statistics.interaction import contrast_groups
from metrics.statistics.multiplicity import adjust_by_discoveries
from metrics.statistics.permutation import flip_signs
from metrics.statistics.ranked import compare_all, sign_ranks


def test_groups_without_shared_subjects_are_welch_s():
    generator = np.random.default_rng(1)
    a, b = generator.normal(0.3, 1, 17), generator.normal(0, 2, 24)
    found = contrast_groups((a, np.arange(17)), (b, np.arange(17, 41)))
    oracle = stats.ttest_ind(a, b, equal_var=False)
    np.testing.assert_allclose(found.p_value, oracle.pvalue, rtol=1e-6)
    np.testing.assert_allclose(found.freedom, oracle.df, rtol=1e-9)
    interval = oracle.confidence_interval()
    np.testing.assert_allclose([found.low, found.high], interval, rtol=1e-6)


def test_one_image_of_each_subject_in_both_groups_is_the_paired_test():
    generator = np.random.default_rng(2)
    a = generator.normal(size=20)
    b = a + generator.normal(0.2, 0.5, size=20)
    found = contrast_groups((a, np.arange(20)), (b, np.arange(20)))
    np.testing.assert_allclose(found.p_value, stats.ttest_rel(a, b).pvalue, rtol=1e-6)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10**6))
def test_exchanging_the_groups_negates(seed):
    generator = np.random.default_rng(seed)
    parts = [
        (generator.integers(0, 9, size) / 8, generator.integers(0, 9, size))
        for size in generator.integers(0, 20, 2)
    ]
    one, other = contrast_groups(*parts), contrast_groups(*parts[::-1])
    np.testing.assert_array_equal(one.difference, -other.difference)
    np.testing.assert_array_equal(one.low, -other.high)
    np.testing.assert_array_equal(one.p_value, other.p_value)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6))
def test_flips_of_few_subjects_are_all_patterns_of_signs(seed):
    generator = np.random.default_rng(seed)
    groups = np.concatenate([np.arange(6), generator.integers(0, 6, 7)])
    values = generator.integers(-6, 7, 13) / 8
    sums = np.bincount(groups, values)
    observed = abs(sums.sum())
    patterns = [
        abs(sum(sign * part for sign, part in zip(signs, sums, strict=True)))
        for signs in product((-1, 1), repeat=6)
    ]
    expected = np.mean([value >= observed for value in patterns])
    assert flip_signs(values[:, None], groups)[0] == expected


def test_random_flips_come_close_to_the_t_test_and_keep_their_seed():
    values = np.random.default_rng(4).normal(0.25, 1, (60, 1))
    groups = np.arange(60)
    p_value = flip_signs(values, groups)
    assert abs(p_value[0] - stats.ttest_1samp(values[:, 0], 0).pvalue) < 0.015
    assert p_value == flip_signs(values, groups)
    assert flip_signs(np.zeros((60, 1)), groups)[0] == 1
    assert np.isnan(flip_signs(values[:4], groups[:4])[0])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_signed_ranks_of_single_images_are_wilcoxon_s(seed):
    values = np.random.default_rng(seed).integers(-9, 10, 30) / 8
    found = sign_ranks(values, np.arange(30))
    oracle = stats.wilcoxon(
        values,
        zero_method="zsplit" if not values.any() else "pratt",
        correction=False,
        method="approx",
    )
    # Without ties both are the same; the sum of squares holds what ties take away.
    np.testing.assert_allclose(found.p_value, oracle.pvalue, rtol=2e-2)
    assert found.zeros == (values == 0).mean()


def test_signed_ranks_without_ties_are_wilcoxon_s_to_the_last_digit():
    values = np.random.default_rng(8).normal(0.2, 1, 40)
    oracle = stats.wilcoxon(values, correction=False, method="approx")
    found = sign_ranks(values, np.arange(40))
    np.testing.assert_allclose(found.p_value, oracle.pvalue, rtol=1e-9)
    assert np.isnan(sign_ranks(values[:4], np.arange(4)).p_value)


def test_friedman_s_statistic_is_scipy_s_with_ties_too():
    values = np.random.default_rng(6).integers(0, 5, (4, 20)).astype(float)
    found = compare_all(values, np.arange(20))
    oracle = stats.friedmanchisquare(*values)
    np.testing.assert_allclose(found.chi_square, oracle.statistic)
    np.testing.assert_allclose(found.p_value, oracle.pvalue)
    np.testing.assert_allclose(found.concordance, oracle.statistic / (20 * 3))
    assert compare_all(values[:2], np.arange(20)).reason == "fewer than 3 methods"
    assert compare_all(values[:, :4], np.arange(4)).reason == "fewer than 5 subjects"
    assert compare_all(values * 0, np.arange(20)).p_value == 1


def test_false_discoveries_are_adjusted_as_by_scipy():
    p_values = np.array([0.01, 0.04, np.nan, 0.03, 0.5, 0.005])
    found = adjust_by_discoveries(p_values)
    known = np.isfinite(p_values)
    expected = stats.false_discovery_control(p_values[known])
    np.testing.assert_allclose(found[known], expected)
    assert np.isnan(found[2])
