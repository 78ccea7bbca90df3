"""Fixed linear filters as matrix products, so that NumPy and a device compute alike.

A separable filter of an image is ``rows @ image @ columns.T``; the matrices are small
and carry the boundary rule (the border value goes on).
"""

from functools import cache

import numpy as np
from jaxtyping import Float

from hrcam.capture import Array, Ops

Matrix = Float[np.ndarray, "n n"]


@cache
def gaussian(length: int, sigma: float) -> Matrix:
    """Return the matrix that blurs an axis with a Gaussian of ``sigma`` pixels."""
    bell = _bell(sigma)
    return convolution(length, bell / bell.sum())


@cache
def curvature(length: int, sigma: float) -> Matrix:
    """Return the matrix of a Gaussian's second derivative, times sigma squared.

    So scaled, blobs of all sizes answer alike (Lindeberg, IJCV 30, 1998).
    """
    bell = _bell(sigma)
    second = ((_reach(sigma) / sigma) ** 2 - 1) * bell / bell.sum()
    return convolution(length, second - second.mean())


@cache
def difference(length: int) -> Matrix:
    """Return the matrix of the central difference, in units per pixel."""
    return convolution(length, np.array([-0.5, 0.0, 0.5]))


@cache
def smoothing(length: int) -> Matrix:
    """Return the matrix of the weights 1, 2, 1 over 4."""
    return convolution(length, np.array([0.25, 0.5, 0.25]))


def convolution(length: int, weights: Float[np.ndarray, " k"]) -> Matrix:
    """Return the matrix that correlates an axis with weights; the border goes on.

    Parameters
    ----------
    length
        Length of the axis.
    weights
        An odd number of weights; the middle one meets the pixel itself.
    """
    reach = len(weights) // 2
    matrix = np.zeros((length, length))
    pixels = np.arange(length)
    for offset, weight in zip(range(-reach, reach + 1), weights, strict=True):
        np.add.at(matrix, (pixels, np.clip(pixels + offset, 0, length - 1)), weight)
    return matrix


def separable(
    ops: Ops, rows: Matrix, images: Array, columns: Float[np.ndarray, "m m"]
) -> Array:
    """Filter images (n, h, w) with one matrix per axis: two large products."""
    left, right = rows.astype(np.float32), columns.astype(np.float32)
    across = ops.tensordot(images, right, axes=[[2], [1]])
    down = ops.tensordot(across, left, axes=[[1], [1]])
    return ops.swapaxes(down, 1, 2)


def blur(ops: Ops, images: Array, size: tuple[int, int], sigma: float) -> Array:
    """Blur images (n, h, w) with a Gaussian of ``sigma`` pixels."""
    return separable(ops, gaussian(size[0], sigma), images, gaussian(size[1], sigma))


def gradient(ops: Ops, images: Array, size: tuple[int, int]) -> Array:
    """Return the gradient magnitude of images (n, h, w) by the Sobel filter."""
    down = separable(ops, difference(size[0]), images, smoothing(size[1]))
    across = separable(ops, smoothing(size[0]), images, difference(size[1]))
    return ops.sqrt(ops.square(down) + ops.square(across))


def laplacian(ops: Ops, images: Array, size: tuple[int, int], sigma: float) -> Array:
    """Return the negative Laplacian of Gaussian: bright blobs of ``sigma`` answer."""
    bell, bend = gaussian, curvature
    down = separable(ops, bend(size[0], sigma), images, bell(size[1], sigma))
    across = separable(ops, bell(size[0], sigma), images, bend(size[1], sigma))
    return -(down + across)


def _reach(sigma: float) -> Float[np.ndarray, " k"]:
    """Return the offsets a Gaussian of ``sigma`` pixels reaches: four sigma."""
    reach = int(np.ceil(4 * sigma))
    return np.arange(-reach, reach + 1).astype(float)


def _bell(sigma: float) -> Float[np.ndarray, " k"]:
    return np.exp(-0.5 * (_reach(sigma) / sigma) ** 2)
