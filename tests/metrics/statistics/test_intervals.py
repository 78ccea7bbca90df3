import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from metrics.statistics.intervals import average, median_interval

unit = st.integers(0, 1000).map(lambda k: k / 1000)
samples = hnp.arrays(np.float64, st.integers(5, 40), elements=unit)


@settings(max_examples=60, deadline=None)
@given(samples)
def test_one_image_per_subject_is_the_t_interval(values):
    mean = average(values, np.arange(len(values)))
    if np.ptp(values) == 0:
        assert mean.error == 0
        return
    test = stats.ttest_1samp(values, 0.0)
    for level in (0.9, 0.95):
        low, high = test.confidence_interval(level)
        np.testing.assert_allclose(mean.interval(level), (low, high), rtol=1e-9)
    np.testing.assert_allclose(mean.p_value(), test.pvalue, rtol=1e-7, atol=1e-300)


def test_clusters_by_hand():
    values = np.array([1.0, 3.0, 2.0, 6.0, 4.0, 2.0, 3.0])
    groups = np.array([0, 0, 1, 2, 3, 3, 4])
    # mean 3; residuals per cluster: -2 + 0, -1, 3, 1 - 1, 0
    error = np.sqrt(5 / 4 * (4 + 1 + 9 + 0 + 0)) / 7
    mean = average(values, groups)
    assert (mean.estimate, mean.count, mean.clusters) == (3.0, 7, 5)
    assert mean.error == pytest.approx(error)
    reach = stats.t.ppf(0.975, 4) * error
    assert mean.interval(0.95) == pytest.approx((3 - reach, 3 + reach))


@settings(max_examples=40, deadline=None)
@given(samples, st.integers(2, 4))
def test_repeating_images_of_a_subject_adds_no_certainty(values, times):
    once = average(values, np.arange(len(values)))
    often = average(np.tile(values, times), np.tile(np.arange(len(values)), times))
    np.testing.assert_allclose(often.error, once.error, rtol=1e-9, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(samples, st.data())
def test_the_estimate_lies_in_its_intervals(values, data):
    groups = data.draw(hnp.arrays(np.int64, len(values), elements=st.integers(0, 9)))
    mean = average(values, groups)
    low, high = mean.interval(0.95)
    low90, high90 = mean.interval(0.9)
    if mean.clusters < 5:
        assert np.isnan([low, high, low90, high90, mean.p_value()]).all()
        return
    assert low <= low90 <= mean.estimate <= high90 <= high
    low, high = median_interval(values, groups, 0.95)
    assert np.isnan(low) or low <= np.median(values) <= high


@settings(max_examples=60, deadline=None)
@given(samples, st.sampled_from([0.9, 0.95, 0.99]))
def test_the_median_interval_is_scipy_s(values, level):
    got = median_interval(values, np.arange(len(values)), level)
    expected = stats.quantile_test(values, q=0, p=0.5).confidence_interval(level)
    np.testing.assert_array_equal(got, expected)


def test_the_median_interval_of_clusters_covers():
    generator = np.random.default_rng(0)
    groups = np.repeat(np.arange(30), 6)
    hits = 0
    for _ in range(200):
        values = generator.normal(size=30)[groups] + generator.normal(size=180)
        low, high = median_interval(values, groups, 0.95)
        hits += low <= 0 <= high
    assert 0.90 <= hits / 200 <= 0.995


def test_the_median_interval_of_clusters_survives_many_equal_values():
    generator = np.random.default_rng(0)
    groups = np.repeat(np.arange(20), 5)
    values = generator.permutation(np.append(np.ones(55), generator.random(45)))
    low, high = median_interval(values, groups, 0.95)
    assert low < 1.0
    assert high == 1.0


def test_nothing_and_little_to_average():
    none = average(np.empty(0), np.empty(0, np.int64))
    assert (none.count, none.clusters) == (0, 0)
    assert np.isnan([none.estimate, *none.interval(0.95), none.p_value()]).all()
    one = average(np.array([0.5]), np.array([0]))
    assert one.estimate == 0.5
    assert np.isnan(one.interval(0.95)).all()
    assert np.isnan(median_interval(np.empty(0), np.empty(0, np.int64), 0.95)).all()
    assert np.isnan(median_interval(np.arange(4.0), np.arange(4), 0.95)).all()
