"""Gaussian noise, the same everywhere: electronic noise, or Rician at high signal."""

from typing import Literal

import numpy as np
from jaxtyping import Float, Float32, Inexact

from simbench.noises.noise import Noise, detected
from simbench.parameters import KindParameters, NonNegativeLimits
from simbench.streams import Stream


class Gaussian(KindParameters):
    """The table ``[acquisition.noise]`` of kind ``gaussian``."""

    kind: Literal["gaussian"]
    sigma: NonNegativeLimits
    """Standard deviation in units of intensity, per image."""


def level(parameters: Gaussian, stream: Stream) -> float:
    """Draw the image's sigma."""
    return stream.between(parameters.sigma)


def draw(
    _parameters: Gaussian, shape: tuple[int, int, int], stream: Stream
) -> Float32[np.ndarray, "1 c h w"]:
    """Draw white noise."""
    return stream.normal(1, *shape)


def apply(
    _parameters: KindParameters,
    level: float,
    fields: Float32[np.ndarray, "1 c h w"],
    signal: Inexact[np.ndarray, "c h w"],
) -> Float32[np.ndarray, "c h w"]:
    """Add noise to the detected signal; nothing keeps the sum from being negative."""
    return detected(signal) + np.float32(level) * fields[0]


def moments(
    _parameters: KindParameters, level: float, signal: Float[np.ndarray, "*shape"]
) -> tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]]:
    """Return the signal and sigma."""
    return signal, np.full_like(signal, level)


def deviation(_parameters: KindParameters, level: float, _signal: float) -> float:
    """Return sigma."""
    return level


NOISE = Noise("gaussian", Gaussian, level, draw, apply, moments, deviation)
