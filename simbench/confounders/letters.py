"""Letters: side markers (L, R) and other text of radiographers, in lead or on film."""

from typing import Annotated, Literal

import numpy as np
from jaxtyping import UInt8
from pydantic import AfterValidator, Field

from simbench.confounders.confounder import Confounder, ConfounderParameters, Layer
from simbench.confounders.glyphs import GLYPHS, outline
from simbench.confounders.spots import Where
from simbench.confounders.stamps import Stamp, stamped
from simbench.confounders.strokes import turned
from simbench.parameters import (
    SOME,
    Color,
    NonNegative,
    OpacityLimits,
    Positive,
    PositiveLimits,
)
from simbench.streams import Stream


def _written(text: str) -> str:
    if not 1 <= len(text) <= 8 or set(text) - set(GLYPHS):
        msg = "must be 1 to 8 of the letters A to Z and the digits 0 to 9"
        raise ValueError(msg)
    return text


class Letters(ConfounderParameters):
    """A table ``[confounders.NAME]`` of kind ``letters``."""

    kind: Literal["letters"]
    texts: Annotated[tuple[Annotated[str, AfterValidator(_written)], ...], SOME] = (
        "L",
        "R",
    )
    """One of these is drawn, evenly."""
    scale: PositiveLimits = (0.10, 0.14)
    """Height of the letters, as a share of the frame's shorter side."""
    weight: Positive = 0.17
    """Width of the strokes, as a share of the height; at least a pixel."""
    rotation: NonNegative = 0.06
    """Standard deviation in radians."""
    where: Where = "outside"
    """``outside`` the body, ``over`` it, or near the ``border`` of the frame."""
    margin: NonNegative = 0.03
    """Least distance from the border, as a share of the frame's shorter side."""
    edge: float = Field(default=1.2, ge=1, le=20)
    """Width of the soft border of the strokes in pixels."""
    opacity: OpacityLimits = (0.85, 1.0)
    """Share of the image that it hides, per image."""
    color: Color = (1.0,)


def draw(
    parameters: Letters, tissue: UInt8[np.ndarray, "h w"], stream: Stream
) -> Layer:
    """Write a text, never mirrored."""
    side = min(tissue.shape)
    text = parameters.texts[stream.integer(len(parameters.texts))]
    scale = stream.between(parameters.scale)
    angle = stream.gauss(parameters.rotation)
    opacity = stream.between(parameters.opacity)
    height = scale * side
    half = max(parameters.weight * height, 1.0) / 2
    lines = [turned(points * height, angle, (0.0, 0.0)) for points in outline(text)]
    corners = np.abs(np.concatenate(lines)).max(axis=0)
    extent = tuple((2 * (corners + half) + parameters.edge).tolist())
    stamp = Stamp(text, lines, half, extent, scale, angle, opacity)
    return stamped(parameters, stamp, tissue, stream)


CONFOUNDER = Confounder("letters", Letters, draw, chiral=True)
