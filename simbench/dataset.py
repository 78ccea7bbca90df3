"""Datasets: arrays and tables, in memory or on disk, behind one record."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Int, Shaped

from simbench.later import Table, later
from simbench.recipe import Recipe
from simbench.rows import Decoding, View, absent, rows
from simbench.standing import unchanged
from simbench.wholeness import place_of, whole

MASKS = ("mask", "distinctive")
SPLITS = ("train", "validation", "test")


@later("index", "lesions", "confounders")
@dataclass(frozen=True, repr=False)
class Dataset:
    """Images with labels, and for phantoms everything that is known about them."""

    identity: str
    """SHA-256 that stands for the content: recipe, seed and generator."""
    recipe: Recipe | None
    classes: tuple[str, ...]
    index: Table
    """A row an image: image_id, split, label, subject, lesion, and every factor."""
    lesions: Table
    confounders: Table
    arrays: Mapping[str, Any]
    """By name, (n, h, w) or (n, h, w, 3), NumPy or Zarr, in the order of ``index``."""
    audit: Mapping[str, Any] = field(default_factory=dict)
    reader: str = ""
    """Which of :data:`simbench.readers.READERS` read it; none for phantoms."""
    chiral: bool = False
    """Whether images tell left from right, as letters do: never to be mirrored."""
    strata: tuple[str, ...] = ()
    """Further columns of ``index`` that scores are carried along with."""
    check: Callable[[], None] = field(default=unchanged, repr=False, compare=False)
    """Raises if what is read was replaced since it was opened."""
    most: int | None = field(default=None, compare=False)
    """Bytes of images that :meth:`images` reads at once; None sets no limit."""

    def __repr__(self) -> str:
        shape = self.arrays["image"].shape
        counts = self.index["split"].value_counts(sort=False).to_dict()
        names = [name for name in SPLITS if name in counts]
        splits = ", ".join(f"{counts[name]} {name}" for name in names)
        return (
            f"Dataset({self.name}: "
            f"{shape[0]} images of {shape[1]} x {shape[2]}, {splits}; "
            f"{', '.join(self.classes)})"
        )

    @property
    def name(self) -> str:
        """Of its recipe or reader."""
        return self.recipe.name if self.recipe else self.reader or "read"

    def ids(self, split: str | None = None) -> list[str]:
        """Return the image ids of one split, or of all.

        Raises
        ------
        ValueError
            If that is the name of no split.
        """
        table = self.index
        if split is not None:
            table = table[table["split"] == split]
        if table.empty and split not in (None, *SPLITS):
            msg = f"split must be one of {', '.join(SPLITS)}, got '{split}'"
            raise ValueError(msg)
        return [str(name) for name in table["image_id"]]

    def read(self, name: str, ids: Sequence[str]) -> Shaped[np.ndarray, "n h w *rgb"]:
        """Read one array for the given images, in their order; masks as booleans.

        Raises
        ------
        ValueError
            If there is no such array or image.
        FileNotFoundError
            If a file has vanished since the dataset was opened.
        """
        if name not in self.arrays:
            msg = f"array must be one of {', '.join(self.arrays)}, got '{name}'"
            raise ValueError(msg)
        places = self.places(ids)
        if isinstance(self.arrays[name], Decoding):  # says itself which file is wrong
            values = rows(self.arrays[name], places)
            return values != 0 if name in MASKS else values
        where = place_of(name, self.arrays[name])
        with whole(where, "generate the dataset again"):
            values = rows(self.arrays[name], places)
        self.check()
        gone = absent(self.arrays[name], values)
        if gone.any():
            msg = (
                f"{where} must hold image {ids[int(gone.argmax())]}, got "
                "nothing: a file of the dataset has vanished; generate it again"
            )
            raise FileNotFoundError(msg)
        return values != 0 if name in MASKS else values

    def places(self, ids: Sequence[str]) -> Int[np.ndarray, " n"]:
        """Return the rows of the given images.

        Images that are numbered, as those of phantoms are, are found by their number,
        so that no table of all ids is made for each batch that is read.

        Raises
        ------
        ValueError
            If there is no such image.
        """
        found = _numbered(ids, len(self._ids))
        if found is not None and (self._ids[found] == list(ids)).all():
            return found
        found = self._ids.get_indexer(pd.Index(list(ids))).astype(np.int64)
        if (found < 0).any():
            lost = [str(ids[i]) for i in np.flatnonzero(found < 0)[:3]]
            msg = f"ids must be in the dataset, got {', '.join(lost)}"
            raise ValueError(msg)
        return found

    @cached_property
    def _ids(self) -> pd.Index:
        return pd.Index(self.index["image_id"])

    def images(self, ids: Sequence[str]) -> Any:
        """Return the named images as an array, or as what is indexed like one.

        Images that lie in files of their own are decoded when they are asked for, so
        that memory does not grow with their number; others are read at once, unless
        they take more than :attr:`most`.
        """
        array = self.arrays["image"]
        shape = tuple(array.shape[1:])
        needed = len(ids) * math.prod(shape) * np.dtype(array.dtype).itemsize
        large = self.most is not None and needed > self.most
        if isinstance(array, Decoding) or large:
            return View(tuple(ids), shape, self._images)
        return self.read("image", ids)

    def _images(self, ids: Sequence[str]) -> Shaped[np.ndarray, "n h w *rgb"]:
        return self.read("image", ids)

    def known(self, ids: Sequence[str]) -> list[str]:
        """Return those of the named images whose masks are known, in their order."""
        if "mask" not in self.arrays:
            return []
        if "mask_known" not in self.index:
            return list(ids)
        table = self.index.set_index("image_id")["mask_known"].loc[list(ids)]
        return [name for name, known in zip(ids, table, strict=True) if known]


def _numbered(ids: Sequence[str], images: int) -> Int[np.ndarray, " n"] | None:
    """Return the numbers that ids are, if all are less than the number of images."""
    if not all(len(name) < 19 and name.isdecimal() for name in map(str, ids)):
        return None
    found = np.array([int(name) for name in ids], np.int64)
    return found if (found < images).all() else None
