"""Speckle: coherent waves of random phase multiply the amplitude (ultrasound, OCT).

Goodman, J. Opt. Soc. Am. 66 (1976) 1145; Wagner et al., IEEE Trans. Sonics Ultrason. 30
(1983) 156.
"""

from typing import Literal

import numpy as np
from jaxtyping import Float, Float32, Inexact
from pydantic import field_validator
from scipy.special import poch

from simbench.noises.noise import Noise, intensity
from simbench.parameters import KindParameters
from simbench.streams import Stream
from simbench.texture import Spectrum, field

MOST = 16  # looks


class Speckle(KindParameters):
    """The table ``[acquisition.noise]`` of kind ``speckle``."""

    kind: Literal["speckle"]
    looks: tuple[int, int] = (1, 1)
    """Fewest and most independent looks that are averaged, per image; one look is
    fully developed speckle."""
    grain: Spectrum | None = None
    """Power spectrum of each look's complex field, for speckle with a grain; without
    it, every pixel is by itself."""

    @field_validator("looks")
    @classmethod
    def _looks_are_a_range(cls, value: tuple[int, int]) -> tuple[int, int]:
        if not 1 <= value[0] <= value[1] <= MOST:
            msg = f"must be [fewest, most] with 1 <= fewest <= most <= {MOST}"
            raise ValueError(msg)
        return value


def level(parameters: Speckle, stream: Stream) -> float:
    """Draw the image's number of looks."""
    fewest, most = parameters.looks
    return float(fewest + stream.integer(most - fewest + 1))


def draw(
    parameters: Speckle, shape: tuple[int, int, int], stream: Stream
) -> Float32[np.ndarray, "k c h w"]:
    """Draw real and imaginary part of as many looks as an image may have."""
    count = 2 * parameters.looks[1]
    if parameters.grain is None:
        return stream.normal(count, *shape)
    size = (shape[1], shape[2])
    fields = np.empty((count, *shape), np.float32)
    for plane in fields.reshape(-1, *size):
        plane[...] = field(stream, size, parameters.grain, 0.0)
    return fields


def apply(
    _parameters: Speckle,
    level: float,
    fields: Float32[np.ndarray, "k c h w"],
    signal: Inexact[np.ndarray, "c h w"],
) -> Float32[np.ndarray, "c h w"]:
    """Multiply the signal by an amplitude of mean 1.

    Notes
    -----
    Amplitude sqrt(G / L) / c, where G of Gamma(L) is half the sum of 2 L squared normal
    numbers and c = Gamma(L + 1/2) / (Gamma(L) sqrt(L)) is the mean of its root, 0.886
    for one look (Rayleigh). So the mean image is the signal, and contrast does not
    depend on the looks.
    """
    used = fields[: 2 * int(level)]
    squares = np.einsum("kchw,kchw->chw", used, used)
    scale = np.float32(1 / (np.sqrt(2 * level) * _mean(level)))
    return intensity(signal) * (scale * np.sqrt(squares))


def moments(
    _parameters: Speckle, level: float, signal: Float[np.ndarray, "*shape"]
) -> tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]]:
    """Return the signal S and S sqrt(1 / c**2 - 1), which is 0.523 S for one look."""
    mean = np.maximum(signal, 0)
    return mean, mean * np.sqrt(_mean(level) ** -2 - 1)


def deviation(_parameters: Speckle, level: float, signal: float) -> float:
    """Return the standard deviation where the signal is given."""
    return max(signal, 0.0) * float(np.sqrt(_mean(level) ** -2 - 1))


def _mean(looks: float) -> float:
    return float(poch(looks, 0.5) / np.sqrt(looks))


NOISE = Noise("speckle", Speckle, level, draw, apply, moments, deviation)
