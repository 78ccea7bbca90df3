"""Border: a collimator's shutters, straight or slanted, black outside."""

from typing import Annotated, Literal

import numpy as np
from jaxtyping import UInt8
from pydantic import Field

from simbench.confounders.confounder import Confounder, ConfounderParameters, Layer
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


class Border(ConfounderParameters):
    """A table ``[confounders.NAME]`` of kind ``border``."""

    kind: Literal["border"]
    sides: Annotated[tuple[Side, ...], SOME] = SIDES
    """Where there are shutters."""
    width: PositiveLimits = (0.03, 0.10)
    """What a shutter covers at the middle of its side, as a share of the frame's
    shorter side."""
    rotation: NonNegative = 0.03
    """Standard deviation of the direction of all shutters together, in radians."""
    slant: NonNegative = 0.015
    """Of each by itself, in radians."""
    edge: float = Field(default=1.5, ge=1, le=50)
    """Width of the penumbra in pixels."""
    opacity: OpacityLimits = (1.0, 1.0)
    """Share of the image that the border hides, per image."""
    color: Color = (0.0,)


def draw(parameters: Border, tissue: UInt8[np.ndarray, "h w"], stream: Stream) -> Layer:
    """Close the shutters some way."""
    height, width = tissue.shape
    low, high = parameters.width
    shares = low + (high - low) * stream.uniform(len(SIDES))
    turn = stream.gauss(parameters.rotation)
    slants = stream.normal(len(SIDES)) * parameters.slant
    opacity = stream.between(parameters.opacity)
    y = np.arange(height, dtype=np.float32)[:, None] - np.float32((height - 1) / 2)
    x = np.arange(width, dtype=np.float32)[None] - np.float32((width - 1) / 2)
    inside = np.full((height, width), np.inf, np.float32)
    factors: dict[str, float | str] = {"rotation": turn, "opacity": opacity}
    for i, side in enumerate(SIDES):
        if side not in parameters.sides:
            continue
        angle = turn + float(slants[i])
        cosine, sine = np.float32(np.cos(angle)), np.float32(np.sin(angle))
        outwards = ((-1, 0), (0, 1), (1, 0), (0, -1))[i]
        down = outwards[0] * cosine + outwards[1] * sine
        right = outwards[1] * cosine - outwards[0] * sine
        half = (height if side in ("top", "bottom") else width) / 2
        reach = np.float32(half - shares[i] * min(height, width))
        away = reach * cosine - (down * y + right * x)
        np.minimum(inside, away, out=inside)
        factors[side] = float(shares[i])
    covered = np.clip(np.float32(0.5) - inside / np.float32(parameters.edge), 0, 1)
    color = np.array(parameters.color, np.float32)
    return Layer(covered * np.float32(opacity), color, factors)


CONFOUNDER = Confounder("border", Border, draw)
