"""Paint lesions that may overlap into one image of lesion numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool, Int, UInt8

Pieces = list[tuple[Any, UInt8[np.ndarray, " bytes"]]]
"""A lesion: an index into the image, and bits of the pixels found there, each."""


def pack(mask: Bool[np.ndarray, "..."], place: Any = ()) -> Pieces:
    """Make a lesion of one mask, an eighth of its size."""
    return [(place, np.packbits(mask))]


def paint(
    size: tuple[int, ...], piece: tuple[int, ...], lesions: Sequence[Pieces]
) -> Int[np.ndarray, "..."]:
    """Write the numbers of lesions, from 1, smaller lesions over larger ones.

    A lesion that others cover wholly leaves nothing of its own.

    Parameters
    ----------
    size
        Of the image.
    piece
        Of each piece of a lesion.
    lesions
        In the order of their numbers.
    """
    areas = [sum(int(np.bitwise_count(bits).sum()) for _, bits in x) for x in lesions]
    pixels = np.zeros(size, np.int32)
    count = int(np.prod(piece))
    for index in sorted(range(len(lesions)), key=lambda i: -areas[i]):
        for place, bits in lesions[index]:
            inside = np.unpackbits(bits, count=count).reshape(piece).astype(bool)
            part = pixels[place]
            part[inside] = index + 1
            pixels[place] = part
    return pixels
