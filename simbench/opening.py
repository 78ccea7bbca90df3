"""Open a dataset in its folder or store; tables and images are read when asked for."""

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from simbench.audit import CONFOUNDED, INDEXED
from simbench.blocks import LENGTH, layout
from simbench.dataset import Dataset
from simbench.manifest import NAME, quick_problems, read_manifest
from simbench.recipe import Recipe, load
from simbench.standing import stand_by, unchanged
from simbench.tables import framed
from simbench.urls import is_url
from simbench.wholeness import check_index, read_index, read_table, whole

ARRAYS = "arrays.zarr"
READING = "reading.toml"
"""What a dataset that was read has in place of a recipe."""


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
