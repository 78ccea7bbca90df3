import numpy as np
import pytest

from simbench.confounders.corners import CONFOUNDER
from simbench.streams import stream

SIZE = (80, 110)


def darken(example, index=0, **changes):
    parameters = example("confounders", "corners", **changes)
    tissue = np.zeros(SIZE, np.uint8)
    return CONFOUNDER.draw(parameters, tissue, stream(0, "confounder", index))


def test_all_four_corners_are_dark_and_the_middle_is_clear(example):
    for index in range(30):
        layer = darken(example, index)
        assert (layer.opacity[[0, 0, -1, -1], [0, -1, 0, -1]] > 0.2).all()
        assert not layer.opacity[25:55, 35:75].any()


def test_the_field_of_view_is_a_circle_of_the_radius_drawn(example):
    layer = darken(example, shift=0.0, radius=[0.7, 0.9], edge=0.02)
    rows, columns = np.indices(SIZE)
    half = np.hypot(79, 109) / 2
    away = np.hypot(rows - 39.5, columns - 54.5) / half
    radius = layer.factors["radius"]
    assert (layer.opacity[away < radius - 0.011] == 0).all()
    assert (layer.opacity[away > radius + 0.011] == 1).all()
    assert (layer.mask == (away >= radius)).mean() > 0.999


def test_a_field_of_view_without_dark_corners_is_refused(tiny_with):
    with pytest.raises(ValueError, match="radius") as error:
        tiny_with({"confounders.a": {"kind": "corners", "radius": [0.8, 1.0]}})
    assert str(error.value) == (
        "tiny.toml: confounders.a.radius must be at most 0.95, or no corner is dark, "
        "got [0.8, 1.0]"
    )
