"""Maps and masks in memory, or in arrays that are read by slices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Float

from metrics.counting.truth import Truth
from metrics.sources.band import leave_out_band
from metrics.sources.formats.arrays import take as take_rows
from metrics.sources.formats.image import Image
from metrics.sources.matching import check_unique
from metrics.sources.reading import MaskReading, to_truth
from metrics.sources.truths import take


@dataclass(frozen=True)
class ArrayMaps:
    """Maps in an array of NumPy, Zarr or HDF5, (n, h, w) or (n, d, h, w).

    Raises
    ------
    ValueError
        If the array is not of that shape, of real numbers, or ids do not fit it.
    """

    array: Any
    ids: Sequence[str]
    names: Mapping[str, str]

    def __post_init__(self) -> None:
        _check_array(f"maps of {self.names.get('method', '')!r}", self.array, self.ids)

    def read(self, ids: Sequence[str]) -> Float[np.ndarray, "n ..."]:
        """Read maps in the order of ``ids``."""
        maps = take_rows(self.array, _find_rows(self.ids, ids))
        return maps.astype(np.result_type(maps.dtype, np.float32), copy=False)


@dataclass(frozen=True)
class ArrayMasks:
    """Masks in an array of NumPy, Zarr or HDF5, (n, h, w) or (n, d, h, w).

    Raises
    ------
    ValueError
        As :class:`ArrayMaps`, and when reading fractions that are not said to be soft.
    """

    array: Any
    ids: Sequence[str]
    reading: MaskReading = field(default_factory=MaskReading)

    def __post_init__(self) -> None:
        _check_array("masks", self.array, self.ids)

    def read(self, ids: Sequence[str]) -> Truth:
        """Read the truth of images in the order of ``ids``."""
        rows = Image(take_rows(self.array, _find_rows(self.ids, ids)))
        return leave_out_band(to_truth(rows, self.reading, "masks"), self.reading.band)


@dataclass(frozen=True)
class TruthMasks:
    """A truth in memory.

    Raises
    ------
    ValueError
        If ids do not fit it.
    """

    truth: Truth
    ids: Sequence[str]

    def __post_init__(self) -> None:
        _check_array("masks", self.truth.lesion, self.ids)

    def read(self, ids: Sequence[str]) -> Truth:
        """Return the truth of images in the order of ``ids``."""
        return take(self.truth, _find_rows(self.ids, ids))


def _check_array(name: str, array: Any, ids: Sequence[str]) -> None:
    shape = tuple(array.shape)
    if len(shape) not in (3, 4):
        msg = f"{name} must be (n, h, w) or (n, d, h, w), got shape {shape}"
        raise ValueError(msg)
    if np.dtype(array.dtype).kind not in "buif":
        msg = f"{name} must hold real numbers, got dtype {array.dtype}"
        raise ValueError(msg)
    if len(ids) != shape[0]:
        msg = f"{name} must have one image per id, got {shape[0]} for {len(ids)} ids"
        raise ValueError(msg)
    if 0 in shape[1:]:
        msg = f"{name} must have pixels, got shape {shape}"
        raise ValueError(msg)
    check_unique(name, ids)


def number(array: Any) -> tuple[str, ...]:
    """Name the images of an array by their places."""
    return tuple(f"{index:06d}" for index in range(len(array)))


def _find_rows(have: Sequence[str], want: Sequence[str]) -> list[int]:
    place = {key: index for index, key in enumerate(have)}
    return [place[key] for key in want]
