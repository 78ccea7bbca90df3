"""Patch: a colored sticker at the border, round or rectangular."""

from typing import Annotated, Literal

import numpy as np
from jaxtyping import Float32, UInt8
from pydantic import Field

from simbench.confounders.confounder import Confounder, ConfounderParameters, Layer
from simbench.confounders.spots import Where, spot
from simbench.parameters import (
    SOME,
    Color,
    Finite,
    NonNegative,
    OpacityLimits,
    PositiveLimits,
)
from simbench.streams import Stream

Form = Literal["round", "rectangle"]


class Patch(ConfounderParameters):
    """A table ``[confounders.NAME]`` of kind ``patch``."""

    kind: Literal["patch"]
    forms: Annotated[tuple[Form, ...], SOME] = ("round", "rectangle")
    """One of these is drawn, evenly."""
    scale: PositiveLimits = (0.16, 0.26)
    """Diameter or longer side, as a share of the frame's shorter side."""
    flatness: float = Field(default=1.5, ge=1, le=5)
    """Greatest ratio of a patch's sides or axes."""
    rotation: NonNegative = 0.3
    """Standard deviation in radians."""
    where: Where = "outside"
    """``outside`` the body, ``over`` it, or near the ``border`` of the frame."""
    margin: Finite = -0.05
    """From the border, as a share of the frame's shorter side; below 0 the patch is
    cut off by the border."""
    edge: float = Field(default=1.5, ge=1, le=20)
    """Width of the soft border in pixels."""
    opacity: OpacityLimits = (0.95, 1.0)
    """Share of the image that it hides, per image."""
    color: Color = (0.85,)
    colors: tuple[Color, ...] = ()
    """Instead of ``color``: one of these is drawn, evenly."""

    @property
    def palette(self) -> tuple[tuple[float, ...], ...]:
        """Return all the colors that it may have."""
        return self.colors or (self.color,)


def draw(parameters: Patch, tissue: UInt8[np.ndarray, "h w"], stream: Stream) -> Layer:
    """Stick a patch on, mostly near a border."""
    side = min(tissue.shape)
    form = parameters.forms[stream.integer(len(parameters.forms))]
    chosen = stream.integer(len(parameters.palette))
    scale = stream.between(parameters.scale)
    ratio = stream.between((1.0, parameters.flatness))
    angle = stream.gauss(parameters.rotation)
    opacity = stream.between(parameters.opacity)
    half = scale * side / 2
    halves = half / ratio, half
    cosine, sine = abs(np.cos(angle)), abs(np.sin(angle))
    extent = (
        2 * float(halves[0] * cosine + halves[1] * sine),
        2 * float(halves[1] * cosine + halves[0] * sine),
    )
    margin = max(parameters.margin * side, -0.4 * min(extent))
    center = spot(stream, tissue, extent, parameters.where, margin)
    size = (tissue.shape[0], tissue.shape[1])
    covered = _covered(size, center, halves, angle, (form, parameters.edge))
    factors: dict[str, float | str] = {
        "glyph": form,
        "color": float(chosen),
        "y": center[0],
        "x": center[1],
        "scale": scale,
        "angle": angle,
        "opacity": opacity,
    }
    color = np.array(parameters.palette[chosen], np.float32)
    return Layer(covered * np.float32(opacity), color, factors)


def _covered(
    size: tuple[int, int],
    center: tuple[float, float],
    halves: tuple[float, float],
    angle: float,
    look: tuple[Form, float],
) -> Float32[np.ndarray, "h w"]:
    """Cover an ellipse or a rectangle, soft over a few pixels."""
    form, edge = look
    reach = float(np.hypot(*halves)) + edge
    rows, columns = (
        slice(max(int(c - reach), 0), max(int(c + reach) + 2, 1)) for c in center
    )
    y = np.arange(size[0])[rows, None] - center[0]
    x = np.arange(size[1])[None, columns] - center[1]
    cosine, sine = np.cos(angle), np.sin(angle)
    down, right = cosine * y - sine * x, cosine * x + sine * y
    if form == "round":
        away = 1 - np.hypot(down / halves[0], right / halves[1])
        inside = away * min(halves)
    else:
        inside = np.minimum(halves[0] - np.abs(down), halves[1] - np.abs(right))
    covered = np.zeros(size, np.float32)
    covered[rows, columns] = np.clip(inside / edge + 0.5, 0, 1)
    return covered


CONFOUNDER = Confounder("patch", Patch, draw)
