"""Datasets: arrays and tables, in memory or on disk, behind one record."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Bool, Int, Shaped

from simbench.audit import audit, keep_budget
from simbench.blocks import LENGTH, Tables, draw_block, layout, mapped, starts
from simbench.difficulty.columns import NUMBERS
from simbench.manifest import quick_problems, read_manifest
from simbench.recipe import Recipe, parse

ARRAYS = "arrays.zarr"
MASKS = ("mask", "distinctive")
SPLITS = ("train", "validation", "test")
LESIONS = {
    **{"image_id": "str", "lesion_id": "int64", "name": "str", "kind": "str"},
    **dict.fromkeys(NUMBERS, "float64"),
}
CONFOUNDERS = {
    "image_id": "str",
    "confounder_id": "int64",
    "name": "str",
    "kind": "str",
}


@dataclass(frozen=True, repr=False)
class Dataset:
    """Images with labels, and for phantoms everything that is known about them."""

    identity: str
    """SHA-256 that stands for the content: recipe, seed and generator."""
    recipe: Recipe | None
    classes: tuple[str, ...]
    index: pd.DataFrame
    """A row an image: image_id, split, label, subject, lesion, and every factor."""
    lesions: pd.DataFrame
    confounders: pd.DataFrame
    arrays: Mapping[str, Any]
    """By name, (n, h, w) or (n, h, w, 3), NumPy or Zarr, in the order of ``index``."""
    audit: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        shape = self.arrays["image"].shape
        counts = self.index["split"].value_counts(sort=False)
        splits = ", ".join(f"{count} {split}" for split, count in counts.items())
        return (
            f"Dataset({self.recipe.name if self.recipe else 'read'}: "
            f"{shape[0]} images of {shape[1]} x {shape[2]}, {splits}; "
            f"{', '.join(self.classes)})"
        )

    def ids(self, split: str | None = None) -> list[str]:
        """Return the image ids of one split, or of all.

        Raises
        ------
        ValueError
            If that is the name of no split.
        """
        rows = self.index if split is None else self.index[self.index["split"] == split]
        if rows.empty and split not in (None, *SPLITS):
            msg = f"split must be one of {', '.join(SPLITS)}, got '{split}'"
            raise ValueError(msg)
        return [str(name) for name in rows["image_id"]]

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
        places = pd.Index(self.index["image_id"]).get_indexer(pd.Index(list(ids)))
        if (places < 0).any():
            lost = [str(ids[i]) for i in np.flatnonzero(places < 0)[:3]]
            msg = f"ids must be in the dataset, got {', '.join(lost)}"
            raise ValueError(msg)
        values = _rows(self.arrays[name], places)
        absent = _absent(self.arrays[name], values)
        if absent.any():
            msg = (
                f"array '{name}' must hold image {ids[int(absent.argmax())]}, got "
                "nothing: a file of the dataset has vanished; generate it again"
            )
            raise FileNotFoundError(msg)
        return values != 0 if name in MASKS else values


def generate(
    recipe: Recipe,
    workers: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Dataset:
    """Draw a dataset in memory.

    Parameters
    ----------
    recipe
        What to draw.
    workers
        Processes; the result does not depend on it.
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
    for start, block in mapped(work, list(starts(recipe)), workers):
        stop = start + len(block.tables.index)
        for name, array in arrays.items():
            array[start:stop] = block.arrays[name]
        tables.extend(block.tables)
        if progress:
            progress(stop - start)
    dataset = assembled(recipe, tables, arrays)
    found = audit(dataset)
    keep_budget(found, f"recipe '{recipe.name}'")
    return replace(dataset, audit=found)


def open_dataset(folder: Path | str) -> Dataset:
    """Open a dataset that was written; its images are read when asked for.

    Raises
    ------
    FileNotFoundError
        If the folder has no manifest.
    ValueError
        If a file is missing or has another size than when it was written.
    """
    import zarr

    folder = Path(folder)
    manifest = read_manifest(folder)
    problems = quick_problems(folder, manifest)
    if problems:
        more = f" and {len(problems) - 1} more" if len(problems) > 1 else ""
        msg = f"{folder} is damaged: {problems[0]}{more}; generate the dataset again"
        raise ValueError(msg)
    recipe = parse((folder / "recipe.toml").read_text("utf-8"), f"{folder}/recipe.toml")
    group = zarr.open_group(folder / ARRAYS, mode="r")
    tables = {
        name: pd.read_parquet(folder / f"{name}.parquet")
        for name in ("index", "lesions", "confounders")
    }
    return Dataset(
        identity=manifest.identity,
        recipe=recipe,
        classes=tuple(entry.name for entry in recipe.classes),
        arrays={name: group[name] for name in layout(recipe)},
        audit=json.loads((folder / "audit.json").read_text("utf-8")),
        **tables,
    )


def assembled(recipe: Recipe, tables: Tables, arrays: Mapping[str, Any]) -> Dataset:
    """Make a dataset of rows and arrays."""
    return Dataset(
        identity=recipe.identity,
        recipe=recipe,
        classes=tuple(entry.name for entry in recipe.classes),
        index=pd.DataFrame(tables.index),
        lesions=_table(tables.lesions, LESIONS),
        confounders=_table(tables.confounders, CONFOUNDERS),
        arrays=arrays,
    )


def _table(rows: list[dict[str, Any]], columns: Mapping[str, str]) -> pd.DataFrame:
    if rows:
        floats = {name: kind for name, kind in columns.items() if kind == "float64"}
        return pd.DataFrame(rows).astype(floats)
    return pd.DataFrame(columns=list(columns)).astype(dict(columns))


def _rows(
    array: Any, places: Int[np.ndarray, " n"]
) -> Shaped[np.ndarray, "n h w *rgb"]:
    if isinstance(array, np.ndarray):
        return array[places]
    values = np.empty((len(places), *array.shape[1:]), array.dtype)
    for block in np.unique(places // LENGTH):
        wanted = np.flatnonzero(places // LENGTH == block)
        start = int(block) * LENGTH
        if 4 * wanted.size < LENGTH:
            values[wanted] = array.oindex[places[wanted]]
        else:
            values[wanted] = array[start : start + LENGTH][places[wanted] - start]
    return values


def _absent(
    array: Any,
    values: Shaped[np.ndarray, "n h w *rgb"],
) -> Bool[np.ndarray, " n"]:
    """Tell which images are what Zarr reads where a file is missing."""
    if isinstance(array, np.ndarray):
        return np.zeros(len(values), bool)
    if np.isnan(array.fill_value):
        return np.isnan(values).all(axis=tuple(range(1, values.ndim)))
    return (values == array.fill_value).all(axis=tuple(range(1, values.ndim)))
