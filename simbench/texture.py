"""Gaussian random fields: the texture of tissue.

One inverse FFT of a half spectrum a field. The variance is normalized by the sum of
the spectrum, never by the image, so a lesion cannot change the texture around it.
"""

from functools import lru_cache

import numpy as np
from jaxtyping import Float, Float32
from scipy import fft

from simbench.parameters import NonNegative, Parameters, Positive
from simbench.psf import transfer
from simbench.streams import Stream

PADDING = 0.25  # the FFT is periodic: draw a larger field, by this share at least


class Spectrum(Parameters):
    """Power (f**2 + 1 / length**2) ** (-slope / 2), without a constant part."""

    slope: NonNegative
    """Exponent of the power law; 0 is white, about 3 are mammograms (Burgess 2001)."""
    length: Positive
    """Wavelength in pixels beyond which the power stops rising."""


def field(
    stream: Stream, size: tuple[int, int], spectrum: Spectrum, psf: float
) -> Float32[np.ndarray, "h w"]:
    """Draw a Gaussian random field that has unit variance once it is imaged.

    Parameters
    ----------
    stream
        Where the numbers come from.
    size
        Height and width in pixels.
    spectrum
        How power depends on frequency.
    psf
        Standard deviation, in pixels, of the blur that the field will undergo. Fields
        of different spectra then have the same variance in the image.

    Notes
    -----
    ``irfft2`` drops the imaginary part of the columns kx = 0 and kx = Nyquist, which
    would halve their power; their amplitude is multiplied by the square root of 2.
    """
    scale, whole = _amplitudes(size, spectrum.slope, spectrum.length, psf)
    normals = stream.normal(2, *scale.shape)
    waves = np.empty(scale.shape, np.complex64)
    waves.real = normals[0] * scale
    waves.imag = normals[1] * scale
    rows = fft.ifft(waves, axis=0, overwrite_x=True, workers=1)[: size[0]]
    return fft.irfft(rows, whole[1], axis=1, workers=1)[:, : size[1]]


def padded(side: int, length: float) -> int:
    """Return how long a side is drawn: opposite borders of the frame are then apart.

    Parameters
    ----------
    side
        Of the frame, in pixels.
    length
        Of the spectrum, in pixels.
    """
    gap = min(max(PADDING * side, length), side)
    return int(fft.next_fast_len(side + round(gap), real=True))


@lru_cache(maxsize=64)
def _amplitudes(
    size: tuple[int, int], slope: float, length: float, psf: float
) -> tuple[Float32[np.ndarray, "y k"], tuple[int, int]]:
    height, width = (padded(n, length) for n in size)
    rows, columns = fft.fftfreq(height), fft.rfftfreq(width)
    squared = rows[:, None] ** 2 + columns[None, :] ** 2
    power = (squared + length**-2.0) ** (-slope / 2)
    power[0, 0] = 0.0
    edges = np.array([0, -1] if width % 2 == 0 else [0])
    blur = transfer(psf, rows)[:, None] * transfer(psf, columns)[None, :]
    pairs = np.full(columns.size, 2.0)
    pairs[edges] = 1.0
    variance = 2 * (pairs * power * blur**2).sum() / (height * width) ** 2
    scale: Float[np.ndarray, "y k"] = np.sqrt(power / variance)
    scale[:, edges] *= np.sqrt(2)
    return scale.astype(np.float32), (height, width)
