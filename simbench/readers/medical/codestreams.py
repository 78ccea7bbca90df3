"""What a compressed frame says of its own size, before anybody decodes it.

DICOM repeats the size outside of the frame; a decoder believes the frame.
"""

import struct
from collections.abc import Iterator
from itertools import pairwise

Size = tuple[int, int]

_JPEG = b"\xff\xd8"
_JPEG_2000 = b"\xff\x4f\xff\x51"
_STARTS_OF_FRAMES = (*range(0xC0, 0xD0), 0xF7)
_NO_FRAMES = (0xC4, 0xC8, 0xCC)
"""Tables that are numbered among the starts of frames."""


def sizes_of(frame: bytes) -> list[Size]:
    """Return every size, (rows, columns), that JPEG, JPEG-LS or JPEG 2000 tells.

    Nothing if it is none of them.
    """
    if frame.startswith(_JPEG):
        return list(_jpeg(frame))
    if not frame.startswith(_JPEG_2000) or len(frame) < 24:
        return []
    width, height, left, top = struct.unpack(">4I", frame[8:24])
    return [(height - top, width - left)]


def _jpeg(frame: bytes) -> Iterator[Size]:
    """Walk along the markers up to the entropy-coded data."""
    at = 2
    while at + 9 <= len(frame) and frame[at] == 0xFF:
        marker = frame[at + 1]
        if marker == 0xFF:  # fill
            at += 1
            continue
        if marker == 0xDA:  # start of scan
            return
        if marker in _STARTS_OF_FRAMES and marker not in _NO_FRAMES:
            rows, columns = frame[at + 5 : at + 7], frame[at + 7 : at + 9]
            yield int.from_bytes(rows, "big"), int.from_bytes(columns, "big")
        at += 2 + int.from_bytes(frame[at + 2 : at + 4], "big")


def unpacked_bytes(frame: bytes) -> int:
    """Count what the run lengths of DICOM's RLE unpack to, unpacking nothing.

    A frame has up to 15 segments; of each, a byte n says that n + 1 bytes follow, or,
    from 129 on, that the next one is repeated 257 - n times (PS3.5, annex G).
    """
    numbers = [int.from_bytes(frame[i : i + 4], "little") for i in range(0, 64, 4)]
    starts = [*numbers[1 : 1 + min(numbers[0], 15)], len(frame)]
    return sum(_unpacked(frame[start:stop]) for start, stop in pairwise(starts))


def _unpacked(segment: bytes) -> int:
    count = at = 0
    while at < len(segment):
        head = segment[at]
        at += 2 if head > 128 else head + 2 if head < 128 else 1
        count += 257 - head if head > 128 else head + 1 if head < 128 else 0
    return count
