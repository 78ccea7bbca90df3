"""Rows of a dataset's arrays: in memory, in Zarr, or decoded when asked for."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Int, Shaped

from simbench.blocks import LENGTH


@runtime_checkable
class Decoding(Protocol):
    """An array whose rows are made when they are asked for, and not kept."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def dtype(self) -> np.dtype[Any]: ...
    def rows(self, places: Int[np.ndarray, " n"]) -> Shaped[np.ndarray, "n h w *rgb"]:
        """Make the rows at the given places, in their order."""


@dataclass(frozen=True)
class View:
    """Images that are indexed as an array is, and read when they are asked for."""

    ids: tuple[str, ...]
    size: tuple[int, ...]
    read: Callable[[Sequence[str]], Shaped[np.ndarray, "n h w *rgb"]]

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, h, w) or (n, h, w, 3)."""
        return (len(self.ids), *self.size)

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(
        self, places: slice | Int[np.ndarray, " n"]
    ) -> Shaped[np.ndarray, "n h w *rgb"]:
        return self.read([self.ids[i] for i in np.arange(len(self.ids))[places]])


def rows(array: Any, places: Int[np.ndarray, " n"]) -> Shaped[np.ndarray, "n h w *rgb"]:
    """Return rows of an array of whatever kind."""
    if isinstance(array, np.ndarray):
        return array[places]
    if isinstance(array, Decoding):
        return array.rows(places)
    values = np.empty((len(places), *array.shape[1:]), array.dtype)
    for block in np.unique(places // LENGTH):
        wanted = np.flatnonzero(places // LENGTH == block)
        start = int(block) * LENGTH
        if 4 * wanted.size < LENGTH:
            values[wanted] = array.oindex[places[wanted]]
        else:
            values[wanted] = array[start : start + LENGTH][places[wanted] - start]
    return values


def absent(
    array: Any,
    values: Shaped[np.ndarray, "n h w *rgb"],
) -> Bool[np.ndarray, " n"]:
    """Tell which images are what Zarr reads where a file is missing."""
    if isinstance(array, np.ndarray | Decoding):
        return np.zeros(len(values), bool)
    if np.isnan(array.fill_value):
        return np.isnan(values).all(axis=tuple(range(1, values.ndim)))
    return (values == array.fill_value).all(axis=tuple(range(1, values.ndim)))
