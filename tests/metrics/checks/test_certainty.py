import numpy as np
import pytest
from scipy import stats

from metrics.checks.certainty import CHANCE, Rise, halve, holds, is_above


def make_rise(gain=0.4, images=20, after=2.0, own=1.5, opposite=-1.0, seed=0):
    noise = np.random.default_rng(seed).normal(0, 0.05, (2, images))
    high, low = after + noise[0], own + noise[1]
    return Rise(high - gain, high, low - gain, low, low + opposite)


def test_halves_alternate_and_share_no_image():
    assert halve(5).tolist() == [
        [True, False, True, False, True],
        [False, True, False, True, False],
    ]


@pytest.mark.parametrize("seed", range(5))
def test_a_mean_is_above_zero_as_scipy_finds(seed):
    values = np.random.default_rng(seed).normal(0.4, 1, 17)
    p = stats.ttest_1samp(values, 0, alternative="greater").pvalue
    assert is_above(values, p * 1.001)
    assert not is_above(values, p * 0.999)


def test_values_without_spread_need_no_test():
    assert is_above(np.full(4, 0.1), CHANCE)
    assert not is_above(np.zeros(4), CHANCE)
    assert not is_above(np.full(4, -0.1), CHANCE)


def test_what_holds_in_one_half_only_does_not_hold():
    values = np.where(halve(20)[0], 1.0, -0.001)
    assert not holds(values)
    assert not holds(-values)
    assert holds(np.abs(values))


def test_few_images_hold_nothing():
    assert not holds(np.ones(7))
    assert holds(np.ones(8))


@pytest.mark.parametrize(
    ("change", "clear"),
    [
        ({}, True),
        ({"gain": 0.09}, False),
        ({"gain": 0.11}, True),
        ({"after": 0.95}, False),
        ({"own": 0.45}, False),
        ({"opposite": 0.01}, False),
        ({"images": 7}, False),
    ],
)
def test_a_gain_is_clear_when_all_holds(change, clear):
    assert make_rise(**change).is_clear() is clear


def test_what_a_sound_map_gains_is_taken_off():
    rise = make_rise()
    assert rise.is_clear(make_rise(gain=-1.0, opposite=1.0))
    assert rise.is_clear(make_rise(gain=0.2, opposite=-0.5))
    assert not rise.is_clear(make_rise(gain=0.35, opposite=-0.5))
    assert not rise.is_clear(make_rise(gain=0.2, opposite=-1.1, seed=3))


def test_tops_are_shares_of_a_map():
    rise = make_rise(gain=1.0, after=np.log(20))
    before, after = rise.tops
    assert after == pytest.approx(1 / 20, rel=0.05)
    assert before == pytest.approx(np.e / 20, rel=0.05)
    assert make_rise(gain=9.0).tops[0] == 1
