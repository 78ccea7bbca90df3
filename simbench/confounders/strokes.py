"""Draw strokes: straight lines with round ends, each pixel covered in part."""

import numpy as np
from jaxtyping import Float, Float32

from simbench.compiled import compiled

Stroke = tuple[float, float, float, float, float, float]
"""y and x of both ends, and half the width there, in pixels."""


def stroked(
    strokes: Float[np.ndarray, "n 6"], size: tuple[int, int], edge: float = 1.0
) -> Float32[np.ndarray, "h w"]:
    """Return how much of each pixel the strokes cover, 0 to 1.

    Parameters
    ----------
    strokes
        y and x of both ends and half the width there, in pixels; pixel (0, 0) has its
        center at (0, 0).
    size
        Height and width of the frame; what lies beyond is not drawn.
    edge
        Width in pixels of the border, at least 1. A line thinner than that gets paler.
    """
    covered = np.zeros(size, np.float32)
    _stroke(covered, np.ascontiguousarray(strokes, np.float64), float(edge))
    return covered


def polyline(
    points: Float[np.ndarray, "n 2"], halves: Float[np.ndarray, " n"]
) -> Float[np.ndarray, "n_minus_1 6"]:
    """Connect points (y, x) by strokes of the given half widths."""
    return np.column_stack([points[:-1], points[1:], halves[:-1], halves[1:]])


def turned(
    points: Float[np.ndarray, "n 2"], angle: float, center: tuple[float, float]
) -> Float[np.ndarray, "n 2"]:
    """Turn points (y, x) about (0, 0), clockwise as seen, and move them to a center."""
    cosine, sine = np.cos(angle), np.sin(angle)
    y, x = points[:, 0], points[:, 1]
    turned = np.column_stack([cosine * y + sine * x, cosine * x - sine * y])
    return turned + np.array(center)


@compiled
def _stroke(
    covered: Float32[np.ndarray, "h w"],
    strokes: Float[np.ndarray, "n 6"],
    edge: float,
) -> None:
    height, width = covered.shape
    for k in range(strokes.shape[0]):
        y0, x0, y1, x1, half0, half1 = strokes[k]
        reach = max(half0, half1) + edge / 2
        down, right = y1 - y0, x1 - x0
        square = down * down + right * right
        top = max(int(np.ceil(min(y0, y1) - reach)), 0)
        bottom = min(int(np.floor(max(y0, y1) + reach)), height - 1)
        left = max(int(np.ceil(min(x0, x1) - reach)), 0)
        end = min(int(np.floor(max(x0, x1) + reach)), width - 1)
        for y in range(top, bottom + 1):
            for x in range(left, end + 1):
                along = 0.0
                if square > 0:
                    along = ((y - y0) * down + (x - x0) * right) / square
                    along = min(max(along, 0.0), 1.0)
                off_y, off_x = y - y0 - along * down, x - x0 - along * right
                off = np.sqrt(off_y * off_y + off_x * off_x)
                half = half0 + (half1 - half0) * along
                overlap = min(off + edge / 2, half) - max(off - edge / 2, -half)
                share = min(max(overlap / edge, 0.0), 1.0)
                if share > covered[y, x]:
                    covered[y, x] = share
