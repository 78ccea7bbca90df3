"""Bring maps to another grid inside a method, alike in NumPy and on a device.

Some methods are defined through enlarged feature maps (masks of the image, products
with it). A capture does not hold the layers' geometry, so units lie at the center of
their share of the axis (half-pixel), as published and as in
:func:`hrcam.enlargement.enlarge` with ``half_pixel``; networks that shrink by 2 x 2
pooling look exactly there. Each resampling is two products with constant matrices.
"""

from functools import cache

import numpy as np
from jaxtyping import Float

from hrcam.capture import Array, Ops
from hrcam.enlargement import interpolation


@cache
def magnifier(pixels: int, units: int) -> Float[np.ndarray, "pixels units"]:
    """Return the matrix of half-pixel linear interpolation from units to pixels."""
    stride = pixels / units
    return interpolation(pixels, units, (stride, (stride - 1) / 2)).astype(np.float32)


@cache
def averager(units: int, pixels: int) -> Float[np.ndarray, "units pixels"]:
    """Return the matrix that averages an axis of pixels over equal stretches of it."""
    edges = np.linspace(0, pixels, units + 1)
    low = np.maximum(edges[:-1, None], np.arange(pixels))
    high = np.minimum(edges[1:, None], np.arange(pixels) + 1.0)
    cover = np.clip(high - low, 0, None)
    return (cover / cover.sum(axis=1, keepdims=True)).astype(np.float32)


def magnify(
    ops: Ops, maps: Array, units: tuple[int, int], size: tuple[int, int]
) -> Array:
    """Enlarge maps bilinearly, half-pixel.

    Parameters
    ----------
    ops
        ``numpy`` or ``keras.ops``.
    maps
        (n, h, w), signed.
    units, size
        Rows and columns of the maps and of the result.

    Returns
    -------
    maps
        (n, H, W), within the range of each map.
    """
    rows, columns = (magnifier(p, u) for p, u in zip(size, units, strict=True))
    return ops.matmul(ops.matmul(rows, maps), columns.T.copy())


def average(
    maps: Float[np.ndarray, "n h w"], size: tuple[int, int]
) -> Float[np.ndarray, "n H W"]:
    """Shrink maps to ``size``: each unit is the mean of its share, (n, H, W)."""
    rows, columns = (averager(u, p) for p, u in zip(maps.shape[1:], size, strict=True))
    return rows @ maps @ columns.T
