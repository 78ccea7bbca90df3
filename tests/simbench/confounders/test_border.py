import numpy as np
import pytest

from simbench.confounders.border import CONFOUNDER
from simbench.streams import stream

SIZE = (100, 130)
STRAIGHT = {"rotation": 0.0, "slant": 0.0}


def shut(example, index=0, **changes):
    parameters = example("confounders", "border", **changes)
    tissue = np.zeros(SIZE, np.uint8)
    return CONFOUNDER.draw(parameters, tissue, stream(0, "confounder", index))


def test_straight_shutters_cover_their_width(example):
    for index in range(10):
        layer = shut(example, index, **STRAIGHT)
        lines = {
            "top": layer.opacity[:50, 65],
            "bottom": layer.opacity[50:, 65],
            "left": layer.opacity[50, :65],
            "right": layer.opacity[50, 65:],
        }
        for side, line in lines.items():
            width = layer.factors[side] * 100
            assert line.sum() == pytest.approx(width, abs=0.1)
        assert (layer.opacity[0] == 1).all()
        assert layer.opacity[40:60, 40:90].max() == 0


@pytest.mark.parametrize("side", ["top", "right", "bottom", "left"])
def test_only_the_sides_asked_for_are_shut(example, side):
    layer = shut(example, sides=[side], **STRAIGHT)
    assert {k for k in layer.factors if k not in ("rotation", "opacity")} == {side}
    turns = ["top", "right", "bottom", "left"].index(side)
    upright = np.rot90(layer.opacity, turns)
    assert (upright[0] == 1).all()
    assert not upright[20:].any()


def test_slanted_shutters_turn_clockwise_about_the_middle_of_their_side(example):
    slanted = {"slant": 0.0, "rotation": 0.08, "sides": ["top"], "width": [0.2, 0.2]}
    for index in range(6):
        layer = shut(example, index, **slanted)
        depth = layer.opacity.sum(axis=0)
        slope = np.polyfit(np.arange(130), depth, 1)[0]
        assert slope == pytest.approx(np.tan(layer.factors["rotation"]), abs=1e-3)
        assert depth[64:66].mean() == pytest.approx(20, abs=0.1)


def test_the_penumbra_has_the_width_asked_for(example):
    layer = shut(example, edge=8.0, sides=["left"], **STRAIGHT)
    line = layer.opacity[50]
    assert np.count_nonzero((line > 0) & (line < 1)) in (7, 8)
