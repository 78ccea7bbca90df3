"""Rician noise: the magnitude of a complex signal (Gudbjartsson & Patz 1995)."""

from typing import Literal

import numpy as np
from jaxtyping import Float, Float32, Inexact
from scipy.special import i0e, i1e

from simbench.noises.noise import Noise
from simbench.parameters import KindParameters, NonNegativeLimits
from simbench.streams import Stream


class Rician(KindParameters):
    """The table ``[acquisition.noise]`` of kind ``rician``."""

    kind: Literal["rician"]
    sigma: NonNegativeLimits
    """Standard deviation of each complex channel, per image."""


def level(parameters: Rician, stream: Stream) -> float:
    """Draw the image's sigma."""
    return stream.between(parameters.sigma)


def draw(
    _parameters: Rician, shape: tuple[int, int, int], stream: Stream
) -> Float32[np.ndarray, "2 c h w"]:
    """Draw the noise of the real and of the imaginary part."""
    return stream.normal(2, *shape)


def apply(
    _parameters: Rician,
    level: float,
    fields: Float32[np.ndarray, "2 c h w"],
    signal: Inexact[np.ndarray, "c h w"],
) -> Float32[np.ndarray, "c h w"]:
    """Add noise to both parts and take the magnitude."""
    sigma = np.float32(level)
    real = signal.real + sigma * fields[0]
    other = sigma * fields[1] + (signal.imag if np.iscomplexobj(signal) else 0)
    return np.sqrt(real * real + other * other).astype(np.float32, copy=False)


def moments(
    _parameters: Rician, level: float, signal: Float[np.ndarray, "*shape"]
) -> tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]]:
    """Return mean and standard deviation of the magnitude.

    Notes
    -----
    E[I] = sigma sqrt(pi / 2) L(-S**2 / (2 sigma**2)), E[I**2] = S**2 + 2 sigma**2,
    L the Laguerre function of order 1/2, here by exponentially scaled Bessel functions.
    """
    signal = np.abs(signal)
    if level == 0:
        return signal, np.zeros_like(signal)
    x = signal**2 / (4 * level**2)
    laguerre = (1 + 2 * x) * i0e(x) + 2 * x * i1e(x)
    mean = level * np.sqrt(np.pi / 2) * laguerre
    return mean, np.sqrt(np.maximum(signal**2 + 2 * level**2 - mean**2, 0))


def deviation(_parameters: Rician, level: float, _signal: float) -> float:
    """Return the sigma of each complex channel."""
    return level


NOISE = Noise("rician", Rician, level, draw, apply, moments, deviation)
