"""The crossed decomposition, against least squares on dummies and by hand."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from hrcam.pipeline.multiverse.variance import REST, shares, totals

NAMES = ("head", "layers", "alignment")
GRIDS = arrays.arrays(
    np.float64,
    st.tuples(*[st.integers(1, 4)] * 3),
    elements=st.floats(-10, 10, width=32),
)


def by_least_squares(values, names):
    """Add dummies part by part; what the residual falls by belongs to the part."""
    codes = np.indices(values.shape).reshape(values.ndim, -1)
    y = values.ravel()
    design, found = [np.ones(len(y))], {}
    varying = [k for k, n in enumerate(values.shape) if n > 1]
    parts = [(k,) for k in varying] + list(itertools.combinations(varying, 2))
    left = ((y - y.mean()) ** 2).sum()
    total = left
    for part in parts:
        labels = np.ravel_multi_index(
            [codes[k] for k in part], [values.shape[k] for k in part]
        )
        design += list(np.eye(labels.max() + 1)[labels].T)
        x = np.stack(design, axis=1)
        now = ((y - x @ np.linalg.lstsq(x, y, rcond=None)[0]) ** 2).sum()
        found[" x ".join(names[k] for k in part)] = (left - now) / total
        left = now
    return {**found, REST: left / total}


@given(GRIDS)
def test_shares_are_those_of_nested_least_squares_and_add_up_to_one(values):
    found = shares(values, NAMES)
    if values.std() < 1e-6:
        return
    assert sum(found.values()) == pytest.approx(1)
    assert found == pytest.approx(by_least_squares(values, NAMES), abs=1e-8)


@given(GRIDS, st.floats(-5, 5), st.floats(0.125, 8))
def test_shares_know_neither_shift_nor_scale(values, shift, scale):
    if values.std() < 1e-3:
        return
    moved = shares(values * scale + shift, NAMES)
    assert moved == pytest.approx(shares(values, NAMES), abs=1e-6)


def test_an_additive_grid_has_main_effects_only():
    values = np.add.outer([0.0, 1.0], [0.0, 2.0, 4.0])
    # Sums of squares: 6 x 0.25 = 1.5 and 2 x (4 + 0 + 4) = 16.
    assert shares(values, ("a", "b")) == pytest.approx(
        {"a": 1.5 / 17.5, "b": 16 / 17.5, "a x b": 0, REST: 0}, abs=1e-12
    )


def test_a_product_of_signs_is_all_interaction():
    signs = np.array([-1.0, 1.0])
    values = signs[:, None, None] * signs[:, None] * signs
    assert shares(values, NAMES)[REST] == pytest.approx(1)
    assert shares(values[0], NAMES[1:])["layers x alignment"] == pytest.approx(1)


def test_a_grid_without_spread_has_no_shares():
    found = shares(np.full((2, 2, 2), 0.1), NAMES)
    assert np.isnan(list(found.values())).all()


def test_totals_count_an_axis_with_all_its_interactions():
    parts = {"a": 0.2, "b": 0.3, "a x b": 0.4, REST: 0.1}
    assert totals(parts, ("a", "b")) == pytest.approx({"a": 0.6, "b": 0.7})


def test_an_undefined_value_is_refused():
    values = np.ones((2, 2))
    values[0, 1] = np.nan
    with pytest.raises(ValueError, match="values") as caught:
        shares(values, ("a", "b"))
    assert str(caught.value) == (
        "values must be finite, an axis for each of 2 names, got 1 undefined in 2 axes"
    )
