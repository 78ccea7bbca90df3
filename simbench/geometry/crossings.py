"""Rough lines across a shape: where it is narrow, where it ends, how a line bends."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Float32
from scipy import ndimage

from simbench.scene import Place

LEVELS = 4  # of midpoint displacement: 16 straight pieces
DECAY = 0.55  # of the displacement from level to level
DIRECTIONS = 24  # half a turn
STRIDE = 0.5  # pixels, along rays
COARSE = 64  # pixels a side are enough to find the middle of a shape
BENDS = tuple(f"bend{i:02d}" for i in range(1, 2**LEVELS))
"""Names of the displacements, in pixels, of the points between a line's ends."""


@dataclass(frozen=True)
class Window:
    """The part of the frame around a line, with coordinates that follow it."""

    rows: slice
    columns: slice
    along: Float32[np.ndarray, "y x"]
    """Pixels from the line's middle, along its chord."""
    beyond: Float32[np.ndarray, "y x"]
    """Pixels from the line, at right angles to its chord."""
    slope: Float32[np.ndarray, "y x"]
    """Of the line against its chord."""
    aside: Float32[np.ndarray, "y x"]
    """Pixels from the line's middle, along the cross-section of what it crosses."""


def window(place: Place, size: tuple[int, int], deep: float, wide: float) -> Window:
    """Cut out the part of the frame where a line's coordinates are within bounds.

    Parameters
    ----------
    place
        The line: its middle ``y`` and ``x``; ``angle`` from the columns' axis towards
        y; ``tilt``, what the angle has beyond the cross-section's; ``length`` of its
        chord; BENDS, in pixels.
    size
        Height and width of the frame.
    deep, wide
        Bounds of ``beyond`` and of ``aside``, in pixels. Pixels within both are in the
        window; others may be.
    """
    bends = np.array([0.0, *(place[name] for name in BENDS), 0.0])
    across = place["angle"] - place["tilt"]
    far = deep + np.abs(bends).max()
    reach = np.hypot(far, (wide + far * abs(np.sin(place["tilt"])))) / np.cos(
        place["tilt"]
    )
    rows, columns = (
        slice(max(int(c - reach), 0), max(int(c + reach) + 2, 0))
        for c in (place["y"], place["x"])
    )
    y = np.arange(size[0], dtype=np.float32)[rows, None] - np.float32(place["y"])
    x = np.arange(size[1], dtype=np.float32)[None, columns] - np.float32(place["x"])
    sine, cosine = (
        np.float32(np.sin(place["angle"])),
        np.float32(np.cos(place["angle"])),
    )
    along = sine * y + cosine * x
    knots = np.linspace(-0.5, 0.5, bends.size) * place["length"]
    slopes = np.concatenate([[0.0], np.diff(bends) / np.diff(knots), [0.0]])
    return Window(
        rows=rows,
        columns=columns,
        along=along,
        beyond=cosine * y - sine * x - np.interp(along, knots, bends).astype("f4"),
        slope=slopes.astype(np.float32)[np.searchsorted(knots, along)],
        aside=np.float32(np.sin(across)) * y + np.float32(np.cos(across)) * x,
    )


def central_spot(home: Bool[np.ndarray, "h w"], choice: float) -> tuple[int, int]:
    """Choose a pixel of a shape and go from there to where it is widest.

    Parameters
    ----------
    home
        True inside the shape; beyond the frame there is none.
    choice
        0 to 1: which pixel, each being as likely.

    Returns
    -------
    A pixel of the shape's middle line, or close to it.
    """
    stride = max(min(home.shape) // COARSE, 1)
    coarse = home[::stride, ::stride]
    if not coarse.any():
        stride, coarse = 1, home
    room = ndimage.distance_transform_edt(np.pad(coarse, 1))[1:-1, 1:-1]
    spots = np.flatnonzero(coarse)
    y, x = divmod(int(spots[int(choice * spots.size)]), coarse.shape[1])
    reach = int(room[y, x]) + 2
    for _ in range(2):
        top, left = max(y - reach, 0), max(x - reach, 0)
        near = room[top : y + reach + 1, left : x + reach + 1]
        down, right = divmod(int(near.argmax()), near.shape[1])
        y, x = top + down, left + right
    return stride * y, stride * x


def narrow_way(home: Bool[np.ndarray, "h w"], y: int, x: int) -> float:
    """Return the direction in which the shape is narrowest around a pixel.

    The angle is that between the columns' axis, x, and the way, towards y; 0 to pi.
    What leaves the frame is taken to go on.

    Notes
    -----
    The inverse square of a chord's length, as a function of its direction, is a single
    wave for a strip and for an ellipse: its crest is exactly the narrow way.
    """
    turns = np.arange(DIRECTIONS) * np.pi / DIRECTIONS
    lengths = [sum(ends(home, y, x, turn, endless=True)) + 1 for turn in turns.tolist()]
    wave = (np.exp(2j * turns) / np.square(lengths)).sum()
    return float(np.angle(wave) / 2 % np.pi)


def ends(
    home: Bool[np.ndarray, "h w"], y: int, x: int, angle: float, endless: bool = False
) -> tuple[float, float]:
    """Return how many pixels one can go backwards and ahead inside the shape.

    The shape ends with the frame, unless it is taken to be ``endless``.
    """
    count = int(sum(home.shape) / STRIDE) + 2
    ray = STRIDE * np.arange(count)
    found = []
    for way in (-1, 1):
        rows = np.rint(y + way * np.sin(angle) * ray).astype(int)
        columns = np.rint(x + way * np.cos(angle) * ray).astype(int)
        lines, places = (
            np.clip(n, 0, most - 1)
            for n, most in zip((rows, columns), home.shape, strict=True)
        )
        inside = home[lines, places]
        if not endless:
            inside &= (lines == rows) & (places == columns)
        steps = count if inside.all() else int(np.argmin(inside))
        found.append(STRIDE * max(steps - 1, 0))
    return found[0], found[1]


def midpoint_displacement(
    normals: Float32[np.ndarray, " inner"],
) -> Float[np.ndarray, " inner"]:
    """Bend a line by displacing the midpoints of ever shorter pieces.

    Parameters
    ----------
    normals
        2**LEVELS - 1 standard normal numbers.

    Returns
    -------
    Displacements of the points between the ends, in units of the middle's standard
    deviation.

    Notes
    -----
    Fournier, Fussell & Carpenter, Communications of the ACM 25 (1982): each level
    displaces its midpoints DECAY times as far as the one before.
    """
    offsets = np.zeros(2**LEVELS + 1)
    drawn = iter(normals.tolist())
    for level in range(LEVELS):
        piece = 2 ** (LEVELS - level)
        for left in range(0, 2**LEVELS, piece):
            middle = (offsets[left] + offsets[left + piece]) / 2
            offsets[left + piece // 2] = middle + DECAY**level * next(drawn)
    return offsets[1:-1]
