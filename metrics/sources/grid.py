"""Where the pixels of an image lie in the patient."""

from dataclasses import dataclass
from itertools import permutations

import numpy as np
from jaxtyping import Float, Shaped

_AXES = ("LR", "PA", "IS")
"""Letters of each direction's negative and positive end."""


@dataclass(frozen=True, eq=False)
class Grid:
    """Distances and places of pixels, in millimeters.

    Attributes
    ----------
    spacing
        Distance of neighboring pixels along each axis of the array.
    affine
        Takes indices, and 1, to places in the patient (right, anterior, superior):
        one row per direction, one column per axis of the array and one for the first
        pixel. None if only distances are known.
    """

    spacing: tuple[float, ...]
    affine: Float[np.ndarray, "3 _"] | None = None

    @property
    def codes(self) -> str:
        """Where each axis leads, as a letter of ``LRPAIS`` each: ``LPS``.

        The nearest direction of the patient; no two axes share one. Empty if places
        are not known.
        """
        if self.affine is None:
            return ""
        return "".join(
            _AXES[direction][int(self.affine[direction, axis] > 0)]
            for axis, direction in enumerate(_directions(self.affine))
        )


def grid_of(affine: Float[np.ndarray, "3 _"]) -> Grid | None:
    """Make the grid of an affine map; None if it takes an axis nowhere."""
    lengths = np.linalg.norm(affine[:, :-1], axis=0)
    if not (np.isfinite(affine).all() and (lengths > 0).all()):
        return None
    return Grid(tuple(map(float, lengths)), affine.astype(np.float64))


def check_codes(codes: str) -> None:
    """Refuse what does not name each direction of the patient once.

    Raises
    ------
    ValueError
        If so.
    """
    found = sorted(pair for code in codes for pair in _AXES if code in pair)
    if codes and found != sorted(_AXES):
        msg = (
            "orientation must name where the three axes lead, a letter of L or R, P or "
            f"A, I or S each, got {codes!r}; for instance 'RAS'"
        )
        raise ValueError(msg)


def reorder(grid: Grid, codes: str) -> tuple[tuple[int, ...], tuple[bool, ...]]:
    """Find which axes to take, and which to turn round, so that they lead to ``codes``.

    Exact: pixels keep their values and places, only their order changes.
    """
    now = grid.codes
    order, flips = [], []
    for code in codes:
        pair = next(pair for pair in _AXES if code in pair)
        axis = next(i for i, letter in enumerate(now) if letter in pair)
        order.append(axis)
        flips.append(now[axis] != code)
    return tuple(order), tuple(flips)


def reorder_grid(grid: Grid, codes: str, size: tuple[int, ...]) -> Grid:
    """Return the grid of an image of ``size`` whose pixels were reordered."""
    order, flips = reorder(grid, codes)
    affine = np.array(grid.affine)
    steps = affine[:, list(order)].copy()
    start = affine[:, -1].copy()
    for place, (axis, flip) in enumerate(zip(order, flips, strict=True)):
        if flip:
            start += steps[:, place] * (size[axis] - 1)
            steps[:, place] *= -1
    spacing = tuple(grid.spacing[axis] for axis in order)
    return Grid(spacing, np.column_stack([steps, start]))


def reorder_size(size: tuple[int, ...], grid: Grid, codes: str) -> tuple[int, ...]:
    """Return the size of an image whose pixels were reordered."""
    return tuple(size[axis] for axis in reorder(grid, codes)[0])


def reorder_pixels(
    pixels: Shaped[np.ndarray, "..."], grid: Grid, codes: str
) -> Shaped[np.ndarray, "..."]:
    """Return the pixels in another order."""
    order, flips = reorder(grid, codes)
    turned = pixels.transpose(order)
    return turned[tuple(slice(None, None, -1 if f else None) for f in flips)]


def _directions(affine: Float[np.ndarray, "3 _"]) -> tuple[int, ...]:
    """Match axes with directions of the patient so that they agree best in all."""
    steps = affine[:, :-1] / np.linalg.norm(affine[:, :-1], axis=0)
    axes = range(steps.shape[1])
    return max(
        permutations(range(3), steps.shape[1]),
        key=lambda found: sum(abs(steps[found[axis], axis]) for axis in axes),
    )
