"""Poisson noise: counted photons (x-rays, cameras), with or without read-out noise.

The object stands for *transmission*: a signal S is the share of the photons that
arrive, N0 of them where S = 1, and the image is I = Poisson(N0 S) / N0. What is bright
is noisy, as in a camera. Where the object stands for *attenuation* A instead (bone is
bright because it absorbs), exp(-A) arrives and the radiograph shows A = -log I, whose
standard deviation exp(A / 2) / sqrt(N0) grows with brightness, too, but not from zero:
for such objects this law is right in kind only.
"""

import math
from typing import Literal

import numpy as np
from jaxtyping import Float, Float32, Inexact
from scipy.special import ndtri

from simbench.compiled import compiled
from simbench.noises.noise import Noise, intensity
from simbench.parameters import KindParameters, NonNegative, PositiveLimits
from simbench.streams import Stream

EXACT = 12.0  # means below it are inverted exactly, others by an expansion
LAST = 120  # photons; more have a probability below 1e-80 at such means


class Poisson(KindParameters):
    """The table ``[acquisition.noise]`` of kind ``poisson``."""

    kind: Literal["poisson"]
    photons: PositiveLimits
    """Mean number of photons where the signal is 1, per image."""
    read: NonNegative = 0.0
    """Standard deviation of Gaussian read-out noise, in photons."""


def level(parameters: Poisson, stream: Stream) -> float:
    """Draw the image's number of photons."""
    return stream.between(parameters.photons)


def draw(
    parameters: Poisson, shape: tuple[int, int, int], stream: Stream
) -> Float32[np.ndarray, "k c h w"]:
    """Draw the normal numbers whose quantiles are the counts', and those of read-out.

    They have long tails, from 53 bits each: a mean of 1e-6 photons needs them.
    """
    shares = stream.uniform(math.prod(shape)) + 2.0**-54
    counted = ndtri(shares).astype(np.float32).reshape(1, *shape)
    if parameters.read == 0:
        return counted
    return np.concatenate([counted, stream.normal(1, *shape)])


def apply(
    parameters: Poisson,
    level: float,
    fields: Float32[np.ndarray, "k c h w"],
    signal: Inexact[np.ndarray, "c h w"],
) -> Float32[np.ndarray, "c h w"]:
    """Count the photons of every pixel and divide by those of signal 1.

    The count is the quantile of its law at the share that the drawn normal number has
    below it, in both images of a pair: more signal never means fewer photons.
    """
    means = np.ascontiguousarray(intensity(signal)) * np.float32(level)
    counts = np.empty_like(means)
    _count(means.reshape(-1), fields[0].reshape(-1), counts.reshape(-1))
    if parameters.read > 0:
        counts += np.float32(parameters.read) * fields[1]
    return counts / np.float32(level)


def moments(
    parameters: Poisson, level: float, signal: Float[np.ndarray, "*shape"]
) -> tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]]:
    """Return the signal and sqrt(signal / N0 + (read / N0)**2)."""
    mean = np.maximum(signal, 0)
    return mean, np.sqrt(mean / level + (parameters.read / level) ** 2)


def deviation(parameters: Poisson, level: float, signal: float) -> float:
    """Return the standard deviation where the signal is given."""
    return math.hypot(math.sqrt(max(signal, 0.0) / level), parameters.read / level)


@compiled
def _count(
    means: Float32[np.ndarray, " n"],
    normals: Float32[np.ndarray, " n"],
    counts: Float32[np.ndarray, " n"],
) -> None:
    for i in range(means.size):
        mean, normal = np.float64(means[i]), np.float64(normals[i])
        if mean < EXACT:
            counts[i] = _searched(mean, normal)
        else:
            counts[i] = _expanded(mean, normal)


@compiled
def _searched(mean: float, normal: float) -> float:
    """Return the least count that at most the share above ``normal`` exceeds."""
    above = 0.5 * math.erfc(normal / math.sqrt(2.0))
    count, term, left = 0.0, math.exp(-mean), -math.expm1(-mean)
    while left > above and count < LAST:
        count += 1.0
        term *= mean / count
        left -= term
    return count


@compiled
def _expanded(mean: float, normal: float) -> float:
    """Return the quantile by its Cornish-Fisher expansion, cut to an integer.

    Notes
    -----
    Giles, ACM Trans. Math. Softw. 42 (2016) 7, Q_N3. From a mean of 12 on it is off by
    one for at most 0.2 % of the shares; means are right to 2e-7 and variances to 5e-5.
    """
    root = math.sqrt(mean)
    third = -normal / 36.0 - normal**3 / 72.0
    found = mean + root * normal + 1.0 / 3.0 + normal**2 / 6.0 + third / root
    return max(math.floor(found), 0.0)


NOISE = Noise("poisson", Poisson, level, draw, apply, moments, deviation)
