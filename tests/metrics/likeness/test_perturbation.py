import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.likeness.perturbation import FRACTIONS, area, first_share, removal_order

SHAPE = (4, 6, 9)


def draw(seed, levels=0):
    maps = np.random.default_rng(seed).normal(size=SHAPE)
    return np.round(maps * levels) / levels if levels else maps


def test_the_order_goes_down_and_holds_every_pixel_once():
    maps = draw(0, levels=1)
    order = removal_order(maps, np.random.default_rng(1).random(SHAPE))
    rows = np.take_along_axis(maps.reshape(4, -1), order, axis=1)
    assert (np.diff(rows, axis=1) <= 0).all()
    assert (np.sort(order, axis=1) == np.arange(54)).all()


def test_ties_are_broken_by_their_own_stream_not_by_place():
    ties = np.random.default_rng(1).random(SHAPE)
    constant = removal_order(np.zeros(SHAPE), ties)
    assert (constant == np.argsort(ties.reshape(4, -1), axis=1)).all()
    assert not (constant == np.arange(54)).all(axis=1).any()
    assert not (constant == np.arange(54)[::-1]).all(axis=1).any()
    first = [
        removal_order(np.zeros(SHAPE), np.random.default_rng(k).random(SHAPE))[:, :5]
        for k in range(400)
    ]
    assert abs(np.mean(first) - 26.5) < 1.0


@given(st.floats(0, 1))
def test_a_share_of_the_pixels_is_marked_the_first_ones(fraction):
    order = removal_order(draw(0), draw(1))
    marked = first_share(order, fraction, SHAPE[1:]).reshape(4, -1)
    count = round(fraction * 54)
    assert (marked.sum(axis=1) == count).all()
    for row, places in zip(marked, order, strict=True):
        assert set(np.flatnonzero(row)) == set(places[:count])


def test_the_area_of_a_constant_is_itself_whatever_the_steps():
    flat = np.full((3, len(FRACTIONS)), 0.37)
    np.testing.assert_allclose(area(FRACTIONS, flat), 0.37)
    np.testing.assert_allclose(area((0.0, 1.0), flat[:, :2]), 0.37)


@given(st.lists(st.integers(1, 999), min_size=1, max_size=20, unique=True))
def test_the_area_of_a_straight_line_is_its_mean_for_any_steps(inner):
    steps = np.array([0, *sorted(inner), 1000]) / 1000
    np.testing.assert_allclose(
        area(steps.tolist(), 2 * steps[None] - 1), [0.0], atol=1e-12
    )


def test_the_area_equals_a_plain_sum_of_trapezoids():
    curves = np.random.default_rng(0).normal(size=(3, len(FRACTIONS)))
    slow = np.zeros(3)
    for k in range(1, len(FRACTIONS)):
        width = FRACTIONS[k] - FRACTIONS[k - 1]
        slow += width * (curves[:, k] + curves[:, k - 1]) / 2
    np.testing.assert_allclose(area(FRACTIONS, curves), slow)


def test_undefined_stays_undefined():
    curves = np.ones((2, 3))
    curves[1, 1] = np.nan
    assert np.isnan(area((0.0, 0.5, 1.0), curves)).tolist() == [False, True]


def test_the_steps_begin_with_the_image_as_it_is_and_end_with_nothing_of_it():
    assert FRACTIONS[0] == 0
    assert FRACTIONS[-1] == 1


@pytest.mark.parametrize("steps", [(0.1, 0.5, 1.0), (0.0, 0.5, 0.9), (0.0, 1.0, 1.0)])
def test_steps_that_leave_an_end_out_are_refused(steps):
    with pytest.raises(ValueError, match="fractions must rise from 0 to 1, got"):
        area(steps, np.ones((2, 3)))


def test_wrong_input_is_refused():
    with pytest.raises(ValueError, match="as many as responses, got 2 and 3"):
        area((0.0, 1.0), np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"fraction must lie in \[0, 1\], got 1.2"):
        first_share(removal_order(draw(0), draw(1)), 1.2, SHAPE[1:])
    broken = draw(0)
    broken[2, 0, 0] = np.nan
    with pytest.raises(ValueError, match="maps must be finite to be ordered, got 1"):
        removal_order(broken, draw(1))
