import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from metrics.statistics.intervals import average
from metrics.statistics.power import (
    Variation,
    fewest,
    half_width,
    power_to_differ,
    power_to_equal,
    vary,
)

EFFECTS = st.floats(0.05, 1.5)


@settings(max_examples=40)
@given(st.floats(0.1, 6), st.integers(5, 400), st.sampled_from([0.05, 0.05 / 6, 0.01]))
def test_power_is_that_of_the_noncentral_t_law(shift, subjects, alpha):
    critical = stats.t.isf(alpha / 2, subjects - 1)
    law = stats.nct(subjects - 1, shift)
    wanted = law.sf(critical) + law.cdf(-critical)
    difference = 0.3 * shift / np.sqrt(subjects)
    got = power_to_differ(difference, Variation(0.3), subjects, alpha)
    assert got == pytest.approx(wanted, abs=2e-4)


@pytest.mark.parametrize(
    ("difference", "subjects"), [(0.0, 40), (0.01, 60), (0.02, 25), (0.0, 8)]
)
def test_power_of_equivalence_is_how_often_it_is_shown(difference, subjects):
    generator = np.random.default_rng(subjects)
    drawn = difference + 0.06 * generator.normal(size=(40000, subjects))
    mean = drawn.mean(axis=1)
    error = drawn.std(axis=1, ddof=1) / np.sqrt(subjects)
    reach = stats.t.ppf(0.95, subjects - 1) * error
    shown = ((mean - reach > -0.02) & (mean + reach < 0.02)).mean()
    got = power_to_equal(difference, 0.02, Variation(0.06), subjects)
    assert got == pytest.approx(shown, abs=0.01)


def test_without_a_difference_power_is_the_size():
    got = power_to_differ(0.0, Variation(0.2), 30, 0.05)
    assert got == pytest.approx(0.05, abs=1e-4)


@given(EFFECTS, st.integers(5, 200))
def test_power_rises_with_subjects_and_difference_and_mirrors(effect, subjects):
    variation = Variation(0.4, 0.3, 3.0)
    here = power_to_differ(0.1 * effect, variation, subjects)
    assert here <= power_to_differ(0.1 * effect, variation, subjects + 1) + 1e-9
    assert here <= power_to_differ(0.11 * effect, variation, subjects) + 1e-9
    assert here == pytest.approx(power_to_differ(-0.1 * effect, variation, subjects))


def test_images_of_one_subject_that_are_alike_count_as_one():
    alike = Variation(0.2, 1.0, 10.0)
    assert alike.error(30) == pytest.approx(Variation(0.2).error(30))
    apart = Variation(0.2, 0.0, 10.0)
    assert apart.error(30) == pytest.approx(Variation(0.2).error(300))
    assert Variation(0.2, 0.5, 10.0, 14.0).design_effect == 7.5


@given(st.integers(0, 2**32 - 1), st.integers(2, 6))
def test_a_balanced_pilot_has_its_own_cluster_robust_error(seed, each):
    generator = np.random.default_rng(seed)
    groups = np.repeat(np.arange(12), each)
    values = 2 * generator.normal(size=12)[groups] + generator.normal(size=12 * each)
    found = vary(values, groups)
    assert found.per_subject == found.weight == each
    if found.icc > 0:
        assert found.error(12) == pytest.approx(average(values, groups).error)


def test_the_icc_is_found_and_never_negative():
    generator = np.random.default_rng(1)
    sizes = generator.integers(1, 9, 3000)
    groups = np.repeat(np.arange(3000), sizes)
    values = np.sqrt(0.4) * generator.normal(size=3000)[groups] + np.sqrt(
        0.6
    ) * generator.normal(size=len(groups))
    found = vary(values, groups)
    assert found.icc == pytest.approx(0.4, abs=0.02)
    assert found.spread == pytest.approx(1, abs=0.02)
    assert found.weight == pytest.approx((sizes**2).sum() / sizes.sum())
    robust = average(values, groups).error
    assert found.error(3000) == pytest.approx(robust, rel=0.05)
    opposite = np.tile([-1.0, 1.0], 20)
    assert vary(opposite, np.repeat(np.arange(20), 2)).icc == 0
    assert vary(np.zeros(8), np.repeat(np.arange(4), 2)).spread == 0
    single = vary(values[:50], np.arange(50))
    assert (single.icc, single.per_subject) == (0, 1)


def test_the_fewest_subjects_are_enough_and_one_less_is_not():
    variation = Variation(0.2, 0.3, 4.0)

    def enough(subjects):
        return power_to_differ(0.05, variation, subjects) >= 0.8

    found = fewest(enough)
    assert enough(found)
    assert not enough(found - 1)
    assert fewest(lambda n: half_width(variation, n) <= 1.0) == 5
    narrow = fewest(lambda n: half_width(variation, n) <= 0.02)
    # the reference's rule of thumb, which takes 1.96 for the quantile of t
    assert narrow == pytest.approx((1.96 * 0.2 / 0.02) ** 2 * 1.9 / 4, rel=0.02)
    assert fewest(lambda _: False) is None


def test_no_spread():
    still = Variation(0.0)
    assert power_to_differ(0.01, still, 5) == 1
    assert power_to_differ(0.0, still, 5) == 0
    assert power_to_equal(0.01, 0.02, still, 5) == 1
    assert power_to_equal(0.03, 0.02, still, 5) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Variation(-1.0), "spread must be from 0 to inf, got -1.0"),
        (lambda: Variation(1.0, 1.5), "icc must be from 0 to 1, got 1.5"),
        (
            lambda: Variation(1.0, 0.0, 0.5),
            "per_subject must be from 1 to inf, got 0.5",
        ),
        (
            lambda: Variation(1.0, 0.0, 3.0, 2.0),
            "weight must be from 3 to inf, got 2.0",
        ),
        (
            lambda: power_to_differ(1.0, Variation(1.0), 4),
            "subjects must be at least 5, got 4",
        ),
        (
            lambda: power_to_differ(1.0, Variation(1.0), 9, 0.0),
            "alpha must lie between 0 and 1, got 0.0",
        ),
        (
            lambda: power_to_equal(0.0, 0.0, Variation(1.0), 9),
            "margin must be above 0, got 0.0",
        ),
        (
            lambda: vary(np.ones(3), np.zeros(3, int)),
            "a pilot must have at least 2 subjects, got 1",
        ),
    ],
)
def test_numbers_out_of_range(call, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message follows
        call()
    assert str(caught.value) == message
