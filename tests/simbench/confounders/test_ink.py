import numpy as np
import pytest
from scipy import ndimage

from simbench.confounders.ink import CONFOUNDER
from simbench.streams import stream

SIZE = (140, 180)


def stain(example, form, index=0, **changes):
    parameters = example("confounders", "ink", forms=[form], **changes)
    tissue = np.ones(SIZE, np.uint8)
    return CONFOUNDER.draw(parameters, tissue, stream(0, "confounder", index))


def test_blots_are_one_soft_piece_of_their_radius(example):
    for index in range(20):
        layer = stain(example, "blot", index, opacity=[1.0, 1.0])
        radius = layer.factors["radius"]
        assert 0.05 * 140 <= radius <= 0.09 * 140
        assert ndimage.label(layer.mask)[1] == 1
        assert layer.mask.sum() == pytest.approx(np.pi * radius**2, rel=0.35)
        soft = (layer.opacity > 0.05) & (layer.opacity < 0.95)
        assert soft.sum() > 0.3 * layer.mask.sum()


def test_a_steady_hand_draws_a_disc_and_a_ring(example):
    disc = stain(example, "blot", shake=0.0, opacity=[1.0, 1.0])
    rows, columns = np.indices(SIZE)
    y, x, radius = (disc.factors[key] for key in ("y", "x", "radius"))
    away = np.hypot(rows - y, columns - x)
    assert disc.opacity.sum() == pytest.approx(
        np.pi * radius**2 * (1 + 0.04 / 3), rel=0.02
    )
    assert (disc.mask == (away <= radius)).mean() > 0.999
    ring = stain(example, "circle", shake=0.0, opacity=[1.0, 1.0])
    y, x, radius = (ring.factors[key] for key in ("y", "x", "radius"))
    away = np.hypot(rows - y, columns - x)
    assert np.average(away, weights=ring.opacity) == pytest.approx(radius, rel=0.01)
    assert not ring.opacity[np.abs(away - radius) > 0.03 * 140].any()


def test_circles_lie_around_what_they_mark(example):
    for index in range(10):
        layer = stain(example, "circle", index)
        y, x = round(layer.factors["y"]), round(layer.factors["x"])
        assert layer.opacity[y, x] == 0
        angles = np.linspace(0, 2 * np.pi, 60)
        rows, columns = np.indices(SIZE)
        seen = np.arctan2(rows - y, columns - x)[layer.mask]
        covered = np.histogram(seen, bins=18, range=(-np.pi, np.pi))[0] > 0
        assert covered.mean() > 0.85
        assert angles.size
