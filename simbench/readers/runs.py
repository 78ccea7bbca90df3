"""Run lengths of masks as pycocotools writes them: down the columns, healthy first.

A number is spread over letters of five bits each, low bits first; the sixth bit says
that it goes on, and its highest bit is its sign. From the fourth on, a number is the
difference from the one two places before.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int64, UInt8

_MOST = 12
"""Letters of a number of 60 bits; there are no longer ones."""


@dataclass(frozen=True)
class Runs:
    """The run lengths of one mask.

    Parameters
    ----------
    size
        Rows and columns.
    counts
        Letters.
    """

    size: tuple[int, int]
    counts: str

    @property
    def empty(self) -> bool:
        """Whether there is but one run, so that no pixel is lesion."""
        return sum(letter < "P" for letter in self.counts) < 2  # the last of a number

    def lengths(self) -> Int64[np.ndarray, " n"]:
        """Return how many pixels are healthy, lesion, healthy and so on.

        Raises
        ------
        ValueError
            If the letters are none, or do not add up to the size.
        """
        lengths = _numbers(self.counts)
        lengths[1::2], lengths[2::2] = (
            np.cumsum(lengths[start::2]) for start in (1, 2)
        )
        height, width = self.size
        pixels = height * width
        if (lengths < 0).any() or (lengths > pixels).any() or lengths.sum() != pixels:
            msg = f"runs that do not add up to {height} x {width} pixels"
            raise ValueError(msg)
        return lengths

    def decode(self) -> UInt8[np.ndarray, "h w"]:
        """Return the mask, 255 on lesion; as for :meth:`lengths`."""
        lengths = self.lengths()
        marks = np.zeros(len(lengths), np.uint8)
        marks[1::2] = 255
        height, width = self.size
        return np.repeat(marks, lengths).reshape(width, height).T


def runs_of(entry: Any) -> Runs:
    """Take ``{"size": [h, w], "counts": "…"}``.

    Raises
    ------
    ValueError
        If it is something else.
    """
    match entry:
        case {"size": [int(height), int(width)], "counts": str(counts)}:
            if min(height, width) > 0:
                return Runs((height, width), counts)
    msg = "no run lengths with size [h, w] and counts"
    raise ValueError(msg)


def _numbers(letters: str) -> Int64[np.ndarray, " n"]:
    """Put the numbers together; most are still differences."""
    codes = np.array([ord(letter) - 48 for letter in letters], np.int64)
    ends = np.flatnonzero(codes < 32) + 1
    starts = np.concatenate([[0], ends[:-1]]).astype(np.int64)
    long = bool(len(ends)) and int((ends - starts).max()) > _MOST
    odd = ((codes < 0) | (codes > 63)).any() or long
    if odd or not len(ends) or ends[-1] != len(codes):
        msg = "letters that are no run lengths"
        raise ValueError(msg)
    each = np.repeat(np.arange(len(ends)), ends - starts)
    bits = 5 * (np.arange(len(codes)) - starts[each])
    values = np.zeros(len(ends), np.int64)
    np.add.at(values, each, (codes & 31) << bits)
    negative = codes[ends - 1] & 16 != 0
    return values - (negative.astype(np.int64) << (5 * (ends - starts)))
