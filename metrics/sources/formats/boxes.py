"""Bounding boxes in a CSV file: each is a lesion of its own."""

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool

from metrics.sources.formats.bounds import check_bytes, check_marked
from metrics.sources.formats.format import Format, Query
from metrics.sources.formats.image import (
    Header,
    Image,
    ImageError,
    check_image,
    check_keys,
    complete,
)
from metrics.sources.formats.instances import pack, paint

COLUMNS = ("image_id", "x", "y", "width", "height")
Box = tuple[float, float, float, float]
"""Left and upper edge, width and height, in pixels."""


def fill(
    box: Sequence[float], size: tuple[int, ...], name: str
) -> Bool[np.ndarray, "h w"]:
    """Mark the pixels whose centers lie in a box.

    Pixel (r, c) covers x from c to c + 1 and y from r to r + 1. A box too small to hold
    a center marks the pixel that its own center lies in.

    Raises
    ------
    ImageError
        If it is no box, or lies outside the image.
    """
    x, y, width, height = box
    if not all(map(math.isfinite, box)) or min(width, height) <= 0:
        msg = f"{name} must have boxes of positive width and height, got {tuple(box)}"
        raise ImageError(msg)
    if x >= size[1] or y >= size[0] or x + width <= 0 or y + height <= 0:
        room = f"{size[0]} x {size[1]} pixels"
        msg = f"{name} must have boxes in its {room}, got {tuple(box)}"
        raise ImageError(msg)
    rows, columns = _span(y, height, size[0]), _span(x, width, size[1])
    mask = np.zeros(size, bool)
    mask[rows, columns] = True
    return mask


def _span(start: float, length: float, side: int) -> slice:
    """Return the pixels of one axis whose centers lie in a span, one at least."""
    low = max(math.ceil(start - 0.5), 0)
    high = min(math.ceil(start + length - 0.5), side)
    if high <= low:
        low = min(max(math.floor(start + length / 2), 0), side - 1)
        high = low + 1
    return slice(low, high)


@dataclass(frozen=True, eq=False)
class Boxes:
    """The boxes of each image, and its size if the file tells it."""

    path: Path
    boxes: Mapping[str, Sequence[Box]]
    sizes: Mapping[str, tuple[int, int]]
    query: Query

    @property
    def ids(self) -> tuple[str, ...]:
        """Images, sorted."""
        return tuple(sorted(self.boxes))

    def header(self, key: str) -> Header:
        """Return the size that the file tells, else that of the map."""
        if key in self.sizes:
            return Header(self.sizes[key])
        if self.query.like is None:
            msg = (
                f"{self.path} must tell the size of {key}; add the columns rows and "
                "columns, or give the maps along with the masks"
            )
            raise ImageError(msg)
        header = self.query.like(key)
        if len(header.size) != 2:
            msg = f"{self.path}[{key}] must be of a 2-D image, got size {header.size}"
            raise ImageError(msg)
        return header

    def walk(self, keys: Sequence[str]) -> Iterator[Image]:
        """Paint the boxes of one image after another."""
        for key in keys:
            header = self.header(key)
            name = f"{self.path}[{key}]"
            check_marked(name, len(self.boxes[key]), header.size)
            drawn = [pack(fill(b, header.size, name)) for b in self.boxes[key]]
            yield Image(paint(header.size, header.size, drawn), header.grid, "lesions")


def _gather(path: Path, query: Query) -> Boxes:
    boxes: dict[str, list[Box]] = {}
    sizes: dict[str, tuple[int, int]] = {}
    check_bytes(path)
    with complete(str(path)), path.open(newline="", encoding="utf-8-sig") as stream:
        table = csv.DictReader(stream)
        heads = [head.strip() for head in table.fieldnames or ()]
        _check_heads(path, heads, query)
        table.fieldnames = heads
        for line, row in enumerate(table, 2):
            key = (row["image_id"] or "").strip()
            _keep_size(path, line, row, sizes)
            found = boxes.setdefault(key, [])
            wanted = {str(label) for label in query.labels}
            if not wanted or (row["label"] or "").strip() in wanted:
                found += _read_box(path, line, row)
    check_keys(str(path), list(boxes))
    return Boxes(path, boxes, sizes, query)


def _check_heads(path: Path, heads: Sequence[str], query: Query) -> None:
    needed = (*COLUMNS, "label") if query.labels else COLUMNS
    missing = [name for name in needed if name not in heads]
    if missing:
        msg = (
            f"{path} must have the columns {', '.join(needed)}, got "
            f"{', '.join(heads)[:200] or 'none'}"
        )
        raise ImageError(msg)


def _read_box(path: Path, line: int, row: Mapping[str, Any]) -> list[Box]:
    """Read a row's box; a row without one is an image without lesion."""
    cells = [(row[name] or "").strip() for name in COLUMNS[1:]]
    if not any(cells):
        return []
    try:
        x, y, width, height = map(float, cells)
    except ValueError as error:
        msg = f"{path} must have numbers for a box, got {cells} in line {line}"
        raise ImageError(msg) from error
    return [(x, y, width, height)]


def _keep_size(
    path: Path, line: int, row: Mapping[str, Any], sizes: dict[str, tuple[int, int]]
) -> None:
    """Read a row's image size, if it has one; rows of one image must agree."""
    cells = [(row.get(name) or "").strip() for name in ("rows", "columns")]
    if not any(cells):
        return
    key = row["image_id"].strip()
    try:
        size = (int(cells[0]), int(cells[1]))
    except ValueError as error:
        msg = f"{path} must have whole rows and columns, got {cells} in line {line}"
        raise ImageError(msg) from error
    check_image(f"{path}[{key}]", size, np.uint8)
    if sizes.setdefault(key, size) != size:
        msg = f"{path} must have one size of {key}, got {sizes[key]} and {size}"
        raise ImageError(msg)


FORMAT = Format(
    "boxes",
    (".csv",),
    "bounding boxes: image_id, x, y, width, height, and rows, columns, label if known",
    gather=_gather,
    masks_only=True,
)
