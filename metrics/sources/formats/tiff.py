"""TIFF: one gray page, or pages of one size as the depth of a volume."""

import lzma
import zlib
from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Shaped

from metrics.sources.formats.format import Format, Query
from metrics.sources.formats.image import (
    Header,
    Image,
    ImageError,
    Kind,
    check_image,
    complete,
)

_HARMLESS = 2**16
"""Packed bytes that cannot become more than 64 MB; most strips are smaller."""

_OURS = {"NONE", "ADOBE_DEFLATE", "DEFLATE", "LZMA", "PACKBITS"}
"""Compressions that need no further library; others are left to Pillow."""

_OPENERS: dict[str, Callable[[], Any]] = {
    "ADOBE_DEFLATE": zlib.decompressobj,
    "DEFLATE": zlib.decompressobj,
    "LZMA": lzma.LZMADecompressor,
}
"""What unpacks piece by piece."""

_PIECE = 2**20
"""Bytes that are unpacked at once."""


def _header(path: Path, query: Query) -> Header:  # noqa: ARG001  all formats take it
    with complete(str(path)), _open(path) as file:
        return Header(_look(path, file)[0])


def _open(path: Path) -> Any:
    from tifffile import TiffFile  # only who has TIFF files needs it

    # Metadata of microscopes may name other files: pages of this one are all we read.
    return TiffFile(path, is_ome=False, is_mmstack=False, is_ndtiff=False)


def _look(path: Path, file: Any) -> tuple[tuple[int, ...], Kind]:
    """Read the size and what pixels are; pages must be alike and all there."""
    pages, first = file.pages, file.pages[0]
    total = path.stat().st_size
    whole = (len(pages), *first.shape) if len(pages) > 1 else first.shape
    if first.samplesperpixel != 1:
        msg = (
            f"{path} must be gray, got {first.samplesperpixel} samples a pixel; save "
            "it with one channel (volumes with photometric='minisblack')"
        )
        raise ImageError(msg)
    check_image(str(path), whole, first.dtype or np.dtype(object))
    for place, page in enumerate(pages):
        if (page.shape, page.dtype) != (first.shape, first.dtype):
            msg = (
                f"{path} must have pages of one size and type, got {first.shape} "
                f"{first.dtype} and {page.shape} {page.dtype} on page {place + 1}"
            )
            raise ImageError(msg)
        ends = [
            start + count
            for start, count in zip(page.dataoffsets, page.databytecounts, strict=True)
        ]
        if not ends or max(ends) > total or min(page.databytecounts) < 1:
            msg = (
                f"{path} must be a complete file, got page {place + 1} without all of "
                "its pixels; write it again"
            )
            raise ImageError(msg)
    told = _told(file)
    if told > len(pages):
        msg = (
            f"{path} must have a page per slice, got {len(pages)} for {told} slices; "
            "save it without truncation"
        )
        raise ImageError(msg)
    return tuple(whole), "labels" if first.photometric.name == "PALETTE" else "values"


def _told(file: Any) -> int:
    """How many slices the writer meant, which some keep on one page."""
    if file.is_imagej and file.imagej_metadata:
        return int(file.imagej_metadata.get("images", 1))
    if file.is_shaped and file.shaped_metadata:
        shape = [side for side in file.shaped_metadata[0]["shape"] if side > 1]
        flat = len([side for side in file.pages[0].shape if side > 1])
        return int(np.prod(shape[: len(shape) - flat], dtype=np.int64))
    return 1


def _read(path: Path, query: Query) -> Image:  # noqa: ARG001  all formats take it
    with complete(str(path)), _open(path) as file:
        size, kind = _look(path, file)
        _check_packed(path, file)
        if file.pages[0].compression.name in _OURS:
            pages = [page.asarray(maxworkers=1) for page in file.pages]
        else:
            pages = _read_with_pillow(path, len(file.pages))
        pixels = np.stack(pages).reshape(size)
    return Image(pixels, kind=kind)


def _check_packed(path: Path, file: Any) -> None:
    """Unpack strips and tiles piece by piece: none may become more than it says.

    Without a further library tifffile unpacks each at once, however much comes of it.
    """
    for page in file.pages:
        opener = _OPENERS.get(page.compression.name)
        most = max(prod(page.chunks), page.size) * page.dtype.itemsize
        check_image(str(path), page.chunks[:2], page.dtype)
        if opener is None or max(page.databytecounts) < _HARMLESS:
            continue
        spans = page.dataoffsets, page.databytecounts
        for packed, _ in file.filehandle.read_segments(*spans):
            if packed is not None and _exceeds(opener(), packed, most):
                msg = f"{path} must unpack to its size, got more than {most} bytes"
                raise ImageError(msg)


def _exceeds(unpacker: Any, packed: bytes, most: int) -> bool:
    """Say whether more than so many bytes come of a strip."""
    count, more = 0, packed
    while count <= most:
        piece = len(unpacker.decompress(more, _PIECE))
        if not piece:
            return False
        count += piece
        more = getattr(unpacker, "unconsumed_tail", b"")
        if unpacker.eof:
            return False
    return True


def _read_with_pillow(path: Path, count: int) -> list[Shaped[np.ndarray, "..."]]:
    from PIL.TiffImagePlugin import TiffImageFile  # only who has such files needs it

    pages = []
    with TiffImageFile(path) as picture:  # its limit is ours, which was checked
        for page in range(count):
            picture.seek(page)
            check_image(str(path), picture.size[::-1], np.uint8)
            pages.append(np.array(picture))
    return pages


FORMAT = Format(
    "tiff",
    (".tif", ".tiff"),
    "a gray page of any depth, or pages as the slices (d, h, w) of a volume",
    header=_header,
    read=_read,
)
