"""The point-spread function: a Gaussian, cut off where it no longer matters."""

import numpy as np
from jaxtyping import Float
from scipy import ndimage

REACH = 4.0  # the kernel ends here, in standard deviations


def blur(
    image: Float[np.ndarray, "*channels h w"], psf: float
) -> Float[np.ndarray, "*channels h w"]:
    """Apply the point-spread function, a Gaussian of ``psf`` pixels."""
    if psf == 0:
        return image
    return ndimage.gaussian_filter(
        image, psf, truncate=REACH, mode="nearest", axes=(-2, -1)
    )


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
