"""NumPy's ``.npy``: one array, its header looked at first; no pickles."""

import struct
from pathlib import Path
from typing import IO
from zipfile import ZipExtFile

import numpy as np
from jaxtyping import Shaped

from metrics.sources.formats.format import Format, Query
from metrics.sources.formats.image import (
    Header,
    Image,
    ImageError,
    check_image,
    complete,
)

_HEADERS = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}

_LONGEST = 10_000
"""Bytes of a header; NumPy reads it whole before it says that it is too long."""


def read_header(
    stream: IO[bytes] | ZipExtFile, name: str
) -> tuple[tuple[int, ...], np.dtype]:
    """Read shape and type from the beginning of a stream."""
    with complete(name):
        version = np.lib.format.read_magic(stream)
        if version not in _HEADERS:
            msg = f"{name} must be .npy of version 1 or 2, got {version}; save it anew"
            raise ImageError(msg)
        start = stream.tell()
        form = "<H" if version == (1, 0) else "<I"
        (length,) = struct.unpack(form, stream.read(struct.calcsize(form)))
        if length > _LONGEST:
            msg = f"{name} must have a header of at most {_LONGEST} bytes, got {length}"
            raise ImageError(msg)
        stream.seek(start)
        shape, _, dtype = _HEADERS[version](stream)
    return shape, dtype


def read_shape(stream: IO[bytes] | ZipExtFile, name: str) -> tuple[int, ...]:
    """Read the shape from a stream's header, and refuse what is no image."""
    shape, dtype = read_header(stream, name)
    check_image(name, shape, dtype)
    return shape


def read_stream(stream: IO[bytes] | ZipExtFile, name: str) -> Shaped[np.ndarray, "..."]:
    """Read a stream that can be sought, after a look at its header."""
    read_shape(stream, name)
    with complete(name):
        stream.seek(0)
        return np.lib.format.read_array(stream, allow_pickle=False)


def _header(path: Path, query: Query) -> Header:  # noqa: ARG001  all formats take it
    with complete(str(path)), path.open("rb") as stream:
        return Header(read_shape(stream, str(path)))


def _read(path: Path, query: Query) -> Image:  # noqa: ARG001  all formats take it
    with complete(str(path)), path.open("rb") as stream:
        return Image(read_stream(stream, str(path)))


FORMAT = Format(
    "npy",
    (".npy",),
    "a NumPy array an image, (h, w) or (d, h, w)",
    header=_header,
    read=_read,
)
