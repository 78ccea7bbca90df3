"""Non-central chi noise: the root of the sum of squares of several coils.

Constantinides, Atalar & McVeigh, Magn. Reson. Med. 38 (1997) 852. One coil is Rician.
"""

from typing import Literal

import numpy as np
from jaxtyping import Float, Float32, Inexact
from pydantic import Field
from scipy.special import hyp1f1, poch

from simbench.noises.noise import Noise
from simbench.parameters import KindParameters, NonNegativeLimits
from simbench.streams import Stream


class NoncentralChi(KindParameters):
    """The table ``[acquisition.noise]`` of kind ``noncentral_chi``."""

    kind: Literal["noncentral_chi"]
    coils: int = Field(ge=1, le=32)
    """Coils of equal sensitivity; time and memory grow with their number."""
    sigma: NonNegativeLimits
    """Standard deviation of the real and of the imaginary part of each coil, in units
    of intensity, per image."""


def level(parameters: NoncentralChi, stream: Stream) -> float:
    """Draw the image's sigma."""
    return stream.between(parameters.sigma)


def draw(
    parameters: NoncentralChi, shape: tuple[int, int, int], stream: Stream
) -> Float32[np.ndarray, "k c h w"]:
    """Draw the noise of the real and of the imaginary part of each coil in turn."""
    return stream.normal(2 * parameters.coils, *shape)


def apply(
    parameters: NoncentralChi,
    level: float,
    fields: Float32[np.ndarray, "k c h w"],
    signal: Inexact[np.ndarray, "c h w"],
) -> Float32[np.ndarray, "c h w"]:
    """Share the signal's power out, add noise to every part, sum up the squares."""
    sigma = np.float32(level)
    share = signal * np.float32(parameters.coils**-0.5)
    other = share.imag if np.iscomplexobj(signal) else np.float32(0)
    squares = np.zeros(signal.shape, np.float32)
    for coil in range(parameters.coils):
        squares += (share.real + sigma * fields[2 * coil]) ** 2
        squares += (other + sigma * fields[2 * coil + 1]) ** 2
    return np.sqrt(squares)


def moments(
    parameters: NoncentralChi, level: float, signal: Float[np.ndarray, "*shape"]
) -> tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]]:
    """Return mean and standard deviation of the root of the sum of squares.

    Notes
    -----
    With L coils, E[I] = sigma sqrt(2) Gamma(L + 1/2) / Gamma(L)
    1F1(-1/2; L; -S**2 / (2 sigma**2)) and E[I**2] = S**2 + 2 L sigma**2. The confluent
    hypergeometric function 1F1 is the generalized Laguerre function of order 1/2.
    """
    signal = np.abs(signal)
    if level == 0:
        return signal, np.zeros_like(signal)
    coils = parameters.coils
    bent = hyp1f1(-0.5, coils, -(signal**2) / (2 * level**2))
    mean = level * np.sqrt(2) * poch(coils, 0.5) * bent
    square = signal**2 + 2 * coils * level**2
    return mean, np.sqrt(np.maximum(square - mean**2, 0))


def deviation(_parameters: NoncentralChi, level: float, _signal: float) -> float:
    """Return the sigma of each part of each coil."""
    return level


NOISE = Noise("noncentral_chi", NoncentralChi, level, draw, apply, moments, deviation)
