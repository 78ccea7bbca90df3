"""Correlated Gaussian noise of a given power spectrum: reconstructed images."""

from typing import Literal

import numpy as np
from jaxtyping import Float32

from simbench.noises import gaussian
from simbench.noises.noise import Noise
from simbench.parameters import KindParameters, NonNegativeLimits
from simbench.streams import Stream
from simbench.texture import Spectrum, field


class Correlated(KindParameters):
    """The table ``[acquisition.noise]`` of kind ``correlated``."""

    kind: Literal["correlated"]
    sigma: NonNegativeLimits
    """Standard deviation of a pixel in units of intensity, per image."""
    spectrum: Spectrum
    """The noise power spectrum's shape; it has no constant part."""


def level(parameters: Correlated, stream: Stream) -> float:
    """Draw the image's sigma."""
    return stream.between(parameters.sigma)


def draw(
    parameters: Correlated, shape: tuple[int, int, int], stream: Stream
) -> Float32[np.ndarray, "1 c h w"]:
    """Draw a Gaussian random field for each channel.

    It is added after the blur, so it has unit variance as it is.
    """
    channels, *size = shape
    fields = [
        field(stream, (size[0], size[1]), parameters.spectrum, 0.0)
        for _ in range(channels)
    ]
    return np.stack(fields)[None]


NOISE = Noise(
    "correlated",
    Correlated,
    level,
    draw,
    gaussian.NOISE.apply,
    gaussian.NOISE.moments,
    gaussian.NOISE.deviation,
)
