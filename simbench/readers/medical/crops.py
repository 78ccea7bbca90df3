"""Cut a box of millimeters out of a slice, at a pixel size of one's own.

The box lies in the slice's plane, its sides along rows and columns. Pixel ``i`` of
``n`` has its center ``(i - (n - 1) / 2) * pixel`` from the box's. Between the centers
of stored pixels values are interpolated linearly, in their outer halves the last value
holds.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from simbench.readers.medical.axial import Affine, Size

_EXACT = 1e-6
"""Share of a pixel by which sizes and borders may be off, for rounding."""


@dataclass(frozen=True)
class Box:
    """A box in the plane of a slice.

    Parameters
    ----------
    size
        Height and width in millimeters, whole numbers of pixels.
    pixel
        Side of a pixel of the result, in millimeters.
    """

    size: tuple[float, float]
    pixel: float

    def __post_init__(self) -> None:
        """Check that pixels fill it."""
        if any(abs(side / self.pixel - n) > _EXACT for side, n in self._sides()):
            height, width = self.size
            msg = (
                f"box must be a whole number of pixels, got {height:g} x {width:g} mm "
                f"of {self.pixel:g} mm; change either"
            )
            raise ValueError(msg)

    @property
    def pixels(self) -> tuple[int, int]:
        """Rows and columns of the result."""
        (_, rows), (_, columns) = self._sides()
        return rows, columns

    def _sides(self) -> list[tuple[float, int]]:
        return [(side, max(round(side / self.pixel), 1)) for side in self.size]


@dataclass(frozen=True, eq=False)
class Crop:
    """Where the pixels of a box lie in a slice, in stored pixels."""

    rows: Float[np.ndarray, " r"]
    columns: Float[np.ndarray, " c"]


Place = tuple[float, float, float]
"""Millimeters to the right, to the front and up."""


def middle(affine: Affine, size: Size) -> Place:
    """Return the place in the middle of a volume."""
    right, front, up = affine[:, :3] @ ((np.array(size) - 1) / 2) + affine[:, 3]
    return float(right), float(front), float(up)


def crop_at(box: Box, center: Place, affine: Affine, size: Size) -> Crop:
    """Lay a box around a place, or around its foot on the plane of a slice.

    Axes stand at right angles, so it lies in the same rows and columns of each slice.

    Raises
    ------
    ValueError
        If it leaves the volume: the box's and the volume's extents in millimeters,
        from the outer border of the first row and column on.
    """
    offset = np.array(center) - affine[:, 3]
    found, wrong = [], []
    for axis, name in ((1, "rows"), (2, "columns")):
        step = float(np.linalg.norm(affine[:, axis]))
        count, side = box.pixels[axis - 1], box.size[axis - 1]
        place = float(affine[:, axis] @ offset) / step**2
        shifts = (np.arange(count) - (count - 1) / 2) * box.pixel
        found.append(place + shifts / step)
        start, stop = ((place + 0.5) * step + side * half for half in (-0.5, 0.5))
        extent = size[axis] * step
        slack = _EXACT * step
        if start < -slack or stop > extent + slack:
            wrong.append(f"{name} {start:.4g} to {stop:.4g} mm of 0 to {extent:.4g} mm")
    if wrong:
        raise ValueError(" and ".join(wrong))
    return Crop(*found)


def cut(crop: Crop, pixels: Float[np.ndarray, "h w"]) -> Float[np.ndarray, "r c"]:
    """Interpolate the pixels of a slice at those of a box; others have no say."""
    return _between(crop.columns, _between(crop.rows, pixels).T).T


def cut_mask(crop: Crop, marked: Bool[np.ndarray, "h w"]) -> Bool[np.ndarray, "r c"]:
    """Mark what lies in the region by half or more."""
    return cut(crop, marked.astype(np.float64)) >= 0.5 - _EXACT


def _between(
    places: Float[np.ndarray, " r"], pixels: Float[np.ndarray, "h w"]
) -> Float[np.ndarray, "r w"]:
    """Interpolate rows at places between them."""
    inside = np.clip(places, 0, len(pixels) - 1)
    below = np.floor(inside).astype(np.int64)
    share = (inside - below)[:, None]
    above = below + (share[:, 0] > 0)  # what has no share is not looked at
    return (1 - share) * pixels[below] + share * pixels[above]
