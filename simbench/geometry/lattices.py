"""Patterns on endless random lattices, evaluated at any coordinates.

Their tables are small and repeat, so a pattern takes the same count of random numbers
for any frame, goes on beyond every border, and can be drawn anew, sharp, at displaced
coordinates. A table's sides are powers of two.
"""

import numpy as np
from jaxtyping import Float32

from simbench.compiled import compiled


@compiled
def cells(
    y: Float32[np.ndarray, "h w"],
    x: Float32[np.ndarray, "h w"],
    seeds: Float32[np.ndarray, "n n 3"],
) -> Float32[np.ndarray, "3 h w"]:
    """Return each point's distance to the nearest and the next seed, and a mark.

    Parameters
    ----------
    y, x
        Coordinates; squares of the lattice have side 1.
    seeds
        Of every square: where its seed lies, down and right, 0 to 1, and the mark that
        its cell gets.

    Notes
    -----
    A cellular pattern (Worley, SIGGRAPH 1996). Seeds are sought in the square of the
    point and the eight around it; a nearest seed beyond them is rare, and rarer the
    farther seeds keep from the sides of their squares.
    """
    wrap, one = seeds.shape[0] - 1, np.float32(1)
    found = np.empty((3, *y.shape), np.float32)
    for i in range(y.shape[0]):
        for j in range(y.shape[1]):
            above, before = np.floor(y[i, j]), np.floor(x[i, j])
            row, column = int(above), int(before)
            down, right = y[i, j] - above, x[i, j] - before
            near, next_near, mark = np.float32(1e9), np.float32(1e9), one
            for p in range(-1, 2):
                u = (row + p) & wrap
                rise = np.float32(p) - down
                for q in range(-1, 2):
                    v = (column + q) & wrap
                    dy = rise + seeds[u, v, 0]
                    dx = np.float32(q) - right + seeds[u, v, 1]
                    away = dy * dy + dx * dx
                    mark = seeds[u, v, 2] if away < near else mark
                    next_near = min(next_near, max(near, away))
                    near = min(near, away)
            found[0, i, j] = np.sqrt(near)
            found[1, i, j] = np.sqrt(next_near)
            found[2, i, j] = mark
    return found


@compiled
def splines(
    y: Float32[np.ndarray, "h w"],
    x: Float32[np.ndarray, "h w"],
    knots: Float32[np.ndarray, "k k 4"],
) -> Float32[np.ndarray, "4 h w"]:
    """Evaluate four quadratic B-splines.

    Parameters
    ----------
    y, x
        Coordinates; knots have distance 1.
    knots
        Weights of the B-splines that are centered half a knot beyond each knot.

    Notes
    -----
    Knots of variance 1 give a variance of 0.25 to 0.35 from place to place.
    """
    wrap, half = knots.shape[0] - 1, np.float32(0.5)
    found = np.empty((4, *y.shape), np.float32)
    for i in range(y.shape[0]):
        for j in range(y.shape[1]):
            above, before = np.floor(y[i, j]), np.floor(x[i, j])
            row, column = int(above), int(before)
            v, u = y[i, j] - above, x[i, j] - before
            low, left = half * v * v, half * u * u
            tall = (half - v + low, half + v - low - low, low)
            wide = (half - u + left, half + u - left - left, left)
            first = second = third = fourth = np.float32(0)
            for a in range(3):
                p = (row + a) & wrap
                for b in range(3):
                    q = (column + b) & wrap
                    share = tall[a] * wide[b]
                    first += share * knots[p, q, 0]
                    second += share * knots[p, q, 1]
                    third += share * knots[p, q, 2]
                    fourth += share * knots[p, q, 3]
            found[0, i, j], found[1, i, j] = first, second
            found[2, i, j], found[3, i, j] = third, fourth
    return found
