"""A head cut across: scalp, skull, fluid, gray and white matter, ventricles, nuclei."""

from dataclasses import replace
from functools import partial
from typing import Literal

import numpy as np
from jaxtyping import Float32
from pydantic import Field

from simbench.body import Anatomy, Body
from simbench.geometry.ellipses import Ellipse, displaced, moved, painted
from simbench.parameters import KindParameters, NonNegative, Positive
from simbench.streams import Stream

TISSUES = (
    "scalp",
    "skull",
    "fluid",
    "gray matter",
    "white matter",
    "ventricle",
    "nucleus",
)
_HOME = ("gray matter", "white matter", "nucleus")
_PARTS = (  # ellipse, tissue; painted in this order
    (Ellipse(0.0, 0.0, 0.93, 0.79), "scalp"),
    (Ellipse(0.0, 0.0, 0.83, 0.69), "skull"),
    (Ellipse(0.0, 0.0, 0.79, 0.65), "fluid"),
    (Ellipse(0.0, 0.0, 0.77, 0.63), "gray matter"),
    (Ellipse(0.0, 0.0, 0.66, 0.51), "white matter"),
    (Ellipse(0.06, -0.20, 0.14, 0.08, 0.3), "nucleus"),
    (Ellipse(0.06, 0.20, 0.14, 0.08, -0.3), "nucleus"),
    (Ellipse(-0.06, -0.08, 0.19, 0.045, 0.25), "ventricle"),
    (Ellipse(-0.06, 0.08, 0.19, 0.045, -0.25), "ventricle"),
)
_LABELS = np.array([0, *(TISSUES.index(name) + 1 for _, name in _PARTS)], np.uint8)
_IS_HOME = np.array([False, *(name in _HOME for _, name in _PARTS)])
_POSE = ("down", "right", "height", "width", "turn", "ventricle_width")
_TEXTURE = {"scalp": 0.3, "skull": 0.3, "fluid": 0.3, "ventricle": 0.3}  # others 1


class Head(KindParameters):
    """The table ``[anatomy]`` of kind ``head``."""

    kind: Literal["head"]
    scalp: NonNegative = 0.75
    skull: NonNegative = 0.45
    fluid: NonNegative = 0.5
    gray_matter: NonNegative = 0.7
    white_matter: NonNegative = 0.76
    ventricle: NonNegative = 0.5
    nucleus: NonNegative = 0.7
    spread: NonNegative = 0.02
    """Standard deviation between images of each tissue's intensity."""
    variation: float = Field(default=0.04, ge=0, le=0.1)
    """Standard deviation of the head's size and proportions, as a share."""
    deformation: float = Field(default=0.02, ge=0, le=0.1)
    """Smooth displacement, in half shorter sides."""
    rotation: NonNegative = 0.1
    """Standard deviation in radians."""
    edge: Positive = 1.5
    """Width in pixels of the transition between two tissues."""


def draw(parameters: Head, size: tuple[int, int], stream: Stream) -> Body:
    """Draw one head that fills a frame of any size.

    Parameters
    ----------
    parameters
        The recipe's ``[anatomy]``.
    size
        Height and width in pixels.
    stream
        Where the numbers come from; always the same count of them.

    Returns
    -------
    The head, its texture strength in proportion to its intensity. Factors: the tissues'
    intensities; pose and size in standard deviations.
    """
    y, x = displaced(size, parameters.deformation, stream)
    pose = stream.normal(len(_POSE))
    levels = dict(zip(TISSUES, stream.normal(len(TISSUES)), strict=True))
    return _painted(parameters, pose, levels, y, x)


def _painted(
    parameters: Head,
    pose: Float32[np.ndarray, "6"],
    levels: dict[str, np.float32],
    y: Float32[np.ndarray, "h w"],
    x: Float32[np.ndarray, "h w"],
) -> Body:
    size = (y.shape[0], y.shape[1])
    factors, paints = {}, []
    for _, name in _PARTS:
        key = name.replace(" ", "_")
        level = getattr(parameters, key) + parameters.spread * float(levels[name])
        factors[key] = level = max(level, 0.0)
        paints.append((level, level * _TEXTURE.get(name, 1.0)))
    layers, places = painted(
        [_posed(part, name, parameters, pose) for part, name in _PARTS],
        np.array(paints, np.float32),
        y,
        x,
        parameters.edge / (min(size) / 2),
    )
    factors |= {name: float(value) for name, value in zip(_POSE, pose, strict=True)}
    redraw = partial(_painted, parameters, pose, levels)
    return Body(
        layers[:1],
        layers[1:],
        np.take(_LABELS, places),
        np.take(_IS_HOME, places),
        factors,
        lambda down, right: redraw(*moved(y, x, down, right)),
    )


def _posed(
    part: Ellipse, name: str, parameters: Head, pose: Float32[np.ndarray, "6"]
) -> Ellipse:
    """Move, scale and turn one part together with the whole head."""
    down, right, taller, wider, turn, swelling = (float(value) for value in pose)
    tall = 1 + parameters.variation * taller
    wide = 1 + parameters.variation * wider
    if name == "ventricle":
        part = replace(part, width=part.width * float(np.exp(0.25 * swelling)))
    angle = parameters.rotation * turn
    cosine, sine = np.cos(angle), np.sin(angle)
    y, x = part.y * tall, part.x * wide
    return Ellipse(
        y=float(cosine * y - sine * x) + parameters.variation / 2 * down,
        x=float(sine * y + cosine * x) + parameters.variation / 2 * right,
        height=part.height * tall,
        width=part.width * wide,
        angle=part.angle + angle,
    )


ANATOMY = Anatomy("head", Head, TISSUES, draw)
