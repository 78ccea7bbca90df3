"""Power spectra of texture as imaged, on the grids on which observers work."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
from jaxtyping import Float
from scipy import fft

from simbench.difficulty.setting import Background
from simbench.psf import transfer
from simbench.texture import Spectrum, padded

MARGIN = 2.0  # of a grid around a lesion, in lengths of the texture
STEP = 16  # grids have few different sizes, so that their spectra are kept
_WAVES = (24, 96)  # fewest and most on a side of the grid for integrals


def grid(box: tuple[int, int], background: Background) -> tuple[int, int]:
    """Choose the size of the periodic grid on which a lesion's box is observed.

    A periodic grid is exact as soon as nothing reaches around it. What reaches is the
    lesion's width and the inverse covariance of the texture, which fades within the
    ``length`` of its spectrum by about exp(-2 pi); twice that is left. More than the
    texture's own periodic field is never taken.
    """
    margin = MARGIN * background.spectrum.length
    height, width = (
        max(min(_rounded(n + margin), padded(whole, background.spectrum.length)), n)
        for n, whole in zip(box, background.frame, strict=True)
    )
    return height, width


@lru_cache(maxsize=256)
def imaged_power(
    size: tuple[int, int], background: Background
) -> Float[np.ndarray, "y k"]:
    """Tabulate the power of a texture of unit variance, blurred, on a half plane.

    The mean over all waves of the texture's own field is 1, as
    :func:`simbench.texture.field` makes it; any other size has the same density. Only
    the constant is different: a field has none, but as no observer knows an image's
    gain and offset, here it is as uncertain as the longest waves.

    Returns
    -------
    Variance times pixels a wave, for the waves of :func:`scipy.fft.rfft2`.
    """
    rows, columns = fft.fftfreq(size[0]), fft.rfftfreq(size[1])
    table: Float[np.ndarray, "y k"] = _density(background, rows, columns)
    return table / _mean(background)


def noise_power(
    size: tuple[int, int], background: Background
) -> Float[np.ndarray, "#y #k"]:
    """Tabulate the power of noise of unit variance in the same way; white is 1."""
    own = noise_background(background)
    return np.ones((1, 1)) if own is None else imaged_power(size, own)


def noise_background(background: Background) -> Background | None:
    """Return correlated noise as if it were a texture; None if it is white."""
    if background.noise is None:
        return None
    return Background(background.frame, background.noise, 0.0)


@lru_cache(maxsize=64)
def integrated_power(background: Background, length: float) -> Float[np.ndarray, "2 k"]:
    """Tabulate the same power on few waves, with each wave's share of the plane.

    The spectra are even and do not mind a transposition, so an eighth is enough.

    Parameters
    ----------
    background
        Whose texture it is.
    length
        The greatest ``length`` of all spectra that are to be compared.

    Returns
    -------
    Power and shares; the shares add up to 1.
    """
    side = 2 * int(np.clip(np.ceil(length), _WAVES[0] // 2, _WAVES[1] // 2))
    waves = np.arange(side // 2 + 1)
    times = np.where((waves == 0) | (waves == side // 2), 1, 2)
    density = _density(background, waves / side, waves / side) / _mean(background)
    shares = np.outer(times, times) / side**2
    half = np.triu_indices(waves.size)
    twice = np.where(half[0] == half[1], 1, 2)
    return np.stack([density[half], shares[half] * twice])


def pairs(width: int) -> Float[np.ndarray, " k"]:
    """Count how often each column of a half plane occurs in the whole."""
    times = np.full(width // 2 + 1, 2.0)
    times[[0, -1] if width % 2 == 0 else [0]] = 1.0
    return times


def _density(
    background: Background,
    rows: Float[np.ndarray, " y"],
    columns: Float[np.ndarray, " k"],
) -> Float[np.ndarray, "y k"]:
    spectrum, psf = background.spectrum, background.psf
    squared = rows[:, None] ** 2 + columns[None, :] ** 2
    blur = transfer(psf, rows)[:, None] * transfer(psf, columns)[None, :]
    return (squared + spectrum.length**-2.0) ** (-spectrum.slope / 2) * blur**2


@lru_cache(maxsize=64)
def _mean(background: Background) -> float:
    """Return the mean over the waves of the texture's own field, its constant 0."""
    height, width = (padded(n, background.spectrum.length) for n in background.frame)
    rows, columns = fft.fftfreq(height), fft.rfftfreq(width)
    density = _density(background, rows, columns)
    density[0, 0] = 0.0
    return float((density * pairs(width)).sum() / (height * width))


def _rounded(side: float) -> int:
    return int(fft.next_fast_len(-(-int(np.ceil(side)) // STEP) * STEP, real=True))


def with_spectrum(background: Background, spectrum: Spectrum) -> Background:
    """Return the same images with a texture of another spectrum."""
    return replace(background, spectrum=spectrum)
