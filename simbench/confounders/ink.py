"""Ink: a blot or a circle of a surgeon's pen."""

from typing import Annotated, Literal

import numpy as np
from jaxtyping import Float, Float32, UInt8
from pydantic import Field

from simbench.confounders.confounder import Confounder, ConfounderParameters, Layer
from simbench.confounders.spots import Where, spot
from simbench.confounders.strokes import polyline, stroked
from simbench.parameters import SOME, Color, NonNegative, OpacityLimits, PositiveLimits
from simbench.streams import Stream

Form = Literal["blot", "circle"]
WAVES = 5  # of a blot's outline and of a circle's width
PIECES = 40  # of a circle


class Ink(ConfounderParameters):
    """A table ``[confounders.NAME]`` of kind ``ink``."""

    kind: Literal["ink"]
    forms: Annotated[tuple[Form, ...], SOME] = ("blot", "circle")
    """One of these is drawn, evenly."""
    blot: PositiveLimits = (0.05, 0.09)
    """Radius of a blot, as a share of the frame's shorter side."""
    circle: PositiveLimits = (0.22, 0.34)
    """Radius of a circle, likewise."""
    weight: PositiveLimits = (0.018, 0.03)
    """Width of a circle's line, as a share of the shorter side; at least a pixel."""
    shake: NonNegative = 0.12
    """Standard deviation of outline and width, as a share of either."""
    edge: float = Field(default=0.4, gt=0, le=2)
    """Width of the soft border, as a share of a blot's radius or of a line's width."""
    where: Where = "over"
    """``over`` the body, ``outside`` it, or near the ``border`` of the frame."""
    opacity: OpacityLimits = (0.55, 0.85)
    """Share of the image that the ink hides, per image."""
    color: Color = (0.15,)


def draw(parameters: Ink, tissue: UInt8[np.ndarray, "h w"], stream: Stream) -> Layer:
    """Draw a blot or a circle that need not close."""
    side = min(tissue.shape)
    form = parameters.forms[stream.integer(len(parameters.forms))]
    blot, circle = (
        stream.between(r) * side for r in (parameters.blot, parameters.circle)
    )
    width = max(stream.between(parameters.weight) * side, 1.0)
    opacity = stream.between(parameters.opacity)
    start = stream.between((0.0, 2 * np.pi))
    sweep = stream.between((0.92, 1.06)) * 2 * np.pi
    waves = stream.normal(2, WAVES, 2) * np.float32(parameters.shake)
    radius = blot if form == "blot" else circle
    center = spot(stream, tissue, (2 * radius, 2 * radius), parameters.where, 0.0)
    size = (tissue.shape[0], tissue.shape[1])
    if form == "blot":
        covered = _blot(size, center, radius, waves[0], parameters.edge)
    else:
        angles = start + np.linspace(0, sweep, PIECES + 1)
        far = radius * (1 + _waves(angles, waves[0]) / 2)
        points = np.column_stack([np.sin(angles) * far, np.cos(angles) * far])
        halves = width / 2 * np.clip(1 + _waves(angles, waves[1]), 0.3, 2)
        edge = max(parameters.edge * width, 1.0)
        covered = stroked(polyline(points + np.array(center), halves), size, edge)
    factors: dict[str, float | str] = {
        "glyph": form,
        "y": center[0],
        "x": center[1],
        "radius": radius,
        "opacity": opacity,
    }
    color = np.array(parameters.color, np.float32)
    return Layer(covered * np.float32(opacity), color, factors)


def _waves(
    angles: Float[np.ndarray, "*shape"], weights: Float32[np.ndarray, "k 2"]
) -> Float[np.ndarray, "*shape"]:
    """Return a smooth function of the angle, of standard deviation 1 for weights 1."""
    total = np.zeros_like(angles)
    for i, (cosine, sine) in enumerate(weights.tolist()):
        total += cosine * np.cos((i + 1) * angles) + sine * np.sin((i + 1) * angles)
    return total / np.sqrt(len(weights))


def _blot(
    size: tuple[int, int],
    center: tuple[float, float],
    radius: float,
    weights: Float32[np.ndarray, "k 2"],
    edge: float,
) -> Float32[np.ndarray, "h w"]:
    """Cover a soft region whose outline goes in and out."""
    covered = np.zeros(size, np.float32)
    reach = radius * (1.6 + edge) + 1
    rows, columns = (
        slice(max(int(c - reach), 0), max(int(c + reach) + 2, 1)) for c in center
    )
    y = np.arange(size[0])[rows, None] - center[0]
    x = np.arange(size[1])[None, columns] - center[1]
    outline = np.clip(1 + _waves(np.arctan2(y, x), weights), 0.5, 1.6)
    border = max(edge, 1 / radius)
    covered[rows, columns] = np.clip(
        (outline - np.hypot(y, x) / radius) / border + 0.5, 0, 1
    )
    return covered


CONFOUNDER = Confounder("ink", Ink, draw)
