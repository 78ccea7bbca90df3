"""PNG: gray pictures of 1 to 16 bits; palettes are label images."""

import struct
from pathlib import Path

import numpy as np

from metrics.sources.formats.format import Format, Query
from metrics.sources.formats.image import (
    Header,
    Image,
    ImageError,
    check_image,
    complete,
)

_GRAY = ("1", "L", "I", "I;16", "I;16B")
_SCALE = {2: 85, 4: 17}
"""What pixels of few bits are multiplied with when they are read as bytes."""


def _header(path: Path, query: Query) -> Header:  # noqa: ARG001  all formats take it
    return Header(_look(path)[0])


def _look(path: Path) -> tuple[tuple[int, int], int]:
    """Read the size and the bits of a pixel."""
    with complete(str(path)), path.open("rb") as stream:
        head = stream.read(25)
    if len(head) < 25 or head[:8] != b"\x89PNG\r\n\x1a\n":
        msg = (
            f"{path} must be a complete PNG file, got {len(head)} bytes of another kind"
        )
        raise ImageError(msg)
    width, height = struct.unpack(">II", head[16:24])
    check_image(str(path), (height, width), np.uint8)
    return (height, width), head[24]


def _read(path: Path, query: Query) -> Image:  # noqa: ARG001  all formats take it
    from PIL.PngImagePlugin import PngImageFile  # only who has PNG files needs it

    size, bits = _look(path)
    # Opened so, the limit of sizes is ours alone, which the header was compared with.
    with complete(str(path)), PngImageFile(path) as picture:
        if picture.size[::-1] != size:  # a second header
            msg = (
                f"{path} must have one size, got {size} and {picture.size[::-1]}; "
                "save it anew"
            )
            raise ImageError(msg)
        if picture.mode not in (*_GRAY, "P"):
            msg = (
                f"{path} must be gray (8 or 16 bit), got mode {picture.mode}; "
                "save it with one channel"
            )
            raise ImageError(msg)
        pixels = np.asarray(picture)
        check_image(str(path), pixels.shape, pixels.dtype)
    if picture.mode == "P":
        return Image(pixels, kind="labels")
    return Image(pixels // _SCALE[bits] if bits in _SCALE else pixels)


FORMAT = Format(
    "png",
    (".png",),
    "a gray picture of 1 to 16 bits; of a palette, the numbers of its colors (masks)",
    header=_header,
    read=_read,
)
