"""Compiled loops of :mod:`simbench.geometry.regions`."""

import math

import numpy as np
from jaxtyping import Bool, Float32, Float64

from simbench.compiled import compiled

LOWEST, HIGHEST = 0.4, 1.5  # of a boundary, in elliptical radii


@compiled
def frame(home: Bool[np.ndarray, "h w"]) -> tuple[int, int, int, int]:
    """Return first row, first column, height and width of what holds every True.

    Height and width are 0 where nothing is True.
    """
    rows, columns = home.shape
    top, bottom, left, right = rows, -1, columns, -1
    for y in range(rows):
        for x in range(columns):
            if home[y, x]:
                top, bottom = min(top, y), y
                left = min(left, x)
                break
        for x in range(columns - 1, right, -1):
            if home[y, x]:
                right = x
                break
    return top, left, max(bottom - top + 1, 0), max(right - left + 1, 0)


@compiled
def fits(home: Bool[np.ndarray, "h w"], y: int, x: int, radius: float) -> bool:
    """Tell whether all pixels less than ``radius`` from (y, x) are True.

    What lies beyond the frame counts as False.
    """
    rows, columns = home.shape
    square = radius * radius
    reach = math.ceil(radius) - 1
    if y - reach < 0 or x - reach < 0 or y + reach >= rows or x + reach >= columns:
        return False
    for step in (reach, reach // 2):  # where most that do not fit are told at once
        if not (home[y - step, x] and home[y + step, x]):
            return False
        if not (home[y, x - step] and home[y, x + step]):
            return False
    for down in range(-reach, reach + 1):
        half = int(math.sqrt(square - down * down)) + 1  # rounded: down to what counts
        while half >= 0 and half * half + down * down >= square:
            half -= 1
        for column in range(x - half, x + half + 1):
            if not home[y + down, column]:
                return False
    return True


@compiled
def first_fit(
    home: Bool[np.ndarray, "h w"],
    centers: Bool[np.ndarray, "h w"],
    chances: Float64[np.ndarray, "tries 2"],
    others: Float64[np.ndarray, "n 2"],
    limits: Float64[np.ndarray, "2"],
) -> tuple[float, float]:
    """Return the first of the drawn positions whose pixel is feasible, else NaN.

    Feasible is a pixel that is True in ``centers``, whose disc of radius ``limits[0]``
    :func:`fits` in ``home``, and that lies at least ``limits[1]`` from all ``others``.
    """
    top, left, height, width = frame(home)
    if height == 0:
        return math.nan, math.nan
    for i in range(len(chances)):
        down, right = chances[i, 0] * height, chances[i, 1] * width
        y, x = top + int(down), left + int(right)
        if not (home[y, x] and centers[y, x]):
            continue
        apart = True
        for j in range(len(others)):
            if math.hypot(y - others[j, 0], x - others[j, 1]) < limits[1]:
                apart = False
        if apart and fits(home, y, x, limits[0]):
            return top + down - 0.5, left + right - 0.5
    return math.nan, math.nan


@compiled
def weigh(
    weight: Float32[np.ndarray, "h w"],
    outline: Float64[np.ndarray, "8"],
    waves: Float64[np.ndarray, "4 2"],
    edge: float,
) -> None:
    """Write a soft region into ``weight``, which is 0.

    Parameters
    ----------
    weight
        What is written.
    outline
        Center y and x, half axes, cosine and sine of the angle, and the elliptical
        radii up to which the weight is 1, if not negative, and from which it is 0.
    waves
        Factors of cos(m angle) and sin(m angle) for m = 2, 3, 4, 5.
    edge
        Width of the soft border in elliptical radii.
    """
    center_y, center_x, height, width, cosine, sine, whole, end = outline
    tall = end * math.hypot(height * cosine, width * sine)
    wide = end * math.hypot(height * sine, width * cosine)
    rows, columns = weight.shape
    up, over, steepness = 1 / height, 1 / width, 1 / edge
    for y in range(max(math.ceil(center_y - tall), 0), rows):
        down = y - center_y
        if down > tall:
            break
        for x in range(max(math.ceil(center_x - wide), 0), columns):
            right = x - center_x
            if right > wide:
                break
            along = (cosine * down + sine * right) * up
            across = (cosine * right - sine * down) * over
            square = along * along + across * across
            if square >= end * end:
                continue
            if square <= whole * abs(whole):
                weight[y, x] = 1.0
                continue
            radius = math.sqrt(square)
            if radius > 0:
                inverse = 1 / radius
                along, across = along * inverse, across * inverse
            else:  # the center lies at angle 0
                along, across = 1.0, 0.0
            # sum of (cos - i sin) (along + i across)**m by Horner's rule
            real, imaginary = waves[3, 0], -waves[3, 1]
            for m in (2, 1, 0):
                real, imaginary = (
                    real * along - imaginary * across + waves[m, 0],
                    real * across + imaginary * along - waves[m, 1],
                )
            twice, cross = along * along - across * across, 2 * along * across
            boundary = min(max(1 + real * twice - imaginary * cross, LOWEST), HIGHEST)
            level = (boundary - radius) * steepness + 0.5
            weight[y, x] = min(max(level, 0.0), 1.0)
