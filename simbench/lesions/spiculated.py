"""Spiculated lesions: an irregular core with tapered spicules radiating from it."""

import math
from typing import Literal

import numpy as np
from jaxtyping import Float32, Float64
from pydantic import Field, field_validator

from simbench.additive import Additive, added, strengths
from simbench.body import Body
from simbench.compiled import compiled
from simbench.geometry.regions import Shape, places, softness
from simbench.parameters import Positive, PositiveLimits
from simbench.scene import Lesion, Place
from simbench.streams import Stream

_START = 0.35  # a spicule begins here, in radii from the center: within any core
_LEAN = 0.2  # standard deviation of its angle to the radius
_REACH = 3.5  # a cross-section ends here, in standard deviations
_THINNEST = 0.5  # pixels; what is thinner fades instead


class Spiculated(Additive):
    """A table ``[lesions.NAME]`` of kind ``spiculated``."""

    kind: Literal["spiculated"]
    spicules: tuple[int, int] = (9, 18)
    """Fewest and most spicules of a lesion."""
    length: PositiveLimits = (0.5, 1.6)
    """How far a spicule reaches beyond the radius, in radii."""
    width: Positive = 0.1
    """Standard deviation of a spicule's cross-section where it leaves the core, as a
    share of the radius; it falls to nothing at the tip."""
    shape: Shape = Field(default_factory=lambda: Shape(radius=(0.035, 0.06), edge=0.5))

    @field_validator("spicules")
    @classmethod
    def _spicules_are_a_range(cls, value: tuple[int, int]) -> tuple[int, int]:
        if not 0 <= value[0] <= value[1] <= 40:
            msg = "must be [fewest, most] with 0 <= fewest <= most <= 40"
            raise ValueError(msg)
        return value


def place(
    parameters: Spiculated, body: Body, stream: Stream, sign: int
) -> tuple[Place, ...]:
    """Draw where the lesion lies and its spicules, evenly around it but for chance."""
    drawn = strengths(parameters, 1, stream, sign)
    found = places(stream, body.home, 1, parameters.shape)
    fewest, most = parameters.spicules
    count = fewest + stream.integer(most - fewest + 1)
    shares = stream.uniform(3 * most).reshape(3, most)
    leans = stream.normal(most)
    low, high = parameters.length
    rays: Place = {"spicules": float(count)}
    for i in range(count):
        turn, length, width = shares[:, i].tolist()
        rays[f"spicule{i}_angle"] = 2 * math.pi * (i + turn) / count
        rays[f"spicule{i}_lean"] = _LEAN * float(leans[i])
        rays[f"spicule{i}_length"] = low + (high - low) * length
        rays[f"spicule{i}_width"] = parameters.width * (0.6 + 0.8 * width)
    return tuple({**spot, **s, **rays} for spot, s in zip(found, drawn, strict=True))


def pattern(
    parameters: Spiculated, place: Place, size: tuple[int, int]
) -> Float32[np.ndarray, "h w"]:
    """Return the union, that is the greater, of core and spicules."""
    drawn = softness(place, size, parameters.shape.edge)
    for i in range(int(place["spicules"])):
        _unite(drawn, _segment(place, i))
    return drawn


def _segment(place: Place, i: int) -> Float64[np.ndarray, "6"]:
    """Return start, unit direction, length and width at the start; pixels."""
    angle, lean, length, width = (
        place[f"spicule{i}_{name}"] for name in ("angle", "lean", "length", "width")
    )
    turn = angle - place["angle"]
    tall, wide = math.cos(turn) / place["height"], math.sin(turn) / place["width"]
    start = _START / math.hypot(tall, wide)
    heading = angle + lean
    return np.array(
        [
            place["y"] + start * math.cos(angle),
            place["x"] + start * math.sin(angle),
            math.cos(heading),
            math.sin(heading),
            start * (1 / _START - 1) + length * place["radius"],
            width * place["radius"],
        ]
    )


@compiled
def _unite(
    drawn: Float32[np.ndarray, "h w"], segment: Float64[np.ndarray, "6"]
) -> None:
    """Raise ``drawn`` to a segment whose cross-section is Gaussian and tapers.

    Where the standard deviation falls below ``_THINNEST`` pixels, the height falls in
    its place: a spicule thinner than a pixel keeps its mass on any grid.
    """
    y, x, down, right, length, width = segment
    reach = _REACH * max(width, _THINNEST)
    rows, columns = drawn.shape
    first = max(math.ceil(min(y, y + length * down) - reach), 0)
    left = max(math.ceil(min(x, x + length * right) - reach), 0)
    last = min(math.floor(max(y, y + length * down) + reach), rows - 1)
    end = min(math.floor(max(x, x + length * right) + reach), columns - 1)
    for row in range(first, last + 1):
        for column in range(left, end + 1):
            along = (row - y) * down + (column - x) * right
            if along < 0 or along >= length:
                continue
            across = (column - x) * down - (row - y) * right
            scale = width * (1 - along / length)
            used = max(scale, _THINNEST)
            if abs(across) > _REACH * used:
                continue
            level = scale / used * math.exp(-0.5 * (across / used) ** 2)
            drawn[row, column] = max(drawn[row, column], np.float32(level))


LESION = Lesion("spiculated", Spiculated, place, added(pattern))
