"""Arrays in a container: images along the first axis, or an array per image."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from jaxtyping import Shaped

from metrics.sources.formats.bounds import check_chunks, check_count
from metrics.sources.formats.image import (
    Header,
    Image,
    ImageError,
    check_image,
    check_keys,
    complete,
)

BLOCK_PIXELS = 2**20
"""So many pixels are read at once."""

IDS = ("ids", "image_ids", "image_id")
"""What the array or attribute of image ids beside an array may be called."""


@dataclass(frozen=True, eq=False)
class Stack:
    """Images along the first axis of one array.

    Attributes
    ----------
    name
        What it is called in messages.
    open
        Gives the array for as long as it is read.
    ids
        One per image.
    size
        Of an image.
    """

    name: str
    open: Callable[[], AbstractContextManager[Any]]
    ids: tuple[str, ...]
    size: tuple[int, ...]

    def header(self, key: str) -> Header:  # noqa: ARG002  all images are alike
        """Return the size of every image."""
        return Header(self.size)

    def walk(self, keys: Sequence[str]) -> Iterator[Image]:
        """Read blocks of images that lie close together, and yield them in turn."""
        place = {key: row for row, key in enumerate(self.ids)}
        count = max(1, BLOCK_PIXELS // prod(self.size))
        for start in range(0, len(keys), count):
            rows = [place[key] for key in keys[start : start + count]]
            with complete(self.name), self.open() as array:
                block = take(array, rows)
            yield from map(Image, block)


@dataclass(frozen=True, eq=False)
class Members:
    """An array per image.

    Attributes
    ----------
    name
        What the group is called in messages.
    open
        Gives the arrays by key for as long as they are read.
    sizes
        By id.
    """

    name: str
    open: Callable[[], AbstractContextManager[Any]]
    sizes: Mapping[str, tuple[int, ...]]

    @property
    def ids(self) -> tuple[str, ...]:
        """Images, sorted."""
        return tuple(sorted(self.sizes))

    def header(self, key: str) -> Header:
        """Return the size of one array."""
        return Header(self.sizes[key])

    def walk(self, keys: Sequence[str]) -> Iterator[Image]:
        """Read arrays one after another."""
        for key in keys:
            with complete(f"{self.name}[{key}]"), self.open() as arrays:
                pixels = np.asarray(arrays[key][...])
            yield Image(pixels)


def read_ids(name: str, ids: Any, array: Any) -> Sequence[Any]:
    """Read the ids of images from an array beside theirs, if it is as long.

    Raises
    ------
    ImageError
        If there are more, fewer or too many.
    """
    if tuple(ids.shape) != tuple(array.shape[:1]):
        have, told = tuple(array.shape[:1]), tuple(ids.shape)
        msg = f"{name} must have one id per image, got shape {told} for {have} images"
        raise ImageError(msg)
    check_count(name, ids.shape[0])
    check_chunks(name, ids)
    return list(ids[...])


def take(array: Any, rows: Sequence[int]) -> Shaped[np.ndarray, "n ..."]:
    """Read rows, as one slice where they lie close together."""
    if not len(rows):
        return np.asarray(array[:0])
    low, high = min(rows), max(rows) + 1
    if high - low <= 4 * len(rows):
        return np.asarray(array[low:high])[np.array(rows) - low]
    return np.stack([np.asarray(array[row]) for row in rows])


def arrange(
    name: str,
    arrays: Mapping[str, Any],
    ids: Callable[[str], Sequence[Any] | None],
    chosen: str = "",
) -> tuple[str, tuple[str, ...]] | None:
    """Decide how the images of a group are kept.

    Parameters
    ----------
    name
        What the group is called in messages.
    arrays
        Arrays of the group by key, those of ids left out.
    ids
        Gives the ids beside an array, if there are any.
    chosen
        Key of the array to read; empty to decide by what there is.

    Returns
    -------
    tuple or None
        Key and ids of the one array that has images along its first axis; None if
        every array is an image.

    Raises
    ------
    ImageError
        If there is none, or several could be meant.
    """
    if not arrays:
        msg = f"{name} must hold arrays of numbers, got none"
        raise ImageError(msg)
    listed = [key for key in arrays if ids(key) is not None]
    if not chosen and len(listed) > 1:
        msg = (
            f"{name} must say which array to read, got {', '.join(sorted(listed)[:9])};"
            f" add ::NAME to the path, as in ::{sorted(listed)[0]}"
        )
        raise ImageError(msg)
    key = chosen or (listed[0] if listed else "")
    if not key and len(arrays) == 1 and len(next(iter(arrays.values())).shape) > 2:
        key = next(iter(arrays))
    if not key:
        return None
    return key, _name_rows(f"{name}/{key}", arrays[key], ids(key))


def _name_rows(name: str, array: Any, ids: Sequence[Any] | None) -> tuple[str, ...]:
    """Check an array of images, and name them as told or by number."""
    shape = tuple(array.shape)
    if len(shape) not in (3, 4):
        msg = f"{name} must be (n, h, w) or (n, d, h, w), got shape {shape}"
        raise ImageError(msg)
    check_image(name, shape[1:], array.dtype)
    check_count(name, shape[0])
    check_chunks(name, array)
    if ids is None:
        return tuple(f"{row:06d}" for row in range(shape[0]))
    named = tuple(x.decode() if isinstance(x, bytes) else str(x) for x in ids)
    if len(named) != shape[0]:
        msg = f"{name} must have one image per id, got {shape[0]} for {len(named)} ids"
        raise ImageError(msg)
    return check_keys(name, named)
