"""A midbrain cut across, its substantia nigra bright, as in neuromelanin MRI.

Two crescents (pars compacta) lie between the peduncles and the tegmentum and shine by
their neuromelanin; disease takes that brightness away. The frame is a crop: cisterns,
temporal lobes and cerebellum around the midbrain, front on top. Left is the image's
left. Lengths are in half the frame's shorter side.
"""

from dataclasses import replace
from typing import Literal

import numpy as np
from jaxtyping import Float32
from pydantic import Field

from simbench.body import Anatomy, Body
from simbench.geometry.ellipses import Ellipse, coverage, displaced, moved, painted
from simbench.parameters import KindParameters, NonNegative, Positive
from simbench.streams import Stream

STRUCTURES = ("left nigra", "right nigra")
_LEVELS = (
    "fluid",
    "temporal_lobe",
    "cerebellum",
    "peduncle",
    "tegmentum",
    "red_nucleus",
    "periaqueductal_gray",
)
TISSUES = (*(name.replace("_", " ") for name in _LEVELS), *STRUCTURES)
_HOME = (4, 5, 6, 8, 9)  # labels of peduncle, tegmentum, red nucleus and nigra
_PARTS = (  # ellipse, tissue, whether there is one on each side; painted in this order
    (Ellipse(0.0, 0.0, 9.0, 9.0), "fluid", False),
    (Ellipse(-0.45, 1.22, 0.72, 0.42, 0.25), "temporal_lobe", True),
    (Ellipse(0.50, 1.30, 0.55, 0.42, -0.30), "temporal_lobe", True),
    (Ellipse(1.22, 0.0, 0.50, 0.78), "cerebellum", False),
    (Ellipse(-0.26, 0.37, 0.44, 0.25, 0.55), "peduncle", True),
    (Ellipse(0.12, 0.0, 0.44, 0.56), "tegmentum", False),
    (Ellipse(0.44, 0.20, 0.20, 0.22), "tegmentum", True),
    (Ellipse(-0.02, 0.19, 0.13, 0.12), "red_nucleus", True),
    (Ellipse(-0.58, 0.0, 0.32, 0.13), "fluid", False),
    (Ellipse(0.40, 0.0, 0.15, 0.13), "periaqueductal_gray", False),
    (Ellipse(0.42, 0.0, 0.07, 0.05), "fluid", False),
)
_NIGRA = Ellipse(-0.01, 0.31, 0.28, 0.20, 0.75)  # its front is the crescent
_THICKNESS = 0.12  # of a crescent in its middle
_POSE = ("down", "right", "height", "width", "turn")
_SIDES = ("size_left", "size_right", "contrast_both", "contrast_left", "contrast_right")
_TEXTURE = {"fluid": 0.3}  # others 1


def _mirrored(part: Ellipse, side: int) -> Ellipse:
    return Ellipse(part.y, side * part.x, part.height, part.width, side * part.angle)


_ELLIPSES = [
    (_mirrored(part, side), name)
    for part, name, double in _PARTS
    for side in ((-1, 1) if double else (1,))
]
_LABELS = np.array([0, *(_LEVELS.index(name) + 1 for _, name in _ELLIPSES)], np.uint8)


class Midbrain(KindParameters):
    """The table ``[anatomy]`` of kind ``midbrain``."""

    kind: Literal["midbrain"]
    fluid: NonNegative = 0.3
    temporal_lobe: NonNegative = 0.85
    cerebellum: NonNegative = 0.85
    peduncle: Positive = 0.72
    tegmentum: Positive = 0.78
    red_nucleus: Positive = 0.75
    periaqueductal_gray: Positive = 0.85
    spread: NonNegative = 0.03
    """Standard deviation between subjects of each tissue's intensity."""
    contrast: Positive = 0.2
    """What the nigra adds to the intensity, geometric mean."""
    contrast_spread: NonNegative = 0.25
    """Standard deviation between subjects of the contrast's logarithm; a third of it
    between the sides of one."""
    size_spread: float = Field(default=0.12, ge=0, le=0.3)
    """Standard deviation of the logarithm of each crescent's thickness."""
    variation: float = Field(default=0.05, ge=0, le=0.1)
    """Standard deviation of the midbrain's size and proportions, as a share."""
    deformation: float = Field(default=0.025, ge=0, le=0.1)
    """Smooth displacement, in half shorter sides."""
    rotation: NonNegative = 0.06
    """Standard deviation in radians."""
    edge: Positive = 1.5
    """Width in pixels of the transition between two tissues."""


