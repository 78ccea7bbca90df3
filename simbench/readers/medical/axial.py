"""Turn stored volumes so that they are read as axial slices, exactly.

Slices count up from the patient's feet, rows from front to back, columns from the
patient's right to the left: what radiologists look at. Places are in millimeters to
the right, to the front and up, as in NIfTI. Axes are exchanged and turned round, never
resampled, so a slice of an oblique volume is as oblique as it was taken.
"""

from dataclasses import dataclass
from itertools import permutations

import numpy as np
from jaxtyping import Float, Shaped

Affine = Float[np.ndarray, "3 4"]
"""Takes (i, j, k, 1) to a place in the patient."""

Size = tuple[int, int, int]

_AXES = ((2, 1), (1, -1), (0, -1))
"""Direction of the patient that slices, rows and columns take, and which way."""
_SQUARE = 1e-3
"""Cosine of the angle of two axes below which they stand at right angles."""


@dataclass(frozen=True)
class Turn:
    """How stored axes become slices, rows and columns.

    Parameters
    ----------
    order
        The stored axis that each comes from.
    flips
        Whether it is turned round.
    """

    order: tuple[int, int, int]
    flips: tuple[bool, bool, bool]


def check_affine(affine: Affine) -> str:
    """Say what is wrong with an affine map; nothing if it makes a grid of boxes."""
    steps = affine[:, :3]
    lengths = np.linalg.norm(steps, axis=0)
    if not np.isfinite(affine).all() or not (lengths > 0).all():
        return "must say where its voxels lie, got axes that lead nowhere"
    cosines = (steps / lengths).T @ (steps / lengths) - np.eye(3)
    worst = float(np.abs(cosines).max())
    if worst > _SQUARE:
        angle = float(np.degrees(np.arccos(min(worst, 1.0))))
        return (
            f"must have axes at right angles, got {angle:.4g} degrees; resample it to "
            "a grid of boxes"
        )
    return ""


def turn_of(affine: Affine) -> Turn:
    """Match stored axes with the nearest directions of the patient."""
    steps = affine[:, :3] / np.linalg.norm(affine[:, :3], axis=0)

    def agreement(order: tuple[int, ...]) -> float:
        pairs = zip(order, _AXES, strict=True)
        return sum(abs(float(steps[direction, axis])) for axis, (direction, _) in pairs)

    first, second, third = max(permutations(range(3)), key=agreement)
    up, back, left = (
        bool(steps[direction, axis] * sign < 0)
        for axis, (direction, sign) in zip((first, second, third), _AXES, strict=True)
    )
    return Turn((first, second, third), (up, back, left))


def turn_pixels(
    turn: Turn, pixels: Shaped[np.ndarray, "i j k"]
) -> Shaped[np.ndarray, "d h w"]:
    """Return a view of stored pixels as slices, rows and columns."""
    steps = tuple(slice(None, None, -1 if flip else None) for flip in turn.flips)
    return pixels.transpose(turn.order)[steps]


def turn_size(turn: Turn, size: Size) -> Size:
    """Return how many slices, rows and columns a volume of a stored size has."""
    first, second, third = turn.order
    return size[first], size[second], size[third]


def turn_affine(turn: Turn, affine: Affine, size: Size) -> Affine:
    """Return what takes (slice, row, column, 1) to its place."""
    steps = affine[:, list(turn.order)]
    ends = np.array(turn_size(turn, size)) - 1
    flips = np.array(turn.flips)
    start = affine[:, 3] + steps @ np.where(flips, ends, 0)
    return np.column_stack([np.where(flips, -steps, steps), start])
