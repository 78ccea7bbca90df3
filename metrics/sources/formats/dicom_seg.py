"""DICOM-SEG: segments of bits, of fractions, or a label map, slice by slice.

Frames that hold nothing are usually left out of such files. A mask is therefore made
for one image at a time: the image that frames refer to, or a volume with a slice for
each place. If the maps say where their pixels lie, the volume is laid on their grid.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from metrics.sources.formats.format import Format, Query
from metrics.sources.formats.frames import first, open_file
from metrics.sources.formats.image import Header, Image
from metrics.sources.formats.instances import Pieces, pack, paint
from metrics.sources.formats.placement import Index, lay, stack
from metrics.sources.formats.segments import Frame, Segments, find_segments
from metrics.sources.grid import Grid, grid_of


@dataclass(frozen=True, eq=False)
class _Canvas:
    """An image to be, and the pixels of it that each frame has."""

    header: Header
    frames: tuple[Frame, ...]
    places: tuple[Index, ...]


def find_sources(dataset: Any) -> list[str]:
    """Return the SOP Instance UIDs of all images that a segmentation is about.

    Those of the referenced series, with or without a segment on them, and those that
    its frames refer to.
    """
    found = {
        str(item.ReferencedSOPInstanceUID)
        for series in dataset.get("ReferencedSeriesSequence") or ()
        for item in series.get("ReferencedInstanceSequence") or ()
    }
    step = "DerivationImageSequence", "SourceImageSequence", "ReferencedSOPInstanceUID"
    for group in dataset.get("PerFrameFunctionalGroupsSequence") or ():
        source = first(group, *step)
        found |= {str(source)} if source else set()
    return sorted(found)


def header_of_source(dataset: Any, path: Path, key: str) -> Header:
    """Return the header of the mask of one source image."""
    return _on_source(find_segments(dataset, path), key).header


def read_source(dataset: Any, path: Path, query: Query) -> Image:
    """Read the mask of the source image ``query.key``."""
    segments = find_segments(dataset, path)
    return _draw(segments, _on_source(segments, query.key), query.labels)


def header_of_volume(dataset: Any, path: Path, query: Query) -> Header:
    """Return the header of the mask that the whole file makes."""
    return _whole(find_segments(dataset, path), query).header


def read_volume(dataset: Any, path: Path, query: Query) -> Image:
    """Read the whole file as the mask of one image."""
    segments = find_segments(dataset, path)
    return _draw(segments, _whole(segments, query), query.labels)


def _on_source(segments: Segments, key: str) -> _Canvas:
    """Take the frames that refer to one image."""
    frames = tuple(frame for frame in segments.frames if frame.source == key)
    places = [frame.place for frame in frames if frame.place is not None]
    grid = grid_of(places[0]) if places else _distances(segments)
    return _Canvas(Header(segments.size, grid), frames, ((),) * len(frames))


def _distances(segments: Segments) -> Grid | None:
    """Return the distances of pixels, which a slice without frames has as well."""
    places = (frame.place for frame in segments.frames if frame.place is not None)
    known = next(places, None)
    grid = None if known is None else grid_of(known)
    return None if grid is None else Grid(grid.spacing)


def _whole(segments: Segments, query: Query) -> _Canvas:
    """Lay all frames on the map's grid, or on slices of their own."""
    frames = segments.frames
    sources = {frame.source for frame in frames}
    if len(sources) == 1 and all(frame.place is None for frame in frames):
        return _Canvas(Header(segments.size), frames, ((),) * len(frames))
    like = None if query.like is None else query.like(query.key)
    placed = like is not None and like.grid is not None and like.grid.codes != ""
    header = like if like is not None and placed else stack(segments)
    return _Canvas(header, frames, lay(segments, header))


def _draw(segments: Segments, canvas: _Canvas, labels: Sequence[int | str]) -> Image:
    """Put the frames of the segments wanted into one image."""
    wanted = segments.choose(labels)
    size, grid = canvas.header.size, canvas.header.grid
    shown = list(zip(canvas.frames, canvas.places, strict=True))
    if segments.kind == "FRACTIONAL":
        shares = np.zeros(size, np.float32)
        for frame, place in shown:
            if frame.segment in wanted:
                part = segments.decode(frame).astype(np.float32)
                shares[place] = np.maximum(shares[place], part)
        return Image(shares, grid, "shares")
    pieces: dict[int, Pieces] = {number: [] for number in sorted(wanted)}
    for frame, place in shown:
        decoded = segments.decode(frame)
        for number in wanted if segments.kind == "LABELMAP" else (frame.segment,):
            if number in wanted:
                part = decoded == number if segments.kind == "LABELMAP" else decoded
                if part.any():
                    pieces[number] += pack(part, place)
    return Image(paint(size, segments.size, list(pieces.values())), grid, "lesions")


def _header(path: Path, query: Query) -> Header:
    return header_of_volume(open_file(path, pixels=False), path, query)


def _read(path: Path, query: Query) -> Image:
    return read_volume(open_file(path), path, query)


FORMAT = Format(
    "dicom_seg",
    (".dcm",),
    "segments as lesions, a volume a file, or by uid the mask of each image segmented; "
    "fractions are soft masks",
    header=_header,
    read=_read,
    masks_only=True,
    extra="medical",
    has_uids=True,
)
