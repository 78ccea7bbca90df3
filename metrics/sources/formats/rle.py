"""Run lengths of masks, as COCO writes them: down the columns, healthy pixels first."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Bool, Int

from metrics.sources.formats.image import ImageError, check_image


def decode(runs: Mapping[str, Any], name: str) -> Bool[np.ndarray, "h w"]:
    """Make the mask of ``{"size": [h, w], "counts": ...}``.

    Parameters
    ----------
    runs
        Counts are a list of numbers, or text of six bits a letter.
    name
        What it is called in messages.

    Raises
    ------
    ImageError
        If counts are broken or do not add up to the size.
    """
    try:
        height, width = (int(side) for side in runs["size"])
        given = runs["counts"]
        check_image(name, (height, width), np.uint8)
        counts = _inflate(given) if isinstance(given, str) else np.array(given)
        whole = counts.ndim == 1 and (counts.dtype.kind == "i" or not counts.size)
        if not whole or (counts < 0).any() or (counts > height * width).any():
            raise ValueError
    except ImageError:
        raise
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        msg = (
            f"{name} must have run lengths with size [h, w] and counts, got broken ones"
        )
        raise ImageError(msg) from error
    if counts.sum() != height * width:
        msg = (
            f"{name} must have run lengths that add up to {height} x {width} pixels, "
            f"got {counts.sum()}"
        )
        raise ImageError(msg)
    marks = np.arange(len(counts)) % 2 == 1
    return np.repeat(marks, counts.astype(np.int64)).reshape(width, height).T


def _inflate(text: str) -> Int[np.ndarray, " runs"]:
    """Read numbers of five bits a letter, low ones first; most are differences.

    A letter's sixth bit says that its number goes on, the fifth bit of the last one is
    its sign. From the fourth number on, each is added to the one two places before.
    """
    codes = np.frombuffer(text.encode("ascii"), np.uint8).astype(np.int64) - 48
    if ((codes < 0) | (codes > 63)).any():
        raise ValueError
    last = codes & 32 == 0
    ends = np.flatnonzero(last)
    if len(codes) and (not len(ends) or ends[-1] != len(codes) - 1):
        raise ValueError
    starts = np.concatenate([[0], ends[:-1] + 1]).astype(np.int64)
    lengths = ends - starts + 1
    if len(lengths) and lengths.max() > 12:  # more than 60 bits
        raise ValueError
    place = np.arange(len(codes)) - np.repeat(starts, lengths)
    values = (
        np.add.reduceat((codes & 31) << (5 * place), starts) if len(ends) else codes
    )
    negative = codes[ends] & 16 != 0
    values = values - np.where(negative, np.int64(1) << (5 * lengths), 0)
    values[1::2] = np.cumsum(values[1::2])
    values[2::2] = np.cumsum(values[2::2])
    return values
