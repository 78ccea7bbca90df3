"""Skin under a dermatoscope (RGB): melanin, blood, furrows and pores, colored by light.

Nothing but skin, all over the frame; what is pigmented beyond that is a lesion.
"""

from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from jaxtyping import Float32
from pydantic import Field

from simbench.body import Anatomy, Body
from simbench.geometry.ellipses import displaced, moved
from simbench.geometry.lattices import cells, splines
from simbench.parameters import (
    KindParameters,
    NonNegative,
    NonNegativeLimits,
    Positive,
    PositiveLimits,
)
from simbench.streams import Stream

TISSUES = ("skin", "furrow")
RANGES = ("melanin", "blood", "light", "furrows", "pores")
PALE = (1.0, 0.96, 0.9)
"""Light that comes back from skin without pigment, by channel."""
MELANIN = (0.7, 1.0, 1.4)
"""Density of melanin by channel, green 1: wavelength to the power -3.5 (Jacques 1998)
at 600, 540 and 450 nm, flattened in blue, as broad channels and short paths do."""
BLOOD = (0.15, 1.0, 0.8)
"""The same of blood, 3/4 oxygenated, from Prahl's table of molar extinction (OMLC)."""
PLATEAUS = 32  # of the relief, to a side of its table, which repeats beyond
KNOTS = 8  # of the slow variation, likewise
SPACING = 0.5  # of the knots, in half shorter sides
WIDTH = 0.4  # of a furrow: where the two nearest plateaus differ in distance by less
PORE = 0.3  # radius in plateaus
DEPTHS = 0.7  # slow variation of the furrows' depth, as a share


class Skin(KindParameters):
    """The table ``[anatomy]`` of kind ``skin``; densities are natural logarithms."""

    kind: Literal["skin"]
    melanin: NonNegativeLimits = (0.06, 0.4)
    """Optical density in the green channel, per image: pale to brown."""
    blood: NonNegativeLimits = (0.1, 0.35)
    """Optical density in the green channel, per image."""
    light: PositiveLimits = (0.95, 1.1)
    """Intensity of skin without pigment in the red channel, per image."""
    balance: NonNegative = 0.04
    """Standard deviation of the logarithm of red and of blue light over green, per
    image: the white balance."""
    mottling: float = Field(default=0.12, ge=0, le=0.2)
    """Slow variation of melanin and blood over the skin, as a share of each; standard
    deviation at the knots of a spline, here and in ``shading``."""
    shading: NonNegative = 0.04
    """Slow variation of the light's logarithm."""
    furrows: NonNegativeLimits = (0.03, 0.1)
    """Density of the shadow in furrows, per image."""
    pores: NonNegativeLimits = (0.03, 0.2)
    """Density of pores, per image."""
    porous: float = Field(default=0.12, ge=0, le=1)
    """Share of the plateaus between furrows that have a pore."""
    relief: Positive = 11.0
    """Plateaus in half the frame's shorter side."""
    deformation: float = Field(default=0.03, ge=0, le=0.1)
    """Smooth displacement, in half shorter sides."""
    home: float = Field(default=0.6, ge=0.1, allow_inf_nan=False)
    """Radius of the disc where lesions may lie, in half shorter sides."""
    wander: float = Field(default=0.05, ge=0, le=0.2)
    """Standard deviation of that disc's center, in half shorter sides."""


@dataclass(frozen=True)
class _Drawn:
    """All that is random of one piece of skin but its displacement."""

    factors: dict[str, float]
    seeds: Float32[np.ndarray, "n n 3"]
    """Of the relief: each plateau's middle (down, right) and coin for a pore."""
    knots: Float32[np.ndarray, "k k 4"]
    """Of melanin, blood, light and the furrows' depth."""


