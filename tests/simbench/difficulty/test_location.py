import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from simbench.difficulty.location import area, area_unknown, found

strong = st.floats(0, 8)
many = st.floats(1, 1e5)


@pytest.mark.parametrize(
    ("d_prime", "places", "expected"),
    [(3.0, 100.0, 0.68), (3.0, 1000.0, 0.41), (4.0, 100.0, 0.92), (4.0, 1000.0, 0.76)],
)
def test_known_values(d_prime, places, expected):
    assert found(d_prime, places) == pytest.approx(expected, abs=0.006)


@given(strong, many)
def test_it_is_the_integral(d_prime, places):
    expected, _ = quad(
        lambda t: norm.pdf(t - d_prime) * np.exp((places - 1) * norm.logcdf(t)),
        d_prime - 9,
        d_prime + 9,
        limit=200,
    )
    assert found(d_prime, places) == pytest.approx(expected, abs=1e-6)


@given(strong)
def test_one_place_is_always_found_and_then_the_area_is_the_known_one(d_prime):
    assert found(d_prime, 1.0) == pytest.approx(1)
    assert area_unknown(d_prime, 1.0) == pytest.approx(area(d_prime), abs=1e-9)
    assert area(d_prime) == pytest.approx(norm.cdf(d_prime / np.sqrt(2)))


@given(many)
def test_nothing_is_found_by_chance_alone(places):
    assert found(0.0, places) == pytest.approx(1 / places, rel=1e-6)
    assert area_unknown(0.0, places) == pytest.approx(0.5, abs=1e-6)


@given(strong, st.floats(0.1, 3), many, st.floats(1.1, 50))
def test_strength_helps_and_room_hurts(d_prime, more, places, factor):
    for function in (found, area_unknown):
        assert function(d_prime + more, places) >= function(d_prime, places) - 1e-9
        wider = function(d_prime, places * factor)
        assert -1e-9 <= wider <= function(d_prime, places) + 1e-9


def test_a_searching_observer_does_as_well_as_that():
    random = np.random.default_rng(0)
    responses = random.standard_normal((20_000, 30))
    without = responses.max(axis=1)
    responses[:, 7] += 2.5
    right = (responses.argmax(axis=1) == 7).mean()
    assert found(2.5, 30.0) == pytest.approx(right, abs=0.012)
    with_one = np.roll(responses.max(axis=1), 1)  # other noise than its counterfactual
    assert area_unknown(2.5, 30.0) == pytest.approx(
        (with_one > without).mean(), abs=0.012
    )


def test_there_is_at_least_one_place():
    with pytest.raises(ValueError, match=r"^places must be >= 1, got 0\.5$"):
        found(1.0, 0.5)
    with pytest.raises(ValueError, match=r"^places must be >= 1, got nan$"):
        area_unknown(1.0, float("nan"))
