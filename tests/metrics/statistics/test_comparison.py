import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from metrics.statistics.bootstrap import resample_means
from metrics.statistics.comparison import contrast
from metrics.statistics.curves import trace
from metrics.statistics.draws import Draws, draw_weights
from metrics.statistics.multiplicity import adjust_by_holm, adjust_by_maximum
from metrics.statistics.paper import repeat_tests
from metrics.statistics.verdicts import VERDICTS, judge

unit = st.integers(0, 1000).map(lambda k: k / 1000)


@st.composite
def pairs(draw, least=5):
    size = draw(st.integers(least, 30))
    a, b = (draw(hnp.arrays(np.float64, size, elements=unit)) for _ in range(2))
    groups = draw(hnp.arrays(np.int64, size, elements=st.integers(0, size)))
    return a, b, groups


def numbers(found):
    return [
        found.difference,
        found.low,
        found.high,
        found.low90,
        found.high90,
        found.win_rate,
        found.p_value,
    ]


@settings(max_examples=60, deadline=None)
@given(pairs(), st.randoms(use_true_random=False))
def test_the_order_of_rows_is_of_no_account(pair, random):
    a, b, groups = pair
    order = list(range(len(a)))
    random.shuffle(order)
    expected = contrast(a, b, groups)
    got = contrast(a[order], b[order], groups[order])
    np.testing.assert_allclose(numbers(got), numbers(expected), rtol=1e-9, atol=1e-12)
    assert got.verdict == expected.verdict


@settings(max_examples=60, deadline=None)
@given(pairs())
def test_swapping_mirrors(pair):
    a, b, groups = pair
    one, two = contrast(a, b, groups), contrast(b, a, groups)
    assert two.verdict == one.verdict
    np.testing.assert_allclose(
        [-two.difference, -two.high, -two.low, 1 - two.win_rate, two.p_value],
        [one.difference, one.low, one.high, one.win_rate, one.p_value],
        rtol=1e-9,
        atol=1e-12,
    )


@settings(max_examples=60, deadline=None)
@given(pairs())
def test_one_image_per_subject_is_the_paired_t_test(pair):
    a, b, _ = pair
    found = contrast(a, b, np.arange(len(a)))
    if np.ptp(np.round(a - b, 12)) == 0:
        return
    test = stats.ttest_rel(a, b)
    interval = test.confidence_interval(0.95)
    np.testing.assert_allclose((found.low, found.high), interval, rtol=1e-8, atol=1e-11)
    np.testing.assert_allclose(found.p_value, test.pvalue, rtol=1e-6, atol=1e-12)


@settings(max_examples=80, deadline=None)
@given(pairs(), st.sampled_from([0.02, 0.1, 0.3]))
def test_equivalence_is_two_one_sided_tests(pair, margin):
    a, b, _ = pair
    d = np.round(a - b, 12)
    if np.ptp(d) == 0:
        return
    found = contrast(a, b, np.arange(len(a)), margin)
    upper = stats.ttest_1samp(d, margin, alternative="less").pvalue
    lower = stats.ttest_1samp(d, -margin, alternative="greater").pvalue
    inside = -margin < found.low90 and found.high90 < margin
    assert (max(upper, lower) < 0.05) == inside
    if found.verdict == "equivalent":
        assert inside
        assert found.p_value >= 0.05


@settings(max_examples=80, deadline=None)
@given(pairs())
def test_the_estimate_lies_in_its_intervals(pair):
    found = contrast(*pair)
    assert found.verdict in VERDICTS
    if found.clusters < 5:
        assert np.isnan([found.low, found.high, found.p_value]).all()
    else:
        assert found.low <= found.low90 <= found.difference
        assert found.difference <= found.high90 <= found.high


@pytest.mark.parametrize(
    ("wide", "narrow", "verdict"),
    [
        ((0.03, 0.05), (0.032, 0.048), "different, beyond the margin"),
        ((-0.05, -0.03), (-0.048, -0.032), "different, beyond the margin"),
        ((0.005, 0.015), (0.006, 0.014), "different, within the margin"),
        ((-0.015, -0.005), (-0.014, -0.006), "different, within the margin"),
        ((0.01, 0.03), (0.012, 0.028), "different, size unclear"),
        ((-0.03, -0.01), (-0.028, -0.012), "different, size unclear"),
        ((-0.01, 0.012), (-0.008, 0.01), "equivalent"),
        ((-0.01, 0.03), (-0.008, 0.028), "inconclusive"),
        ((-0.03, 0.01), (-0.028, 0.008), "inconclusive"),
        # 95 % beyond the margin on one side only, 90 % inside: still equivalent
        ((-0.021, 0.015), (-0.019, 0.013), "equivalent"),
    ],
)
def test_verdicts(wide, narrow, verdict):
    assert judge(wide, narrow, 0.02) == verdict


