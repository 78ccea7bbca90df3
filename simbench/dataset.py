"""Datasets: arrays and tables, in memory or on disk, behind one record."""

import json
import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Int, Shaped

from simbench.audit import CONFOUNDED, INDEXED, audit, keep_budget
from simbench.blocks import LENGTH, Tables, draw_block, layout, starts
from simbench.later import Table, later
from simbench.manifest import NAME, quick_problems, read_manifest
from simbench.recipe import Recipe, load
from simbench.rows import Decoding, View, absent, rows
from simbench.standing import stand_by, unchanged
from simbench.tables import framed
from simbench.urls import is_url
from simbench.wholeness import check_index, place_of, read_index, read_table, whole

ARRAYS = "arrays.zarr"
READING = "reading.toml"
"""What a dataset that was read has in place of a recipe."""
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


def generate(
    recipe: Recipe,
    executor: Executor | None = None,
    progress: Callable[[int], None] | None = None,
) -> Dataset:
    """Draw a dataset in memory.

    Parameters
    ----------
    recipe
        What to draw.
    executor
        Draws the blocks, in processes or elsewhere; None draws them here. The result
        does not depend on it.
    progress
        Called with the number of images just finished.

    Raises
    ------
    ValueError
        If the classes are told without looking: a leak beyond the recipe's budget.
    """
    arrays = {
        name: np.empty((recipe.images, *entry.shape), entry.dtype)
        for name, entry in layout(recipe).items()
    }
    tables = Tables()
    work = partial(draw_block, recipe)
    draw = map if executor is None else executor.map
    for block in draw(work, starts(recipe)):
        start, stop = block.start, block.start + len(block.tables.index)
        for name, array in arrays.items():
            array[start:stop] = block.arrays[name]
        tables.extend(block.tables)
        if progress:
            progress(stop - start)
    dataset = assembled(recipe, tables, arrays)
    found = audit(dataset)
    keep_budget(found, f"recipe '{recipe.name}'")
    return replace(dataset, audit=found)


def is_dataset(folder: Path | str) -> bool:
    """Say whether a folder is, or begins to be, a dataset, generated or read."""
    return any((Path(folder) / name).is_file() for name in ("recipe.toml", READING))


def open_dataset(folder: Path | str) -> Dataset:
    """Open a dataset that was generated or read; images are read when asked for.

    A folder, or a URL of a store that fsspec knows, as in ``s3://bucket/data``.

    Raises
    ------
    FileNotFoundError
        If the folder has no manifest.
    ValueError
        If a file is missing or has another size than when it was written.
    """
    from simbench.readers.folder import open_reading

    if is_url(folder):
        from simbench.remote import open_remote

        return open_remote(str(folder))
    folder = Path(folder)
    check = stand_by(folder, NAME)
    manifest = read_manifest(folder)
    problems = quick_problems(folder, manifest)
    if problems:
        more = f" and {len(problems) - 1} more" if len(problems) > 1 else ""
        msg = f"{folder} is damaged: {problems[0]}{more}; generate the dataset again"
        raise ValueError(msg)
    try:
        with whole(str(folder), "generate or read the dataset again"):
            if (folder / READING).is_file():
                return open_reading(folder, manifest.identity)
            dataset = open_generated(folder, manifest.identity, check=check)
    except (OSError, ValueError):
        check()  # another one in its place is the better reason
        raise
    check()
    return dataset


def open_generated(
    folder: Path,
    identity: str,
    store: Any = None,
    check: Callable[[], None] = unchanged,
) -> Dataset:
    """Open what a recipe made, if tables and arrays are what it makes.

    Arrays lie in the folder unless a store of Zarr has them. Tables are read when they
    are asked for.
    """
    recipe = load(folder / "recipe.toml")
    arrays = _arrays(recipe, folder / ARRAYS if store is None else store)
    for name, entry in layout(recipe).items():
        found, wanted = arrays[name], (recipe.images, *entry.shape)
        if (tuple(found.shape), found.dtype) != (wanted, entry.dtype):
            msg = f"{name} of shape {found.shape}, {found.dtype}, not {wanted}"
            raise ValueError(msg)
        if found.chunks[0] > LENGTH:
            msg = f"{name} with chunks of {found.chunks[0]} images"
            raise ValueError(msg)
    check_index(folder / "index.parquet", recipe.images)
    tables: dict[str, Any] = {
        name: partial(_read, read, folder / f"{name}.parquet", check)
        for name, read in _READ.items()
    }
    return Dataset(
        identity=identity,
        recipe=recipe,
        classes=tuple(entry.name for entry in recipe.classes),
        arrays=arrays,
        audit=json.loads((folder / "audit.json").read_text("utf-8")),
        check=check,
        **tables,
    )


_READ = {"index": read_index, "lesions": read_table, "confounders": read_table}


def _read(
    read: Callable[[Path], pd.DataFrame], path: Path, check: Callable[[], None]
) -> pd.DataFrame:
    """Read a table of a dataset that was opened before."""
    try:
        with whole(str(path.parent), "generate the dataset again"):
            table = read(path)
    except (OSError, ValueError):
        check()
        raise
    check()
    return table


def open_unsealed(recipe: Recipe, folder: Path) -> Dataset:
    """Open what is drawn but not yet looked at, with what the audit needs of tables."""
    return Dataset(
        identity=recipe.identity,
        recipe=recipe,
        classes=tuple(entry.name for entry in recipe.classes),
        arrays=_arrays(recipe, folder / ARRAYS),
        index=read_table(folder / "index.parquet", INDEXED),
        lesions=framed("lesions", []),
        confounders=read_table(folder / "confounders.parquet", CONFOUNDED),
    )


def _arrays(recipe: Recipe, store: Any) -> dict[str, Any]:
    import zarr

    group = zarr.open_group(store, mode="r")
    return {name: group[name] for name in layout(recipe)}


def assembled(recipe: Recipe, tables: Tables, arrays: Mapping[str, Any]) -> Dataset:
    """Make a dataset of rows and arrays."""
    return Dataset(
        identity=recipe.identity,
        recipe=recipe,
        classes=tuple(entry.name for entry in recipe.classes),
        index=framed("index", tables.index),
        lesions=framed("lesions", tables.lesions),
        confounders=framed("confounders", tables.confounders),
        arrays=arrays,
    )
