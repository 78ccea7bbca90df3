"""The strokes of letters and digits, drawn on a grid eight units high.

A glyph is a list of strokes, a stroke a list of points "xy", y downwards. A stroke that
begins with ``~`` is the control polygon of a smooth curve.
"""

from functools import lru_cache

import numpy as np
from jaxtyping import Float

HEIGHT = 8
SPACE = 2.6  # between the glyphs of a text
CUTS = 3  # of the corners of smooth strokes
GLYPHS: dict[str, tuple[str, ...]] = {
    "A": ("08 30 68", "15 55"),
    "B": ("00 08", "~00 50 54 04", "~04 64 68 08"),
    "C": ("~62 60 00 08 68 66",),
    "D": ("00 08", "~00 60 68 08"),
    "E": ("50 00 08 58", "04 44"),
    "F": ("50 00 08", "04 44"),
    "G": ("~62 60 00 08 68 65", "65 35"),
    "H": ("00 08", "50 58", "04 54"),
    "I": ("00 08",),
    "J": ("~40 47 48 08 05",),
    "K": ("00 08", "50 05", "23 58"),
    "L": ("00 08 58",),
    "M": ("08 00 35 60 68",),
    "N": ("08 00 58 50",),
    "O": ("~30 00 08 68 60 30",),
    "P": ("00 08", "~00 50 54 04"),
    "Q": ("~30 00 08 68 60 30", "46 68"),
    "R": ("00 08", "~00 50 54 04", "24 58"),
    "S": ("~52 50 00 04 54 58 08 06",),
    "T": ("00 60", "30 38"),
    "U": ("~00 05 08 58 55 50",),
    "V": ("00 38 60",),
    "W": ("00 28 42 68 80",),
    "X": ("00 58", "50 08"),
    "Y": ("00 34 60", "34 38"),
    "Z": ("00 50 08 58",),
    "0": ("~20 00 08 48 40 20",),
    "1": ("02 20 28",),
    "2": ("~02 00 50 54 08", "08 58"),
    "3": ("~01 00 50 54 24", "~24 54 58 08 07"),
    "4": ("48 40 05 65",),
    "5": ("50 00 03", "~03 53 58 08 07"),
    "6": ("~51 50 00 08 05", "~04 54 58 08 05"),
    "7": ("00 50 18",),
    "8": ("~20 00 04 44 40 20", "~24 04 08 48 44 24"),
    "9": ("~54 04 00 50 53", "~07 08 58 50 53"),
}


@lru_cache(maxsize=64)
def outline(text: str) -> tuple[Float[np.ndarray, "_ 2"], ...]:
    """Return the strokes of a text as points (y, x), centered, one cap height high.

    Raises
    ------
    KeyError
        If a character has no glyph.
    """
    lines, start = [], 0.0
    for character in text:
        strokes = [_points(stroke) for stroke in GLYPHS[character]]
        lines += [points + np.array([0, start]) for points in strokes]
        start += max(points[:, 1].max() for points in strokes) + SPACE
    middle = np.array([HEIGHT / 2, (start - SPACE) / 2])
    return tuple((points - middle) / HEIGHT for points in lines)


def _points(stroke: str) -> Float[np.ndarray, "n 2"]:
    pairs = stroke.removeprefix("~").split()
    points = np.array([[int(pair[1]), int(pair[0])] for pair in pairs]) * 1.0
    if stroke.startswith("~"):
        for _ in range(CUTS):
            points = _rounded(points)
    return points


def _rounded(points: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "m 2"]:
    """Cut corners once; the limit is a quadratic B-spline (Chaikin 1974)."""
    before, after = points[:-1], points[1:]
    cut = np.stack([0.75 * before + 0.25 * after, 0.25 * before + 0.75 * after], 1)
    return np.concatenate([points[:1], cut.reshape(-1, 2), points[-1:]])
