"""Where maps and masks come from: memory, a Zarr array, files, or anything alike."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float, Shaped

from metrics.counting.truth import Truth
from metrics.sources.folders import FolderMaps, FolderMasks, to_masks

__all__ = [
    "ArrayMaps",
    "ArrayMasks",
    "FolderMaps",
    "FolderMasks",
    "MapSource",
    "MaskSource",
    "as_maps",
    "as_masks",
]


@runtime_checkable
class MapSource(Protocol):
    """Maps of one entry.

    ``names`` tells the entry apart (see :mod:`metrics.sources.entries`), ``ids`` says
    which images there are, ``read`` gives raw maps at the masks' size in the order
    asked.
    """

    @property
    def names(self) -> Mapping[str, str]: ...
    @property
    def ids(self) -> Sequence[str]: ...
    def read(self, ids: Sequence[str]) -> Float[np.ndarray, "n h w"]: ...


@runtime_checkable
class MaskSource(Protocol):
    """Masks of the images to score.

    ``read`` gives True on lesion pixels, or a :class:`~metrics.counting.truth.Truth`.
    """

    @property
    def ids(self) -> Sequence[str]: ...
    def read(self, ids: Sequence[str]) -> Bool[np.ndarray, "n h w"] | Truth: ...


@dataclass(frozen=True)
class ArrayMaps:
    """Maps in an array of NumPy or Zarr, (n, h, w).

    Raises
    ------
    ValueError
        If the array is not (n, h, w) of real numbers or ids do not fit it.
    """

    array: Any
    ids: Sequence[str]
    names: Mapping[str, str]

    def __post_init__(self) -> None:
        _check_array(f"maps of {self.names.get('method', '')!r}", self.array, self.ids)

    def read(self, ids: Sequence[str]) -> Float[np.ndarray, "n h w"]:
        """Read maps in the order of ``ids``."""
        maps = _take(self.array, self.ids, ids)
        return maps.astype(np.result_type(maps.dtype, np.float32), copy=False)


@dataclass(frozen=True)
class ArrayMasks:
    """Masks in an array of NumPy or Zarr, (n, h, w); not 0 is lesion.

    Raises
    ------
    ValueError
        As :class:`ArrayMaps`, and when reading fractions.
    """

    array: Any
    ids: Sequence[str]

    def __post_init__(self) -> None:
        _check_array("masks", self.array, self.ids)

    def read(self, ids: Sequence[str]) -> Bool[np.ndarray, "n h w"]:
        """Read masks in the order of ``ids``."""
        return to_masks(_take(self.array, self.ids, ids), "masks")


def as_masks(masks: Any) -> MaskSource:
    """Take a source as it is; number the images of a plain array."""
    if hasattr(masks, "read"):
        return masks
    array = masks if hasattr(masks, "shape") else np.asarray(masks)
    return ArrayMasks(array, _number(array))


def as_maps(name: str, maps: Any, masks: MaskSource) -> MapSource:
    """Take a source as it is; a plain array has the images of the masks.

    Raises
    ------
    ValueError
        If a plain array and the masks differ in number.
    """
    if hasattr(maps, "read"):
        return maps
    array = maps if hasattr(maps, "shape") else np.asarray(maps)
    names = {"method": name, "label": name, "kind": "external"}
    return ArrayMaps(array, tuple(masks.ids), names)


def check_unique(name: str, ids: Sequence[str]) -> None:
    """Refuse ids that occur twice.

    Raises
    ------
    ValueError
        Naming the first of them.
    """
    twice = [key for key, times in Counter(ids).items() if times > 1]
    if twice:
        msg = f"ids of {name} must be unique, got {twice[0]!r} more than once"
        raise ValueError(msg)


def _check_array(name: str, array: Any, ids: Sequence[str]) -> None:
    if len(array.shape) != 3:
        msg = f"{name} must be (n, h, w), got shape {tuple(array.shape)}"
        raise ValueError(msg)
    if np.dtype(array.dtype).kind not in "buif":
        msg = f"{name} must hold real numbers, got dtype {array.dtype}"
        raise ValueError(msg)
    if len(ids) != array.shape[0]:
        found = f"{array.shape[0]} for {len(ids)} ids"
        msg = f"{name} must have one image per id, got {found}"
        raise ValueError(msg)
    if 0 in array.shape[1:]:
        msg = f"{name} must have pixels, got shape {tuple(array.shape)}"
        raise ValueError(msg)
    check_unique(name, ids)


def _number(array: Any) -> tuple[str, ...]:
    return tuple(f"{index:06d}" for index in range(len(array)))


def _take(
    array: Any,
    have: Sequence[str],
    want: Sequence[str],
) -> Shaped[np.ndarray, "n h w"]:
    """Read rows by id, as one slice where they lie close together."""
    place = {key: index for index, key in enumerate(have)}
    rows = np.array([place[key] for key in want], dtype=np.int64)
    if not len(rows):
        return np.asarray(array[:0])
    low, high = int(rows.min()), int(rows.max()) + 1
    if high - low <= 4 * len(rows):
        return np.asarray(array[low:high])[rows - low]
    return np.stack([np.asarray(array[int(row)]) for row in rows])