def test_identical_methods():
    a = np.random.default_rng(0).random(12)
    for b in (a.copy(), a + np.random.default_rng(1).normal(size=12) * 1e-16):
        found = contrast(a, b, np.arange(12))
        assert found.verdict == "identical"
        assert numbers(found) == [0, 0, 0, 0, 0, 0.5, 1]
        assert found.reason == ""


def test_float_noise_is_not_a_difference():
    a = np.random.default_rng(0).random(400)
    noise = (a + 0.1) - a - 0.1
    assert (noise != 0).mean() > 0.5
    assert contrast(noise, np.zeros(400), np.arange(400)).verdict == "identical"


def test_a_constant_difference_has_no_p():
    a = np.random.default_rng(0).random(12)
    found = contrast(a + 0.1, a, np.arange(12))
    assert found.difference == pytest.approx(0.1)
    assert found.low == found.high == found.difference
    assert np.isnan(found.p_value)
    assert found.verdict == "different, beyond the margin"
    assert found.reason == "no variance: the difference is the same everywhere"


def test_too_few_are_described_only():
    a = np.array([0.9, 0.8, 0.7, 0.9])
    found = contrast(a, a / 2, np.arange(4))
    assert found.difference == pytest.approx(a.mean() / 2)
    assert found.win_rate == 1
    assert found.verdict == "inconclusive"
    assert found.reason == "too few images to test: 4, 5 are needed"
    found = contrast(np.tile(a, 3), np.tile(a, 3) / 2, np.repeat([0, 1, 2, 3], 3))
    assert found.reason == "too few subjects to test: 4, 5 are needed"
    nothing = contrast(np.full(9, np.nan), np.ones(9), np.arange(9))
    assert nothing.verdict == "inconclusive"
    assert np.isnan(numbers(nothing)).all()


def test_undefined_pairs_are_left_out_together():
    generator = np.random.default_rng(3)
    a, b = generator.random((2, 20))
    a[2], b[5] = np.nan, np.nan
    keep = np.isfinite(a) & np.isfinite(b)
    expected = contrast(a[keep], b[keep], np.arange(18))
    got = contrast(a, b, np.arange(20))
    assert got == expected


def test_clusters_hold_the_size_of_the_test():
    generator = np.random.default_rng(5)
    groups = np.repeat(np.arange(20), 8)
    clustered = alone = 0
    for _ in range(300):
        d = generator.normal(size=20)[groups] + generator.normal(size=160)
        clustered += contrast(d, np.zeros(160), groups).p_value < 0.05
        alone += contrast(d, np.zeros(160), np.arange(160)).p_value < 0.05
    assert clustered / 300 < 0.09
    assert alone / 300 > 0.25


# The joint bootstrap, adjusted p values and bands.


def test_resampled_means_equal_a_loop():
    generator = np.random.default_rng(0)
    values = generator.random((11, 3))
    values[4, 1] = values[0, 2] = np.nan
    groups = np.array([0, 0, 1, 1, 1, 2, 3, 3, 4, 5, 5])
    draws = Draws(6, 40, seed=1, name="x")
    got = resample_means(values, groups, draws)
    for b, row in enumerate(draws.weights(0, 40).astype(int)):
        repeated = np.repeat(values, row[groups], axis=0)
        np.testing.assert_allclose(got[b], np.nanmean(repeated, axis=0), rtol=1e-12)


def test_as_many_images_as_clusters_need_not_be_one_each():
    values = np.arange(4.0)[:, None]
    draws = Draws(4, 50, 0, "x")
    got = resample_means(values, np.array([0, 0, 1, 1]), draws)
    for row, mean in zip(draws.weights(0, 50), got[:, 0], strict=True):
        drawn = np.repeat([0.5, 2.5], row[:2].astype(int))
        assert np.isnan(mean) if not len(drawn) else mean == drawn.mean()


def test_weights_depend_on_seed_and_name_only():
    one = draw_weights(9, 100, 0, "all")
    assert (one == draw_weights(9, 100, 0, "all")).all()
    assert (one != draw_weights(9, 100, 1, "all")).any()
    assert (one != draw_weights(9, 100, 0, "correct")).any()
    assert (one.sum(axis=1) == 9).all()


