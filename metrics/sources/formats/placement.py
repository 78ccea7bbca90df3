"""Lay the frames of a segmentation on a grid of pixels, exactly or not at all."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from metrics.sources.formats.frames import first
from metrics.sources.formats.image import Header, ImageError, check_image
from metrics.sources.formats.segments import Segments
from metrics.sources.grid import grid_of

NEAR = 0.1
"""How far off a pixel of the grid, in pixels, one of a frame may lie."""

Index = tuple[Any, ...]
"""What takes the pixels of a frame out of the pixels of an image."""

Place = Float[np.ndarray, "3 3"]


def lay(segments: Segments, header: Header) -> tuple[Index, ...]:
    """Find, for each frame, the pixels of an image on which its own lie.

    Nothing is resampled: axes may be exchanged and turned round, no more.

    Raises
    ------
    ImageError
        If a frame lies between the image's pixels or beyond them.
    """
    if header.grid is None or header.grid.affine is None:
        msg = f"{segments.path} must be laid on an image with a place in the patient"
        raise ImageError(msg)
    affine = header.grid.affine
    found = []
    for frame, place in zip(segments.frames, places_of(segments), strict=True):
        wanted = place - np.outer(affine[:, -1], (0, 0, 1))
        exact = np.linalg.lstsq(affine[:, :-1], wanted, rcond=None)[0]
        steps = np.rint(exact).astype(np.int64)
        ends = [(r, c, 1) for r, c in product(*((0, n - 1) for n in segments.size))]
        missed = (affine[:, :-1] @ steps - wanted) @ np.array(ends).T
        off = np.linalg.norm(missed, axis=0).max() / min(header.grid.spacing)
        reached = steps @ np.array(ends).T
        inside = (reached >= 0) & (reached < np.array(header.size)[:, None])
        if off > NEAR or not inside.all():
            how = f"off by {off:.2g} pixels" if off > NEAR else "beyond its border"
            msg = (
                f"{segments.path} must lie on the pixels of its map, got frame "
                f"{frame.index + 1} {how}; resample the map to the images segmented"
            )
            raise ImageError(msg)
        rows, columns = np.ogrid[: segments.size[0], : segments.size[1]]
        found.append(tuple(_span(step, rows, columns) for step in steps))
    return tuple(found)


def _span(step: Int[np.ndarray, " 3"], rows: Any, columns: Any) -> Any:
    """Return where rows and columns of a frame lie on one axis of the image.

    Only what differs is written out: a frame as large as may be stays small.
    """
    along, across, start = map(int, step)
    if not across:
        return along * rows + start
    return across * columns + start + (along * rows if along else 0)


def stack(segments: Segments) -> Header:
    """Make a volume with a slice for each place of a frame and for those between.

    Slices rise along the normal: from the foot, the right, the front, as columns, rows
    and normal make a right-handed system. A single slice makes a plane.

    Raises
    ------
    ImageError
        If it would be too large.
    """
    places = places_of(segments)
    row, column, _ = places[0].T
    normal = np.cross(column, row)
    normal /= np.linalg.norm(normal)
    heights = np.array([float(normal @ place[:, 2]) for place in places])
    lowest = places[int(heights.argmin())]
    step = _slice_step(segments, heights)
    count = 1 if step is None else round(float(np.ptp(heights)) / step) + 1
    if step is None or count == 1:
        return Header(segments.size, grid_of(lowest))
    size = (count, *segments.size)
    check_image(str(segments.path), size, np.uint8)
    return Header(size, grid_of(np.column_stack([normal * step, lowest])))


def places_of(segments: Segments) -> Sequence[Place]:
    """Return where each frame lies.

    Raises
    ------
    ImageError
        If one does not say.
    """
    places = [frame.place for frame in segments.frames if frame.place is not None]
    if len(places) < len(segments.frames):
        msg = (
            f"{segments.path} must say where its frames lie, got "
            f"{len(segments.frames) - len(places)} that do not; name its masks by uid"
        )
        raise ImageError(msg)
    return places


def _slice_step(segments: Segments, heights: Float[np.ndarray, " f"]) -> float | None:
    """Return the distance of slices as the file says, else the smallest there is."""
    told = first(
        segments.dataset,
        "SharedFunctionalGroupsSequence",
        "PixelMeasuresSequence",
        "SpacingBetweenSlices",
    )
    if told is not None and float(told) > 0:
        return float(told)
    gaps = np.diff(np.unique(heights))
    gaps = gaps[gaps > 1e-3]  # millimeters; less is rounding
    return float(gaps.min()) if len(gaps) else None
