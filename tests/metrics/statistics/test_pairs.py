import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.statistics.comparison import contrast
from metrics.statistics.draws import Draws
from metrics.statistics.pairs import compare_pairs


def draw(seed, methods=4, images=30, columns=3, gaps=True):
    generator = np.random.default_rng(seed)
    values = generator.random((methods, images, columns))
    values += np.linspace(0, 0.3, methods)[:, None, None]
    if gaps:
        values[generator.random(values.shape) < 0.1] = np.nan
    groups = np.unique(generator.integers(0, 12, images), return_inverse=True)[1]
    return values, groups


def compare(values, groups, seed=0):
    draws = Draws(int(groups.max()) + 1, 200, seed, "pairs")
    return compare_pairs(values, groups, draws)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_a_pair_is_what_it_is_alone(seed, gaps):
    values, groups = draw(seed, gaps=gaps)
    found = compare(values, groups)
    for pair, (a, b) in enumerate(zip(found.first, found.second, strict=True)):
        for column in range(3):
            alone = contrast(values[a, :, column], values[b, :, column], groups)
            for name in ("difference", "low", "high", "win_rate", "p_value"):
                np.testing.assert_allclose(
                    getattr(found, name)[pair, column], getattr(alone, name), rtol=1e-7
                )
            assert found.count[pair, column] == alone.count
    known = np.isfinite(found.p_value)
    assert (found.p_adjusted[known] >= found.p_value[known]).all()
    assert (found.p_holm[known] >= found.p_value[known]).all()
    assert (found.band_low <= found.low + 1e-12).all()
    assert (found.band_high >= found.high - 1e-12).all()


@pytest.mark.parametrize("gaps", [False, True])
def test_turning_the_methods_round_negates_and_mirrors(gaps):
    values, groups = draw(7, gaps=gaps)
    one, other = compare(values, groups), compare(values[::-1], groups)
    order = {
        (3 - b, 3 - a): p
        for p, (a, b) in enumerate(zip(other.first, other.second, strict=True))
    }
    for pair, key in enumerate(zip(one.first, one.second, strict=True)):
        twin = order[key]
        np.testing.assert_array_equal(one.difference[pair], -other.difference[twin])
        np.testing.assert_array_equal(one.low[pair], -other.high[twin])
        np.testing.assert_array_equal(one.band_low[pair], -other.band_high[twin])
        np.testing.assert_allclose(one.win_rate[pair], 1 - other.win_rate[twin])
        np.testing.assert_array_equal(one.p_value[pair], other.p_value[twin])
        np.testing.assert_array_equal(one.p_adjusted[pair], other.p_adjusted[twin])


def test_equal_methods_differ_in_nothing():
    values, groups = draw(1)
    values[1] = values[0]
    found = compare(values, groups)
    assert (found.difference[0] == 0).all()
    assert (found.p_value[0] == 1).all()
    assert (found.p_adjusted[0] == 1).all()
