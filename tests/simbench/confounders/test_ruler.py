import numpy as np
import pytest

from simbench.confounders.ruler import CONFOUNDER
from simbench.streams import stream

SIZE = (120, 170)


def lay(example, side, index=0, size=SIZE):
    changes = {"sides": [side], "tilt": 0.0, "opacity": [1.0, 1.0]}
    parameters = example("confounders", "ruler", **changes)
    tissue = np.zeros(size, np.uint8)
    return CONFOUNDER.draw(parameters, tissue, stream(0, "confounder", index))


TURNS = {"top": 0, "right": 1, "bottom": 2, "left": 3}  # np.rot90 to the top


@pytest.mark.parametrize("side", TURNS)
def test_ticks_stand_on_their_side_at_even_distances(example, side):
    for index in range(5):
        layer = lay(example, side, index)
        upright = np.rot90(layer.opacity, TURNS[side])
        factors = layer.factors
        assert factors["glyph"] == side
        deepest = 0.02 * 120 + 1.8 * factors["tick"] + 2
        assert not upright[int(np.ceil(deepest)) :].any()
        row = int(0.02 * 120 + 0.7 * factors["tick"])
        line = upright[row]
        ticks = int(factors["length"] / factors["spacing"]) + 1
        centers = (line * np.arange(line.size))[line > 0]
        assert centers.size >= ticks
        step = np.abs(np.fft.rfft(line, 4096))
        waves = np.arange(step.size) / 4096
        near = np.abs(waves - 1 / factors["spacing"]) < 0.02
        assert waves[near][step[near].argmax()] == pytest.approx(
            1 / factors["spacing"], rel=0.03
        )


def test_every_fifth_tick_is_longer(example):
    layer = lay(example, "top")
    row = int(0.02 * 120 + 1.5 * layer.factors["tick"])
    ticks = int(layer.factors["length"] / layer.factors["spacing"]) + 1
    long = layer.opacity[row] > layer.opacity[row].max() / 2
    starts = np.count_nonzero(np.diff(long.astype(int)) == 1)
    assert starts == -(-ticks // 5)


def test_a_side_is_covered_in_part_or_whole(example):
    for index in range(20):
        layer = lay(example, "bottom", index)
        columns = np.flatnonzero(layer.opacity.max(axis=0) > 0.3)
        assert columns.max() - columns.min() == pytest.approx(
            layer.factors["length"], abs=layer.factors["spacing"] + 2
        )
        assert 0.5 * 169 <= layer.factors["length"] <= 169