def family(effects, correlation=0.0, size=60, seed=0, resamples=300):
    generator = np.random.default_rng(seed)
    shared = generator.normal(size=(size, 1)) * np.sqrt(correlation)
    noise = generator.normal(size=(size, len(effects))) * np.sqrt(1 - correlation)
    values = np.asarray(effects) + shared + noise
    p_values = stats.ttest_1samp(values, 0).pvalue
    weights = Draws(size, resamples, seed, "test")
    boot = resample_means(values, np.arange(size), weights)
    return p_values, adjust_by_maximum(p_values, values.mean(axis=0), boot)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1000), st.lists(st.floats(-1, 1), min_size=1, max_size=6))
def test_adjusted_is_never_below_raw_and_keeps_its_order(seed, effects):
    raw, adjusted = family(effects, seed=seed, size=20, resamples=150)
    assert (adjusted >= raw).all()
    assert (np.diff(adjusted[np.argsort(raw)]) >= 0).all()
    assert (adjusted <= 1).all()


def test_the_family_s_error_rate_is_held():
    false = sum(
        (family(np.zeros(8), 0.5, size=40, seed=seed)[1] < 0.05).any()
        for seed in range(200)
    )
    assert false / 200 < 0.10


def test_maximum_beats_holm_where_comparisons_hang_together():
    wins = [
        (adjusted <= adjust_by_holm(raw) + 0.01).mean()
        for raw, adjusted in (family([0.3] * 8, 0.9, seed=seed) for seed in range(10))
    ]
    assert np.mean(wins) > 0.8


def test_what_was_not_tested_is_not_counted():
    weights = Draws(60, 300, 0, "test")
    generator = np.random.default_rng(0)
    values = np.array([0.4, 0.0, 0.2]) + generator.normal(size=(60, 3))
    raw = stats.ttest_1samp(values, 0).pvalue
    boot = resample_means(values, np.arange(60), weights)
    adjusted = adjust_by_maximum(raw, values.mean(axis=0), boot)
    more = adjust_by_maximum(
        np.array([np.nan, *raw, 1.0]),
        np.array([0.0, *values.mean(axis=0), 0.0]),
        np.column_stack([np.full(300, np.nan), boot, np.zeros(300)]),
    )
    np.testing.assert_array_equal(more[1:4], adjusted)
    assert np.isnan(more[0])
    assert more[4] == 1


def test_holm_by_hand():
    got = adjust_by_holm(np.array([0.01, np.nan, 0.2, 0.03]))
    np.testing.assert_allclose(got, [0.03, np.nan, 0.2, 0.06])


def test_bands_hold_the_whole_curve():
    generator = np.random.default_rng(0)
    truth = np.linspace(0.9, 0.1, 30)
    hits = 0
    for seed in range(100):
        shift = generator.normal(size=(50, 1)) * 0.05
        values = truth + shift + generator.normal(size=(50, 30)) * 0.05
        curve = trace(values, np.arange(50), Draws(50, 200, seed, "c"))
        hits += ((curve.low <= truth) & (truth <= curve.high)).all()
        assert ((curve.low <= curve.mean) & (curve.mean <= curve.high)).all()
    assert hits >= 88


def test_bands_of_constant_few_and_no_curves():
    weights = Draws(6, 100, 0, "c")
    curve = trace(np.ones((6, 4)), np.arange(6), weights)
    assert (curve.low == 1).all()
    assert (curve.high == 1).all()
    few = trace(np.ones((6, 4)), np.array([0, 0, 0, 1, 1, 2]), weights)
    assert (few.mean == 1).all()
    assert np.isnan(few.low).all()
    values = np.ones((6, 4))
    values[:] = np.nan
    assert np.isnan(trace(values, np.arange(6), weights).mean).all()


# The paper's tests.


@settings(max_examples=40, deadline=None)
@given(pairs(least=3))
def test_the_paper_s_tests_are_scipy_s(pair):
    a, b, _ = pair
    found = repeat_tests(a, b)
    assert found["n"] == len(a)
    tests = {
        "student": lambda: stats.ttest_ind(a, b),
        "welch": lambda: stats.ttest_ind(a, b, equal_var=False),
        "paired": lambda: stats.ttest_rel(a, b),
    }
    for name, test in tests.items():
        spread = np.ptp(a - b) if name == "paired" else max(np.ptp(a), np.ptp(b))
        if spread < 1e-9:
            assert np.isnan(found[f"{name}_p"])
            continue
        if min(np.ptp(a), np.ptp(b)) == 0:  # SciPy warns of lost precision
            continue
        expected = test()
        np.testing.assert_allclose(
            (found[f"{name}_t"], found[f"{name}_p"]),
            (expected.statistic, expected.pvalue),
            rtol=1e-6,
            atol=1e-9,
        )


def test_the_paper_s_tests_without_pairs():
    found = repeat_tests(np.array([np.nan, 1.0]), np.array([0.5, np.nan]))
    assert found.pop("n") == 0
    assert np.isnan(list(found.values())).all()
