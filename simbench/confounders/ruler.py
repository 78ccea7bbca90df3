"""Ruler: ticks along one border of the frame, every fifth longer."""

from typing import Annotated, Literal

import numpy as np
from jaxtyping import UInt8

from simbench.confounders.confounder import Confounder, ConfounderParameters, Layer
from simbench.confounders.strokes import stroked, turned
from simbench.parameters import (
    SOME,
    Color,
    NonNegative,
    OpacityLimits,
    PositiveLimits,
)
from simbench.streams import Stream

Side = Literal["top", "right", "bottom", "left"]
SIDES: tuple[Side, ...] = ("top", "right", "bottom", "left")
FIFTH = 5


class Ruler(ConfounderParameters):
    """A table ``[confounders.NAME]`` of kind ``ruler``."""

    kind: Literal["ruler"]
    sides: Annotated[tuple[Side, ...], SOME] = SIDES
    """One of these is drawn, evenly."""
    spacing: PositiveLimits = (0.025, 0.04)
    """Of the ticks, as a share of the frame's shorter side; at least 2 pixels."""
    tick: PositiveLimits = (0.03, 0.045)
    """Length of short ticks, as a share of the shorter side; long ones are 1.8 times
    as long."""
    covered: PositiveLimits = (0.5, 1.0)
    """Length of the ruler, as a share of its side."""
    margin: NonNegative = 0.02
    """Distance of the ruler's line from the border, as a share of the shorter side."""
    weight: PositiveLimits = (0.004, 0.007)
    """Width of the ticks, as a share of the shorter side; at least 0.7 pixels."""
    tilt: NonNegative = 0.01
    """Standard deviation in radians."""
    opacity: OpacityLimits = (0.7, 0.95)
    """Share of the image that its lines hide, per image."""
    color: Color = (0.1,)


def draw(parameters: Ruler, tissue: UInt8[np.ndarray, "h w"], stream: Stream) -> Layer:
    """Lay a ruler along a border, its ticks pointing inwards."""
    short = min(tissue.shape)
    place = parameters.sides[stream.integer(len(parameters.sides))]
    spacing = max(stream.between(parameters.spacing) * short, 2.0)
    tick = stream.between(parameters.tick) * short
    share = stream.between(parameters.covered)
    half = max(stream.between(parameters.weight) * short, 0.7) / 2
    opacity = stream.between(parameters.opacity)
    start = stream.between((0.0, 1.0))
    tilt = stream.gauss(parameters.tilt)
    middle = (tissue.shape[0] - 1) / 2, (tissue.shape[1] - 1) / 2
    across, along = middle if place in ("top", "bottom") else middle[::-1]
    length = min(share, 1.0) * 2 * along
    first = -along + start * (2 * along - length)
    at = first + spacing * np.arange(int(length / spacing) + 1)
    line = parameters.margin * short - across
    deep = tick * np.where(np.arange(len(at)) % FIFTH == 0, 1.8, 1.0)
    starts = np.column_stack([np.full(len(at) + 1, line), np.append(at, at[0])])
    ends = np.column_stack([np.append(line + deep, line), np.append(at, at[-1])])
    angle = tilt + SIDES.index(place) * np.pi / 2
    widths = np.full((len(at) + 1, 2), half)
    strokes = np.column_stack(
        [turned(starts, angle, middle), turned(ends, angle, middle), widths]
    )
    drawn = stroked(strokes, (tissue.shape[0], tissue.shape[1]))
    factors: dict[str, float | str] = {
        "glyph": place,
        "spacing": spacing,
        "tick": tick,
        "length": length,
        "opacity": opacity,
    }
    color = np.array(parameters.color, np.float32)
    return Layer(drawn * np.float32(opacity), color, factors)


CONFOUNDER = Confounder("ruler", Ruler, draw)
