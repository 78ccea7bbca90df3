"""Where markers lie: near the frame's border outside the body, or over the body."""

from typing import Literal

import numpy as np
from jaxtyping import UInt8

from simbench.streams import Stream

Where = Literal["outside", "over", "border"]
"""``outside``: near the border and off the body, or least over it; ``over``: on the
body; ``border``: near the border, whatever is there."""
CANDIDATES = 12


def spot(
    stream: Stream,
    tissue: UInt8[np.ndarray, "h w"],
    extent: tuple[float, float],
    where: Where,
    margin: float,
) -> tuple[float, float]:
    """Draw the center (y, x) of a box.

    Parameters
    ----------
    stream
        Where the numbers come from; always the same count of them.
    tissue
        0 outside the body.
    extent
        Height and width of the box in pixels.
    where
        Of the places that are drawn the first that is wholly right is taken, or the
        one that is best.
    margin
        Between the box and the frame's border, in pixels.
    """
    draws = stream.uniform(3 * CANDIDATES).reshape(CANDIDATES, 3)
    found, best = (0.0, 0.0), -1.0
    for side, along, across in draws.tolist():
        y, x = _place(tissue.shape, extent, margin, (side, along, across), where)
        share = _inside(tissue, (y, x), extent)
        right = {"outside": 1 - share, "over": share, "border": 1.0}[where]
        if right > best:
            found, best = (y, x), right
        if best >= 1:
            break
    return found


def _place(
    size: tuple[int, ...],
    extent: tuple[float, float],
    margin: float,
    draws: tuple[float, float, float],
    where: Where,
) -> tuple[float, float]:
    side, along, across = draws
    ends = []
    for axis in (0, 1):
        low = margin + (extent[axis] - 1) / 2
        high = size[axis] - 1 - low
        middle = (size[axis] - 1) / 2
        ends.append((low, high) if low < high else (middle, middle))
    shares = [across, along]
    if where != "over":
        axis = int(side * 4) % 2
        shares = [along, along]
        shares[axis] = float(side >= 0.5)
    (top, bottom), (left, right) = ends
    return top + (bottom - top) * shares[0], left + (right - left) * shares[1]


def _inside(
    tissue: UInt8[np.ndarray, "h w"],
    center: tuple[float, float],
    extent: tuple[float, float],
) -> float:
    rows, columns = (
        slice(max(int(c - e / 2), 0), max(int(c + e / 2) + 2, 1))
        for c, e in zip(center, extent, strict=True)
    )
    box = tissue[rows, columns]
    return float(np.count_nonzero(box)) / max(box.size, 1)
