"""Markers: a lead bar, dot or arrow, or a bar across the whole frame."""

from typing import Annotated, Literal

import numpy as np
from jaxtyping import Float, UInt8
from pydantic import Field

from simbench.confounders.confounder import Confounder, ConfounderParameters, Layer
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

Form = Literal["bar", "dot", "arrow", "obstruction"]
_PATHS: dict[str, tuple[tuple[tuple[float, float], ...], ...]] = {  # (y, x), length 1
    "bar": (((0, -0.5), (0, 0.5)),),
    "dot": (((0, 0), (0, 0)),),
    "arrow": (
        ((0, -0.5), (0, 0.5)),
        ((-0.25, 0.22), (0, 0.5), (0.25, 0.22)),
    ),
    "obstruction": (((0, -0.5), (0, 0.5)),),
}


class Marker(ConfounderParameters):
    """A table ``[confounders.NAME]`` of kind ``marker``."""

    kind: Literal["marker"]
    forms: Annotated[tuple[Form, ...], SOME] = ("bar", "dot", "arrow")
    """One of these is drawn, evenly. An ``obstruction`` is a bar across the whole
    frame."""
    scale: PositiveLimits = (0.10, 0.16)
    """Length of bars and arrows, as a share of the frame's shorter side."""
    weight: Positive = 0.2
    """Width, as a share of the length; at least a pixel. A dot is twice as wide."""
    rotation: NonNegative = 3.0
    """Standard deviation in radians: 3 is any direction."""
    where: Where = "outside"
    """``outside`` the body, ``over`` it, or near the ``border`` of the frame."""
    margin: NonNegative = 0.03
    """Least distance from the border, as a share of the frame's shorter side."""
    edge: float = Field(default=1.2, ge=1, le=20)
    """Width of the soft border in pixels."""
    opacity: OpacityLimits = (0.85, 1.0)
    """Share of the image that it hides, per image."""
    color: Color = (1.0,)


def draw(parameters: Marker, tissue: UInt8[np.ndarray, "h w"], stream: Stream) -> Layer:
    """Put one marker down."""
    side = min(tissue.shape)
    form = parameters.forms[stream.integer(len(parameters.forms))]
    scale = stream.between(parameters.scale)
    angle = stream.gauss(parameters.rotation)
    opacity = stream.between(parameters.opacity)
    half = max(parameters.weight * scale * side, 1.0) / 2
    if form == "dot":
        half *= 2
    length = (
        2 * float(np.hypot(*tissue.shape)) if form == "obstruction" else scale * side
    )
    lines = [turned(np.array(p) * length, angle, (0.0, 0.0)) for p in _PATHS[form]]
    extent = _extent(form, lines, half + parameters.edge / 2)
    stamp = Stamp(form, lines, half, extent, scale, angle, opacity)
    return stamped(parameters, stamp, tissue, stream)


def _extent(
    form: str, lines: list[Float[np.ndarray, "_ 2"]], half: float
) -> tuple[float, float]:
    """Return height and width of the box that has to fit into the frame."""
    if form == "obstruction":
        return 2 * half, 2 * half
    height, width = 2 * (np.abs(np.concatenate(lines)).max(axis=0) + half)
    return float(height), float(width)


CONFOUNDER = Confounder("marker", Marker, draw)
