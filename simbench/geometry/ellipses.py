"""Soft ellipses at smoothly displaced coordinates.

Ellipses are evaluated at displaced coordinates instead of warping a finished picture,
so their edges stay as sharp as asked. Lengths are in units of half the frame's shorter
side; the frame's center is (0, 0).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Float32, UInt8

from simbench.compiled import compiled
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
    shifts = np.stack([y - rows, x - columns])
    found = np.empty_like(shifts)
    _look_up(shifts, np.ascontiguousarray(down), np.ascontiguousarray(right), found)
    return rows + unit * down + found[0], columns + unit * right + found[1]


def coverage(
    ellipse: Ellipse,
    y: Float32[np.ndarray, "#h #w"],
    x: Float32[np.ndarray, "#h #w"],
    edge: float,
) -> Float32[np.ndarray, "h w"]:
    """Return how much of each pixel is covered, 0 to 1, linear over ``edge``."""
    y, x = np.broadcast_arrays(y, x)
    y, x = np.ascontiguousarray(y), np.ascontiguousarray(x)
    shares = np.empty(y.shape, np.float32)
    _cover(_numbers(ellipse, edge), y, x, shares)
    return shares


def painted(
    ellipses: Sequence[Ellipse],
    paints: Float32[np.ndarray, "ellipses layers"],
    y: Float32[np.ndarray, "h w"],
    x: Float32[np.ndarray, "h w"],
    edge: float,
) -> tuple[Float32[np.ndarray, "layers h w"], UInt8[np.ndarray, "h w"]]:
    """Paint soft ellipses over one another on empty ground.

    Parameters
    ----------
    ellipses
        In the order of painting.
    paints
        What each ellipse paints into each layer.
    y, x
        Coordinates of every pixel.
    edge
        Width of the transitions.

    Returns
    -------
    layers
        Where an ellipse covers a share of a pixel, that share of its paint has
        replaced what was there.
    places
        1 + the place in ``ellipses`` of the last that covers at least half the pixel,
        0 where there is none.
    """
    numbers = np.stack([_numbers(ellipse, edge) for ellipse in ellipses])
    layers = np.zeros((paints.shape[1], *y.shape), np.float32)
    places = np.zeros(y.shape, np.uint8)
    _paint(numbers, paints, y, x, layers, places)
    return layers, places


def _numbers(ellipse: Ellipse, edge: float) -> Float32[np.ndarray, "10"]:
    """Return what the loops need of an ellipse.

    Center, cosine, sine, 1 / height, 1 / width, steepness, the squared radii within
    which all and beyond which nothing is covered, and how far it reaches up and down.
    """
    steepness = min(ellipse.height, ellipse.width) / edge
    cosine, sine = np.cos(ellipse.angle), np.sin(ellipse.angle)
    inner, outer = max(1 - 0.5 / steepness, 0.0), 1 + 0.5 / steepness
    return np.array(
        [
            ellipse.y,
            ellipse.x,
            cosine,
            sine,
            1 / ellipse.height,
            1 / ellipse.width,
            steepness,
            inner**2,
            outer**2,
            outer * np.hypot(ellipse.height * cosine, ellipse.width * sine) + 1e-4,
        ],
        np.float32,
    )


@compiled
def _share(
    numbers: Float32[np.ndarray, "10"], y: np.float32, x: np.float32
) -> np.float32:
    down, right = y - numbers[0], x - numbers[1]
    along = (numbers[2] * down + numbers[3] * right) * numbers[4]
    across = (numbers[2] * right - numbers[3] * down) * numbers[5]
    squared = along * along + across * across
    if squared >= numbers[8]:
        return np.float32(0)
    if squared <= numbers[7]:
        return np.float32(1)
    share = (np.float32(1) - np.sqrt(squared)) * numbers[6] + np.float32(0.5)
    return min(max(share, np.float32(0)), np.float32(1))


@compiled
def _look_up(
    fields: Float32[np.ndarray, "k h w"],
    down: Float32[np.ndarray, "h w"],
    right: Float32[np.ndarray, "h w"],
    found: Float32[np.ndarray, "k h w"],
) -> None:
    """Interpolate fields linearly at moved places, within the frame."""
    count, height, width = fields.shape
    for row in range(height):
        for column in range(width):
            v = min(max(row + down[row, column], np.float32(0)), np.float32(height - 1))
            u = min(
                max(column + right[row, column], np.float32(0)), np.float32(width - 1)
            )
            top, left = min(int(v), height - 2), min(int(u), width - 2)
            v, u = v - top, u - left
            for field in range(count):
                plane = fields[field]
                upper = (1 - u) * plane[top, left] + u * plane[top, left + 1]
                lower = (1 - u) * plane[top + 1, left] + u * plane[top + 1, left + 1]
                found[field, row, column] = (1 - v) * upper + v * lower


@compiled
def _cover(
    numbers: Float32[np.ndarray, "10"],
    y: Float32[np.ndarray, "h w"],
    x: Float32[np.ndarray, "h w"],
    shares: Float32[np.ndarray, "h w"],
) -> None:
    for row in range(y.shape[0]):
        for column in range(y.shape[1]):
            shares[row, column] = _share(numbers, y[row, column], x[row, column])


@compiled
def _paint(
    numbers: Float32[np.ndarray, "ellipses 10"],
    paints: Float32[np.ndarray, "ellipses layers"],
    y: Float32[np.ndarray, "h w"],
    x: Float32[np.ndarray, "h w"],
    layers: Float32[np.ndarray, "layers h w"],
    places: UInt8[np.ndarray, "h w"],
) -> None:
    """Look from the last ellipse down, until nothing shines through."""
    near = np.empty(numbers.shape[0], np.int64)
    for row in range(y.shape[0]):
        low, high = y[row].min(), y[row].max()
        count = 0
        for back in range(1, numbers.shape[0] + 1):
            one = numbers[numbers.shape[0] - back]
            if low - one[9] <= one[0] <= high + one[9]:
                near[count] = numbers.shape[0] - back
                count += 1
        for column in range(y.shape[1]):
            through = np.float32(1)
            for place in range(count):
                ellipse = near[place]
                share = _share(numbers[ellipse], y[row, column], x[row, column])
                if share > 0:
                    weight = through * share
                    for layer in range(paints.shape[1]):
                        layers[layer, row, column] += weight * paints[ellipse, layer]
                    if share >= np.float32(0.5) and places[row, column] == 0:
                        places[row, column] = ellipse + 1
                    through -= weight
                    if share == np.float32(1):
                        break


@lru_cache(maxsize=16)
def _splines(count: int) -> Float32[np.ndarray, "count knots"]:
    places = np.linspace(1, KNOTS - 2, count)
    distance: Float[np.ndarray, "count knots"] = np.abs(
        places[:, None] - np.arange(KNOTS)[None]
    )
    near = 2 / 3 - distance**2 + distance**3 / 2
    far = (2 - np.minimum(distance, 2)) ** 3 / 6
    return np.where(distance < 1, near, far).astype(np.float32)
