"""How an object becomes an image: blur, bias field, Rician noise, gain, offset.

Everything drawn is drawn once, in :func:`conditions`, and applied to the image and to
its counterfactual alike.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float, Float32, UInt8
from pydantic import Field, field_validator
from scipy import ndimage
from scipy.special import eval_legendre

from simbench.parameters import Finite, NonNegative, NonNegativeLimits, Parameters
from simbench.streams import stream

REACH = 4.0  # the blur's kernel ends here, in standard deviations


class Bias(Parameters):
    """A smooth factor: exp of a Legendre polynomial (Van Leemput et al. 1999)."""

    degree: int = Field(ge=1, le=8)
    """Highest total degree; degree 0, a global gain, is left out."""
    strength: NonNegative
    """Standard deviation of the field's logarithm, about; 20 % INU is 0.1."""


class Acquisition(Parameters):
    """The tables and numbers of ``[acquisition]``."""

    psf: NonNegative
    """Standard deviation of the Gaussian blur in pixels."""
    bias: Bias
    noise: NonNegativeLimits
    """Rician noise: standard deviation of each complex channel, per image."""
    gain: NonNegative
    """Standard deviation of the logarithm of the image's gain."""
    offset: NonNegative
    """Standard deviation of the number added to the whole image."""
    window: tuple[Finite, Finite]
    """The intensities that become 0 and 255, the same for all images."""

    @field_validator("window")
    @classmethod
    def _window_is_open(cls, value: tuple[float, float]) -> tuple[float, float]:
        if value[0] >= value[1]:
            msg = "must be [black, white] with black < white"
            raise ValueError(msg)
        return value


@dataclass(frozen=True)
class Conditions:
    """What one acquisition has drawn: the same for image and counterfactual."""

    bias: Float32[np.ndarray, "h w"]
    noise: Float32[np.ndarray, "2 h w"]
    gain: float
    offset: float
    factors: dict[str, float]


def blur(image: Float[np.ndarray, "h w"], psf: float) -> Float[np.ndarray, "h w"]:
    """Apply the point-spread function, a Gaussian of ``psf`` pixels."""
    if psf == 0:
        return image
    return ndimage.gaussian_filter(image, psf, truncate=REACH, mode="nearest")


def transfer(
    psf: float, frequencies: Float[np.ndarray, " k"]
) -> Float[np.ndarray, " k"]:
    """Tell how :func:`blur` scales waves of the given frequencies (cycles a pixel)."""
    radius = int(REACH * psf + 0.5) if psf else 0
    impulse = np.zeros(2 * radius + 1)
    impulse[radius] = 1.0
    if psf:
        impulse = ndimage.gaussian_filter1d(
            impulse, psf, truncate=REACH, mode="constant"
        )
    places = np.arange(-radius, radius + 1)
    return np.cos(2 * np.pi * np.outer(frequencies, places)) @ impulse


def conditions(
    parameters: Acquisition, tissue: Bool[np.ndarray, "h w"], seed: int, index: int
) -> Conditions:
    """Draw bias field, noise, gain and offset of one image.

    Parameters
    ----------
    parameters
        The recipe's ``[acquisition]``.
    tissue
        True inside the body: there the logarithm of the bias field has mean 0.
    seed, index
        The recipe's seed and the sample's index.
    """
    exposure = stream(seed, "exposure", index)
    sigma = exposure.between(parameters.noise)
    gain = float(np.exp(exposure.gauss(parameters.gain)))
    offset = exposure.gauss(parameters.offset)
    size = (tissue.shape[0], tissue.shape[1])
    logarithm = _bias_logarithm(parameters.bias, tissue, seed, index)
    normals = stream(seed, "noise", index).normal(2, *size)
    inside = logarithm[tissue]
    return Conditions(
        bias=np.exp(logarithm).astype(np.float32),
        noise=normals * np.float32(sigma),
        gain=gain,
        offset=offset,
        factors={
            "noise": sigma,
            "gain": gain,
            "offset": offset,
            "bias": float(inside.std()) if inside.size else 0.0,
        },
    )


def expose(
    signal: Float32[np.ndarray, "h w"], conditions: Conditions, parameters: Acquisition
) -> UInt8[np.ndarray, "h w"]:
    """Turn a blurred object into an image of 256 gray levels.

    Notes
    -----
    Rician noise as in Gudbjartsson & Patz, MRM 34 (1995): the magnitude of a complex
    signal with independent normal noise in both channels.
    """
    real = signal * conditions.bias + conditions.noise[0]
    magnitude = np.sqrt(real * real + conditions.noise[1] ** 2)
    image = np.float32(conditions.gain) * magnitude + np.float32(conditions.offset)
    black, white = parameters.window
    levels = (image - np.float32(black)) * np.float32(255 / (white - black))
    return np.clip(np.rint(levels), 0, 255).astype(np.uint8)


def _bias_logarithm(
    parameters: Bias, tissue: Bool[np.ndarray, "h w"], seed: int, index: int
) -> Float[np.ndarray, "h w"]:
    degree = parameters.degree
    rows, columns, terms, scale = _legendre(tissue.shape[0], tissue.shape[1], degree)
    weights = np.zeros((degree + 1, degree + 1))
    draws = stream(seed, "bias", index).normal(int(terms.sum()))
    weights[terms] = draws * scale[terms] * parameters.strength
    logarithm = rows @ weights @ columns.T
    return logarithm - logarithm[tissue].mean() if tissue.any() else logarithm


@lru_cache(maxsize=16)
def _legendre(
    height: int, width: int, degree: int
) -> tuple[
    Float[np.ndarray, "h d"],
    Float[np.ndarray, "w d"],
    Bool[np.ndarray, "d d"],
    Float[np.ndarray, "d d"],
]:
    orders = np.arange(degree + 1)
    rows = eval_legendre(orders[None], np.linspace(-1, 1, height)[:, None])
    columns = eval_legendre(orders[None], np.linspace(-1, 1, width)[:, None])
    total = orders[:, None] + orders[None]
    terms = (total >= 1) & (total <= degree)
    norms = (2 * orders + 1)[:, None] * (2 * orders + 1)[None]
    return rows, columns, terms, np.sqrt(norms / terms.sum())
