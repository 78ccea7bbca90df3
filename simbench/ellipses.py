"""Soft ellipses at smoothly displaced coordinates.

Ellipses are evaluated at displaced coordinates instead of warping a finished picture,
so their edges stay as sharp as asked. Lengths are in units of half the frame's shorter
side; the frame's center is (0, 0).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Float32
from scipy import ndimage

from simbench.streams import Stream

KNOTS = 7  # control points a side of the displacement


@dataclass(frozen=True)
class Ellipse:
    """Center, half axes and rotation (radians)."""

    y: float
    x: float
    height: float
    width: float
    angle: float = 0.0


def coordinates(
    size: tuple[int, int],
) -> tuple[Float32[np.ndarray, "h 1"], Float32[np.ndarray, "1 w"]]:
    """Return the rows' and columns' positions, in half shorter sides."""
    half = min(size) / 2
    rows = (np.arange(size[0], dtype=np.float32) - np.float32((size[0] - 1) / 2)) / half
    columns = (
        np.arange(size[1], dtype=np.float32) - np.float32((size[1] - 1) / 2)
    ) / half
    return rows[:, None].astype(np.float32), columns[None].astype(np.float32)


def displaced(
    size: tuple[int, int], amount: float, stream: Stream
) -> tuple[Float32[np.ndarray, "h w"], Float32[np.ndarray, "h w"]]:
    """Displace the coordinates by a random smooth field.

    ``amount`` is the standard deviation of the displacement at the control points of a
    cubic B-spline, in half shorter sides; below 0.1 no two points ever swap places.
    """
    rows, columns = coordinates(size)
    control = stream.normal(2, KNOTS, KNOTS) * np.float32(amount)
    left, right = _splines(size[0]), _splines(size[1])
    return rows + left @ control[0] @ right.T, columns + left @ control[1] @ right.T


def moved(
    y: Float32[np.ndarray, "h w"],
    x: Float32[np.ndarray, "h w"],
    down: Float32[np.ndarray, "h w"],
    right: Float32[np.ndarray, "h w"],
) -> tuple[Float32[np.ndarray, "h w"], Float32[np.ndarray, "h w"]]:
    """Return the coordinates found ``down`` and ``right`` pixels from each pixel.

    Beyond the frame the displacement stays that of its border.
    """
    size = (y.shape[0], y.shape[1])
    unit = np.float32(2 / min(size))
    rows, columns = coordinates(size)
    places = np.stack(
        [np.arange(size[0])[:, None] + down, np.arange(size[1])[None] + right]
    )
    found = [
        ndimage.map_coordinates(field, places, order=1, mode="nearest", output="f4")
        for field in (y - rows, x - columns)
    ]
    return rows + unit * down + found[0], columns + unit * right + found[1]


def coverage(
    ellipse: Ellipse,
    y: Float32[np.ndarray, "h w"],
    x: Float32[np.ndarray, "h w"],
    edge: float,
) -> Float32[np.ndarray, "h w"]:
    """Return how much of each pixel is covered, 0 to 1, linear over ``edge``."""
    cosine, sine = np.float32(np.cos(ellipse.angle)), np.float32(np.sin(ellipse.angle))
    down, right = y - np.float32(ellipse.y), x - np.float32(ellipse.x)
    along = (cosine * down + sine * right) / np.float32(ellipse.height)
    across = (cosine * right - sine * down) / np.float32(ellipse.width)
    radius = np.sqrt(along * along + across * across)
    steepness = np.float32(min(ellipse.height, ellipse.width) / edge)
    return np.clip((1 - radius) * steepness + np.float32(0.5), 0, 1)


@lru_cache(maxsize=16)
def _splines(count: int) -> Float32[np.ndarray, "count knots"]:
    places = np.linspace(1, KNOTS - 2, count)
    distance: Float[np.ndarray, "count knots"] = np.abs(
        places[:, None] - np.arange(KNOTS)[None]
    )
    near = 2 / 3 - distance**2 + distance**3 / 2
    far = (2 - np.minimum(distance, 2)) ** 3 / 6
    return np.where(distance < 1, near, far).astype(np.float32)