def draw(parameters: Skin, size: tuple[int, int], stream: Stream) -> Body:
    """Draw skin that fills a frame of any size.

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
    The skin; its texture is what more or less melanin does, texture of contrast 1 being
    a density of standard deviation 1. Factors: densities, light, the relief's direction
    (radians) and stretch, the home's center (half shorter sides), logarithms of red and
    blue light over green.

    Notes
    -----
    Beer and Lambert's law in every channel: the logarithm of the light that comes back
    falls by the sum of density x coefficient, :data:`MELANIN` and :data:`BLOOD`; a
    plausible choice, not a measurement. The relief is a Voronoi diagram of jittered
    points (Worley, SIGGRAPH 1996): its borders are the furrows.
    """
    y, x = displaced(size, parameters.deformation, stream)
    poise = stream.normal(4).astype(float)
    factors = {
        **{name: stream.between(getattr(parameters, name)) for name in RANGES},
        "relief_angle": stream.between((0.0, np.pi)),
        "relief_stretch": stream.between((1.0, 1.7)),
        "home_y": parameters.wander * float(poise[0]),
        "home_x": parameters.wander * float(poise[1]),
        "red": parameters.balance * float(poise[2]),
        "blue": parameters.balance * float(poise[3]),
    }
    seeds = stream.uniform(3 * PLATEAUS**2).reshape(PLATEAUS, PLATEAUS, 3)
    seeds[..., :2] = 0.1 + 0.8 * seeds[..., :2]
    knots = stream.normal(KNOTS, KNOTS, 4)
    drawn = _Drawn(factors, seeds.astype(np.float32), knots)
    return _painted(parameters, drawn, y, x)


def _painted(
    parameters: Skin,
    drawn: _Drawn,
    y: Float32[np.ndarray, "h w"],
    x: Float32[np.ndarray, "h w"],
) -> Body:
    factors = drawn.factors
    furrow, pore = _relief(parameters, drawn, y, x)
    slow = splines(y / np.float32(SPACING), x / np.float32(SPACING), drawn.knots)
    intensity = np.exp(_logarithm(parameters, factors, slow, furrow, pore))
    down, right = y - np.float32(factors["home_y"]), x - np.float32(factors["home_x"])
    redraw = partial(_painted, parameters, drawn)
    return Body(
        intensity=intensity,
        texture=intensity * np.array(MELANIN, np.float32)[:, None, None],
        tissue=(furrow >= np.float32(0.5)).view(np.uint8) + np.uint8(1),
        home=down * down + right * right <= np.float32(parameters.home**2),
        factors=factors,
        redraw=lambda down, right: redraw(*moved(y, x, down, right)),
    )


def _logarithm(
    parameters: Skin,
    factors: dict[str, float],
    slow: Float32[np.ndarray, "4 h w"],
    furrow: Float32[np.ndarray, "h w"],
    pore: Float32[np.ndarray, "h w"],
) -> Float32[np.ndarray, "3 h w"]:
    """Return the logarithm of the light that comes back, by channel."""
    share = np.float32(parameters.mottling)
    melanin = np.float32(factors["melanin"]) * (1 + share * slow[0])
    blood = np.float32(factors["blood"]) * (1 + share * slow[1])
    light = np.float32(parameters.shading) * slow[2]
    deep = np.maximum(1 + np.float32(DEPTHS) * slow[3], 0)
    light -= np.float32(factors["furrows"]) * deep * furrow * furrow
    light -= np.float32(factors["pores"]) * pore
    found = np.empty((3, *light.shape), np.float32)
    poise = (factors["red"], 0.0, factors["blue"])
    for channel, back in enumerate(PALE):
        level = np.float32(np.log(factors["light"] * back) + poise[channel])
        found[channel] = light + level - np.float32(MELANIN[channel]) * melanin
        found[channel] -= np.float32(BLOOD[channel]) * blood
    return found


def _relief(
    parameters: Skin,
    drawn: _Drawn,
    y: Float32[np.ndarray, "h w"],
    x: Float32[np.ndarray, "h w"],
) -> tuple[Float32[np.ndarray, "h w"], Float32[np.ndarray, "h w"]]:
    """Return how much of a furrow and of a pore every pixel is, 0 to 1."""
    angle = drawn.factors["relief_angle"]
    stretch = np.sqrt(drawn.factors["relief_stretch"])
    cosine, sine = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    tall = np.float32(parameters.relief * stretch)
    wide = np.float32(parameters.relief / stretch)
    near, next_near, mark = cells(
        tall * (cosine * y + sine * x), wide * (cosine * x - sine * y), drawn.seeds
    )
    furrow = np.maximum(1 - (next_near - near) / np.float32(WIDTH), 0)
    pore = np.maximum(1 - (near / np.float32(PORE)) ** 2, 0)
    return furrow, pore * (mark < np.float32(parameters.porous))


ANATOMY = Anatomy("skin", Skin, TISSUES, draw, channels=3)
