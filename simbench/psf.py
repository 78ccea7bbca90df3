"""The point-spread function: a Gaussian, cut off where it no longer matters."""

from functools import lru_cache

import numpy as np
from jaxtyping import Float

from simbench.compiled import compiled

REACH = 4.0  # the kernel ends here, in standard deviations


def blur(
    image: Float[np.ndarray, "*channels h w"], psf: float
) -> Float[np.ndarray, "*channels h w"]:
    """Apply the point-spread function, a Gaussian of ``psf`` pixels.

    Beyond the frame the image goes on as at its border.
    """
    if psf == 0:
        return image
    planes = np.ascontiguousarray(image).reshape(-1, *image.shape[-2:])
    blurred = np.empty_like(planes)
    _correlate(planes, _kernel(psf).astype(image.dtype), blurred)
    return blurred.reshape(image.shape)


def transfer(
    psf: float, frequencies: Float[np.ndarray, " k"]
) -> Float[np.ndarray, " k"]:
    """Tell how :func:`blur` scales waves of the given frequencies (cycles a pixel)."""
    kernel = _kernel(psf)
    places = np.arange(kernel.size) - kernel.size // 2
    return np.cos(2 * np.pi * np.outer(frequencies, places)) @ kernel


@lru_cache(maxsize=64)
def _kernel(psf: float) -> Float[np.ndarray, " taps"]:
    radius = int(REACH * psf + 0.5)
    places = np.arange(-radius, radius + 1)
    weights = np.exp(-(places**2) / (2 * psf**2)) if radius else np.ones(1)
    return weights / weights.sum()


@compiled
def _correlate(
    planes: Float[np.ndarray, "n h w"],
    kernel: Float[np.ndarray, " taps"],
    blurred: Float[np.ndarray, "n h w"],
) -> None:
    """Go down every column, then along every row, repeating the border."""
    count, height, width = planes.shape
    reach = kernel.size // 2
    line = np.empty(width + 2 * reach, planes.dtype)
    inner = line[reach : reach + width]
    for plane in range(count):
        for row in range(height):
            line[:] = 0
            for tap in range(kernel.size):
                source = planes[plane, min(max(row + tap - reach, 0), height - 1)]
                weight = kernel[tap]
                for column in range(width):
                    inner[column] += weight * source[column]
            line[:reach] = line[reach]
            line[reach + width :] = line[reach + width - 1]
            target = blurred[plane, row]
            target[:] = 0
            for tap in range(kernel.size):
                weight = kernel[tap]
                shifted = line[tap : tap + width]
                for column in range(width):
                    target[column] += weight * shifted[column]
