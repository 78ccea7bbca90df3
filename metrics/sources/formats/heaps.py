"""Look at the heaps of an HDF5 file before its library does, which may hang on one.

Text of any length lies in global heaps, a row of objects each. The library steps from
one object to the next by the sizes that the file tells, and an object without a name
that says it takes no room keeps it on the spot for ever (seen with HDF5 1.14).
"""

import mmap
from pathlib import Path

from metrics.sources.formats.image import ImageError, complete

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_HEAP = b"GCOL\x01\0\0\0"
_HEAD = 16
"""Bytes before the first object, and of each object before its content."""


def check_heaps(path: Path) -> None:
    """Refuse a file with a heap that cannot be walked to its end.

    Raises
    ------
    ImageError
        Naming the place in the file.
    """
    with (
        complete(str(path)),
        path.open("rb") as stream,
        mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content,
    ):
        width = _width(content)
        place = content.find(_HEAP)
        while place >= 0:
            if not _ends(content, place, width):
                msg = (
                    f"{path} must have sound heaps, got a broken one at {place}; "
                    "write it again"
                )
                raise ImageError(msg)
            place = content.find(_HEAP, place + len(_HEAP))


def _width(content: mmap.mmap) -> int:
    """Return how many bytes the file's sizes have."""
    start = 0
    while content[start : start + 8] != _SIGNATURE:  # behind what others put before it
        start = max(512, 2 * start)
        if start + 16 > len(content):
            msg = "no signature of HDF5"
            raise ValueError(msg)
    version = content[start + 8]
    return content[start + (14 if version < 2 else 10)]


def _ends(content: mmap.mmap, start: int, width: int) -> bool:
    """Walk the objects of one heap, and say whether its end is reached."""

    def size(at: int) -> int:
        return int.from_bytes(content[at : at + width], "little")

    end, place = start + size(start + 8), start + _HEAD
    if end > len(content):
        return False
    while place + _HEAD <= end:
        room = size(place + 8)
        named = content[place : place + 2] != b"\0\0"
        step = _HEAD + -(-room // 8) * 8 if named else room
        if not 0 < step <= end - place:
            return False
        place += step
    return True
