import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from metrics.counting.thresholds import normalize
from metrics.normalization.table import NORMALIZATIONS, choose_normalizations

MAPS = hnp.arrays(np.float64, (3, 4, 5), elements=st.floats(-9, 9, width=32))


def apply(name, maps, limits=None):
    limits = (maps.min(), maps.max()) if limits is None else limits
    return NORMALIZATIONS[name].apply(maps, limits)


def plain(name, maps):
    """What each normalization says, pixel by pixel."""
    every = [float(v) for v in maps.ravel()]
    result = np.empty(maps.shape)
    for index, map_ in enumerate(maps):
        values = [float(v) for v in map_.ravel()]
        if name == "relu":
            values = [max(v, 0.0) for v in values]
        if name == "absolute":
            values = [abs(v) for v in values]
        if name.startswith("clipped"):
            share = float(name.removeprefix("clipped_")) / 100
            rank = -(-len(values) * share // 1)  # ceiling
            top = sorted(values)[int(rank) - 1]
            values = [min(v, top) for v in values]
        low, high = min(values), max(values)
        if name == "per_dataset":
            low, high = min(every), max(every)
        values = [(v - low) / (high - low) if high > low else 0.0 for v in values]
        if name.startswith("gamma"):
            values = [v ** float(name.removeprefix("gamma_")) for v in values]
        result[index] = np.array(values).reshape(map_.shape)
    return result


@pytest.mark.parametrize("name", NORMALIZATIONS)
@given(maps=MAPS)
def test_against_plain_loops_and_within_0_and_1(name, maps):
    found = apply(name, maps)
    np.testing.assert_allclose(found, plain(name, maps), atol=1e-12)
    assert found.min() >= 0
    assert found.max() <= 1


@given(maps=MAPS)
def test_the_default_is_what_scores_use(maps):
    np.testing.assert_array_equal(apply("per_image", maps), normalize(maps))


@given(maps=MAPS)
def test_of_maps_without_negative_values_relu_and_absolute_change_nothing(maps):
    maps = np.abs(maps)
    maps[:, 0, 0] = 0
    for name in ("relu", "absolute"):
        np.testing.assert_array_equal(apply(name, maps), normalize(maps))


@pytest.mark.parametrize("name", NORMALIZATIONS)
def test_a_map_that_is_not_a_number_stays_so_and_others_do_not_notice(name):
    maps = np.random.default_rng(0).normal(size=(3, 4, 5))
    clean = apply(name, maps, (-4.0, 4.0))
    maps[1] = np.nan
    found = apply(name, maps, (-4.0, 4.0))
    assert np.isnan(found[1]).all()
    np.testing.assert_array_equal(found[[0, 2]], clean[[0, 2]])


def test_the_largest_floats_have_a_span():
    maps = np.array([[[-1.7e308, 0.0, 1.7e308]], [[0.0, 0.0, 0.0]]])
    assert apply("per_dataset", maps).tolist() == [[[0, 0.5, 1]], [[0.5, 0.5, 0.5]]]
    assert apply("per_dataset", maps[1:]).tolist() == [[[0, 0, 0]]]


def test_names_are_chosen_in_order_with_the_default():
    assert choose_normalizations(()) == ()
    found = choose_normalizations(("gamma_2", "relu"))
    assert [entry.name for entry in found] == ["per_image", "relu", "gamma_2"]
    assert [e.name for e in choose_normalizations(("all",))] == list(NORMALIZATIONS)
    with pytest.raises(ValueError, match=r"^normalizations must be among all, per_im"):
        choose_normalizations(("softmax",))
