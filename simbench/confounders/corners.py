"""Dark corners: the round field of view of a lens."""

from typing import Annotated, Literal

import numpy as np
from jaxtyping import UInt8
from pydantic import AfterValidator

from simbench.confounders.confounder import Confounder, ConfounderParameters, Layer
from simbench.parameters import Color, NonNegative, Positive, PositiveLimits
from simbench.streams import Stream


def _seen(limits: tuple[float, float]) -> tuple[float, float]:
    if limits[1] > 0.95:
        msg = "must be at most 0.95, or no corner is dark"
        raise ValueError(msg)
    return limits


class Corners(ConfounderParameters):
    """A table ``[confounders.NAME]`` of kind ``corners``."""

    kind: Literal["corners"]
    radius: Annotated[PositiveLimits, AfterValidator(_seen)] = (0.75, 0.9)
    """Of the field of view, as a share of half the frame's diagonal."""
    edge: Positive = 0.04
    """Width of the transition, as a share of half the diagonal."""
    shift: NonNegative = 0.02
    """Standard deviation of the center, down and right, likewise."""
    color: Color = (0.0,)


def draw(
    parameters: Corners, tissue: UInt8[np.ndarray, "h w"], stream: Stream
) -> Layer:
    """Darken what lies beyond the radius."""
    radius = stream.between(parameters.radius)
    down, right = stream.gauss(parameters.shift), stream.gauss(parameters.shift)
    height, width = tissue.shape
    half = float(np.hypot(height - 1, width - 1)) / 2  # the corner pixel's center
    y = np.arange(height, dtype=np.float32) - np.float32((height - 1) / 2 + down * half)
    x = np.arange(width, dtype=np.float32) - np.float32((width - 1) / 2 + right * half)
    away = np.sqrt((y * y)[:, None] + (x * x)[None]) / np.float32(half)
    edge = np.float32(parameters.edge)
    opacity = np.clip((away - np.float32(radius)) / edge + np.float32(0.5), 0, 1)
    color = np.array(parameters.color, np.float32)
    factors: dict[str, float | str] = {"radius": radius, "down": down, "right": right}
    return Layer(opacity, color, factors)


CONFOUNDER = Confounder("corners", Corners, draw)
