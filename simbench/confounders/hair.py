"""Hair: dark curves that taper to a tip, as on photographs of skin."""

from typing import Literal

import numpy as np
from jaxtyping import Float, UInt8
from pydantic import field_validator

from simbench.confounders.confounder import Confounder, ConfounderParameters, Layer
from simbench.confounders.strokes import polyline, stroked
from simbench.parameters import (
    Color,
    NonNegative,
    OpacityLimits,
    PositiveLimits,
    Share,
)
from simbench.streams import Stream

PIECES = 12  # of a curve
_NUMBERS = 7  # that are drawn for each hair


class Hair(ConfounderParameters):
    """A table ``[confounders.NAME]`` of kind ``hair``."""

    kind: Literal["hair"]
    count: tuple[int, int] = (3, 12)
    """Fewest and most hairs of an image."""
    length: PositiveLimits = (0.4, 1.1)
    """As a share of the frame's shorter side."""
    width: PositiveLimits = (0.008, 0.014)
    """At the root, as a share of the frame's shorter side."""
    tip: Share = 0.25
    """Width at the tip, as a share of that at the root."""
    bend: NonNegative = 0.25
    """Standard deviation of how far the curve's control point lies off the straight
    line, as a share of the length."""
    order: Share = 0.6
    """How far hairs go in one direction: 0 not at all, 1 all of them."""
    opacity: OpacityLimits = (0.75, 0.95)
    """Of one hair."""
    color: Color = (0.06,)

    @field_validator("count")
    @classmethod
    def _count_is_a_range(cls, value: tuple[int, int]) -> tuple[int, int]:
        if not 1 <= value[0] <= value[1] <= 500:
            msg = "must be [fewest, most] with 1 <= fewest <= most <= 500"
            raise ValueError(msg)
        return value


def draw(parameters: Hair, tissue: UInt8[np.ndarray, "h w"], stream: Stream) -> Layer:
    """Draw hairs whose roots lie in the frame; the same numbers whatever the count."""
    fewest, most = parameters.count
    count = fewest + stream.integer(most - fewest + 1)
    opacity = stream.between(parameters.opacity)
    common = stream.between((0.0, 2 * np.pi))
    draws = stream.uniform(_NUMBERS * most).reshape(most, _NUMBERS)[:count]
    strokes = [_hair(parameters, row, common, tissue.shape) for row in draws]
    size = (tissue.shape[0], tissue.shape[1])
    covered = stroked(np.concatenate(strokes), size)
    factors: dict[str, float | str] = {
        "count": float(count),
        "angle": common,
        "opacity": opacity,
    }
    color = np.array(parameters.color, np.float32)
    return Layer(covered * np.float32(opacity), color, factors)


def _hair(
    parameters: Hair,
    draws: Float[np.ndarray, "7"],
    common: float,
    size: tuple[int, ...],
) -> Float[np.ndarray, "n 6"]:
    """Return the strokes of a quadratic Bezier curve."""
    y, x, direction, length, width, first, second = draws.tolist()
    angle = common + (1 - parameters.order) * 2 * np.pi * (direction - 0.5)
    reach, half = (
        (low + (high - low) * share) * min(size)
        for (low, high), share in (
            (parameters.length, length),
            (parameters.width, width),
        )
    )
    # Irwin-Hall: the sum of two even numbers, scaled to a standard deviation of 1
    aside = parameters.bend * reach * (first + second - 1) * np.sqrt(6)
    root = np.array([y * (size[0] - 1), x * (size[1] - 1)])
    forward = np.array([np.sin(angle), np.cos(angle)])
    normal = np.array([forward[1], -forward[0]])
    t = np.linspace(0, 1, PIECES + 1)[:, None]
    control = root + forward * reach / 2 + normal * aside
    tip = root + forward * reach
    points = (1 - t) ** 2 * root + 2 * t * (1 - t) * control + t**2 * tip
    taper = 1 - (1 - parameters.tip) * t[:, 0]
    return polyline(points, half / 2 * taper)


CONFOUNDER = Confounder("hair", Hair, draw)
