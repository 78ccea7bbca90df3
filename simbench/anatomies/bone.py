"""A radiograph of a limb: long bones that meet in a joint, soft tissue, air.

Intensity is the attenuation along parallel rays, as in a radiograph after the
logarithm: bones are tubes of round cross-section, so their cortex is brightest where a
ray runs along its wall. Lengths are in half the frame's shorter side.
"""

from collections.abc import Iterator
from functools import partial
from typing import Literal

import numpy as np
from jaxtyping import Float32
from pydantic import Field

from simbench.body import Anatomy, Body
from simbench.geometry.ellipses import displaced, moved
from simbench.geometry.tubes import Tube, lay
from simbench.parameters import KindParameters, NonNegative, Positive, Share
from simbench.streams import Stream

TISSUES = ("soft tissue", "cortex", "medullary canal", "spongiosa")
_TEXTURE = {"soft_tissue": 0.35, "cortex": 0.4, "canal": 0.5, "spongiosa": 1.0}
_MATERIALS = ("cortex", "canal", "spongiosa")
_POSE = ("shift", "turn", "width", "second_width", "wall", "bow", "limb", "fat")
_CHOICES = ("joint", "flip", "pair", "congruence")
_PAIR = 0.62  # radius of each of two parallel bones, as a share of a single one's


class Bone(KindParameters):
    """The table ``[anatomy]`` of kind ``bone``."""

    kind: Literal["bone"]
    soft_tissue: Positive = 0.32
    """Attenuation through the middle of the limb."""
    cortex: Positive = 0.85
    """Attenuation of compact bone as long as the mean bone is wide."""
    canal: Positive = 0.05
    """Attenuation of marrow of that length, beyond soft tissue's."""
    spongiosa: Positive = 0.3
    """Attenuation of spongy bone of that length, beyond soft tissue's."""
    spread: NonNegative = 0.08
    """Standard deviation between images of the logarithm of each attenuation."""
    width: float = Field(default=0.27, ge=0.1, le=0.35)
    """Mean half width of the shaft."""
    wall: float = Field(default=0.3, ge=0.1, le=0.6)
    """Mean thickness of the cortex, as a share of the half width."""
    gap: float = Field(default=0.06, ge=0, le=0.2)
    """Width of the joint's gap."""
    pair: Share = 0.35
    """Share of images in which two parallel bones meet a single one."""
    variation: float = Field(default=0.12, ge=0, le=0.3)
    """Standard deviation of the logarithm of widths and of the wall's thickness."""
    deformation: float = Field(default=0.02, ge=0, le=0.1)
    """Smooth displacement, in half shorter sides."""
    rotation: NonNegative = 0.2
    """Standard deviation in radians, away from the frame's longer side."""


def draw(parameters: Bone, size: tuple[int, int], stream: Stream) -> Body:
    """Draw one limb that crosses a frame of any size along its longer side.

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
    The limb; lesions may lie in bone. Its texture is strongest in spongy bone. Factors:
    attenuations, pose and widths in standard deviations, the joint's place along the
    limb, which way it faces, and whether two bones run in parallel.
    """
    y, x = displaced(size, parameters.deformation, stream)
    names = (*_TEXTURE, *_POSE)
    drawn = stream.normal(len(names)).tolist()
    even = stream.uniform(len(_CHOICES)).tolist()
    factors = dict(zip(names, drawn, strict=True))
    for name in _TEXTURE:
        level = getattr(parameters, name)
        factors[name] = float(level * np.exp(parameters.spread * factors[name]))
    joint, flip, pair, congruence = even
    factors |= {
        "joint": 0.9 * (2 * joint - 1) * max(size) / min(size),
        "flip": 1.0 if flip < 0.5 else -1.0,
        "pair": 1.0 if pair < parameters.pair else 0.0,
        "congruence": 2 * congruence - 1,
    }
    upright = size[0] >= size[1]
    return _painted(parameters, factors, upright, y, x)


def _painted(
    parameters: Bone,
    factors: dict[str, float],
    upright: bool,
    y: Float32[np.ndarray, "h w"],
    x: Float32[np.ndarray, "h w"],
) -> Body:
    along, across = _along(parameters, factors, upright, y, x)
    limb = _limb(parameters, factors, across)
    tissue = (limb > 0).astype(np.uint8)
    limb *= np.float32(factors["soft_tissue"])
    layers = np.stack([limb, np.float32(_TEXTURE["soft_tissue"]) * limb])
    bent = np.float32(0.3 * factors["congruence"])
    ahead = along - np.float32(factors["joint"]) - bent * across * across
    wall = parameters.wall * float(np.exp(parameters.variation * factors["wall"]))
    levels = [(factors[n] / parameters.width, _TEXTURE[n]) for n in _MATERIALS]
    paints = np.array([(level, level * share) for level, share in levels], np.float32)
    for middle, radius, toward in _bones(parameters, factors):
        depth = np.float32(toward) * ahead - np.float32(parameters.gap / 2)
        tube = Tube(radius, wall * radius)
        shown = lay(tube, paints, depth, across - np.float32(middle), layers)
        tissue[shown > 0] = shown[shown > 0] + 1
    redraw = partial(_painted, parameters, factors, upright)
    return Body(
        layers[:1],
        layers[1:],
        tissue,
        tissue > 1,
        dict(factors),
        lambda down, right: redraw(*moved(y, x, down, right)),
    )


def _along(
    parameters: Bone,
    factors: dict[str, float],
    upright: bool,
    y: Float32[np.ndarray, "h w"],
    x: Float32[np.ndarray, "h w"],
) -> tuple[Float32[np.ndarray, "h w"], Float32[np.ndarray, "h w"]]:
    """Return the position along the limb and across it, the limb being bowed."""
    angle = parameters.rotation * factors["turn"] + (0 if upright else np.pi / 2)
    cosine, sine = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    along = cosine * y + sine * x
    across = cosine * x - sine * y - np.float32(0.08 * factors["shift"])
    return along, across - np.float32(0.03 * factors["bow"]) * along * along


def _limb(
    parameters: Bone, factors: dict[str, float], across: Float32[np.ndarray, "h w"]
) -> Float32[np.ndarray, "h w"]:
    """Return the length of rays in soft tissue, fat counting half; 1 in the middle."""
    half = 2.7 * parameters.width * np.exp(parameters.variation * factors["limb"])
    fat = 0.16 * np.exp(0.4 * factors["fat"])
    found = np.zeros_like(across)
    for share in (1.0, max(1 - fat, 0.5)):
        radius = np.float32(share * half)
        found += np.sqrt(np.maximum(1 - (across / radius) ** 2, 0))
    return found / 2


def _bones(
    parameters: Bone, factors: dict[str, float]
) -> Iterator[tuple[float, float, float]]:
    """Yield each bone's middle (across the limb), radius and direction (+1 or -1)."""
    radius = parameters.width * float(np.exp(parameters.variation * factors["width"]))
    ratio = float(np.exp(parameters.variation * factors["second_width"]))
    toward = factors["flip"]
    yield 0.0, radius, toward
    if factors["pair"]:
        small = _PAIR * radius
        yield -1.55 * small, small * min(ratio, 1.2), -toward
        yield 1.55 * small, small / max(ratio, 1.0), -toward
    else:
        yield 0.0, radius * ratio, -toward


ANATOMY = Anatomy("bone", Bone, TISSUES, draw)