def draw(parameters: Midbrain, size: tuple[int, int], stream: Stream) -> Body:
    """Draw one midbrain in a frame of any size.

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
    The midbrain; each crescent is a structure. The texture is in proportion to the
    intensity without them. Factors: the tissues' intensities, what each crescent adds,
    pose and sizes in standard deviations.
    """
    y, x = displaced(size, parameters.deformation, stream)
    names = (*_LEVELS, *_POSE, *_SIDES)
    factors = dict(zip(names, stream.normal(len(names)).tolist(), strict=True))
    for name in _LEVELS:
        level = getattr(parameters, name)
        factors[name] = max(level + parameters.spread * factors[name], level / 2)
    both = factors.pop("contrast_both")
    for side in ("left", "right"):
        own = both + factors[f"contrast_{side}"] / 3
        factors[f"contrast_{side}"] = float(
            parameters.contrast * np.exp(parameters.contrast_spread * own)
        )
    return _painted(parameters, factors, y, x)


def _painted(
    parameters: Midbrain,
    factors: dict[str, float],
    y: Float32[np.ndarray, "h w"],
    x: Float32[np.ndarray, "h w"],
) -> Body:
    edge = parameters.edge / (min(y.shape) / 2)
    down, right = _posed(parameters, factors, y, x)
    paints = [(factors[n], factors[n] * _TEXTURE.get(n, 1.0)) for _, n in _ELLIPSES]
    layers, places = painted(
        [ellipse for ellipse, _ in _ELLIPSES],
        np.array(paints, np.float32),
        down,
        right,
        edge,
    )
    tissue = np.take(_LABELS, places)
    intensity, structures = layers[:1], {}
    for side, word, name in zip((-1, 1), ("left", "right"), STRUCTURES, strict=True):
        scale = float(np.exp(parameters.size_spread * factors[f"size_{word}"]))
        share = _crescent(side, _THICKNESS * scale, down, right, edge)
        structures[name] = np.float32(factors[f"contrast_{word}"]) * share[None]
        intensity = intensity + structures[name]
        tissue[share >= max(share.max() / 2, 0.1)] = TISSUES.index(name) + 1
    return Body(
        intensity,
        layers[1:],
        tissue,
        np.isin(tissue, _HOME),
        dict(factors),
        lambda lower, righter: _painted(
            parameters, factors, *moved(y, x, lower, righter)
        ),
        structures,
    )


def _crescent(
    side: int,
    thickness: float,
    y: Float32[np.ndarray, "h w"],
    x: Float32[np.ndarray, "h w"],
    edge: float,
) -> Float32[np.ndarray, "h w"]:
    """Cut an ellipse by the same ellipse farther back and nearer to the middle."""
    inner = replace(
        _NIGRA,
        y=_NIGRA.y + thickness * float(np.sin(_NIGRA.angle)),
        x=_NIGRA.x - thickness * float(np.cos(_NIGRA.angle)),
    )
    covered = [coverage(_mirrored(part, side), y, x, edge) for part in (_NIGRA, inner)]
    return covered[0] * (1 - covered[1])


def _posed(
    parameters: Midbrain,
    factors: dict[str, float],
    y: Float32[np.ndarray, "h w"],
    x: Float32[np.ndarray, "h w"],
) -> tuple[Float32[np.ndarray, "h w"], Float32[np.ndarray, "h w"]]:
    """Move, scale and turn the coordinates, and with them the whole midbrain."""
    angle = parameters.rotation * factors["turn"]
    cosine, sine = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    y = y - np.float32(parameters.variation * factors["down"])
    x = x - np.float32(parameters.variation * factors["right"])
    tall = np.float32(1 / (1 + parameters.variation * factors["height"]))
    wide = np.float32(1 / (1 + parameters.variation * factors["width"]))
    return tall * (cosine * y + sine * x), wide * (cosine * x - sine * y)


ANATOMY = Anatomy("midbrain", Midbrain, TISSUES, draw, structures=STRUCTURES)
