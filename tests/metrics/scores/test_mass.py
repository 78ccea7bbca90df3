import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from metrics.scores.evaluation import compare, evaluate
from metrics.scores.table import SCORES

maps_of = hnp.arrays(np.float64, (3, 4, 7), elements=st.floats(-100, 100, width=32))


def value(name, maps, masks):
    return evaluate(SCORES[name], compare(maps, masks)).values[0]


@settings(max_examples=40, deadline=None)
@given(maps_of, hnp.arrays(np.bool_, (3, 4, 7)))
def test_mass_inside_over_mass(maps, masks):
    for index, (map, mask) in enumerate(zip(maps, masks, strict=True)):
        positive = np.where(map > 0, map, 0)
        got = value("relevance_mass", maps, masks)[index]
        if not mask.any() or not positive.any():
            assert np.isnan(got)
            continue
        share = positive[mask].sum() / positive.sum()
        assert got == pytest.approx(share, rel=1e-9)
        lift = value("relevance_mass_lift", maps, masks)[index]
        assert lift == pytest.approx(share / mask.mean(), rel=1e-9)
        absolute = np.abs(map)[mask].sum() / np.abs(map).sum()
        got = value("relevance_mass_absolute", maps, masks)[index]
        assert got == pytest.approx(absolute, rel=1e-9)


def test_a_signed_map_never_leaves_zero_to_one():
    """Another library gives -0.77 for such a map."""
    generator = np.random.default_rng(0)
    maps = generator.normal(size=(20, 6, 9)) - 0.4
    masks = generator.random(maps.shape) < 0.2
    got = value("relevance_mass", maps, masks)
    assert ((got >= 0) & (got <= 1)).all()


def test_a_loud_neighbor_changes_nothing():
    """Another library divides by the largest value of the whole batch."""
    generator = np.random.default_rng(1)
    maps = generator.random((2, 6, 9))
    masks = np.zeros(maps.shape, bool)
    masks[:, 1:3, 2:5] = True
    alone = value("relevance_mass", maps[:1], masks[:1])
    loud = np.stack([maps[0], maps[1] * 1000])
    assert value("relevance_mass", loud, masks)[0] == alone[0]


def test_energy_is_the_mean_positive_part_in_the_map_s_unit():
    maps = np.array([[[2.0, -5.0, 0.0, 4.0]]])
    masks = np.zeros(maps.shape, bool)
    assert value("energy", maps, masks) == [1.5]
    assert SCORES["energy"].own_unit
