"""Compiled loops of :mod:`simbench.geometry.displacement`."""

import math

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int32

from simbench.compiled import compiled


@compiled
def borders(
    planes: Float32[np.ndarray, "c h w"], step: float
) -> Bool[np.ndarray, "h w"]:
    """Mark the pixels that differ by more than ``step`` from that above or left."""
    count, height, width = planes.shape
    found = np.zeros((height, width), np.bool_)
    for plane in range(count):
        for y in range(height):
            for x in range(width):
                value = planes[plane, y, x]
                if y > 0 and abs(value - planes[plane, y - 1, x]) > step:
                    found[y, x] = True
                if x > 0 and abs(value - planes[plane, y, x - 1]) > step:
                    found[y, x] = True
    return found


@compiled
def enclosed(home: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, "h w"]:
    """Return the pixels that have tissue on all four sides, or are tissue."""
    height, width = home.shape
    first, last = np.full(width, height), np.full(width, -1)
    for y in range(height):
        for x in range(width):
            if home[y, x]:
                first[x] = min(first[x], y)
                last[x] = y
    found = np.zeros((height, width), np.bool_)
    for y in range(height):
        left, right = width, -1
        for x in range(width):
            if home[y, x]:
                left = min(left, x)
                right = x
        for x in range(left, right + 1):
            found[y, x] = first[x] <= y <= last[x]
    return found


@compiled
def around(marks: Bool[np.ndarray, "h w"], reach: int) -> Int32[np.ndarray, "h w"]:
    """Count the marks at most ``reach`` rows and columns away from each pixel."""
    height, width = marks.shape
    sums = np.zeros((height + 1, width + 1), np.int32)
    for y in range(height):
        for x in range(width):
            sums[y + 1, x + 1] = (
                marks[y, x] + sums[y, x + 1] + sums[y + 1, x] - sums[y, x]
            )
    counts = np.empty((height, width), np.int32)
    for y in range(height):
        top, bottom = max(y - reach, 0), min(y + reach + 1, height)
        for x in range(width):
            left, right = max(x - reach, 0), min(x + reach + 1, width)
            counts[y, x] = (
                sums[bottom, right]
                - sums[top, right]
                - sums[bottom, left]
                + sums[top, left]
            )
    return counts


@compiled
def displace(
    center: Float64[np.ndarray, "3"],
    axes: Float64[np.ndarray, "4"],
    down: Float32[np.ndarray, "h w"],
    right: Float32[np.ndarray, "h w"],
) -> None:
    """Write a radial displacement into ``down`` and ``right``, which are 0.

    Parameters
    ----------
    center
        Row, column, and the strain there, negative where the origin is nearer.
    axes
        Half axes, cosine and sine of their angle.
    down, right
        What is written: where each pixel's content came from, relative to it.
    """
    y, x, strain = center
    height, width, cosine, sine = axes
    tall = math.hypot(height * cosine, width * sine)
    wide = math.hypot(height * sine, width * cosine)
    rows, columns = down.shape
    left, end = max(math.ceil(x - wide), 0), min(math.floor(x + wide) + 1, columns)
    for row in range(max(math.ceil(y - tall), 0), min(math.floor(y + tall) + 1, rows)):
        for column in range(left, end):
            along = (cosine * (row - y) + sine * (column - x)) / height
            across = (cosine * (column - x) - sine * (row - y)) / width
            rest = 1 - along * along - across * across
            if rest > 0:
                down[row, column] = strain * rest * rest * (row - y)
                right[row, column] = strain * rest * rest * (column - x)
