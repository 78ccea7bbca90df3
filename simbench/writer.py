"""Write a dataset to a folder, so that a killed run resumes and ends the same.

A worker owns whole shards: it writes the arrays of one block, then a small file with
the block's rows, each under another name first. What has no such file, or does not
match it, is drawn again. The manifest comes last.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import zarr
from zarr.codecs import ZstdCodec

from simbench.audit import audit, keep_budget
from simbench.blocks import LENGTH, Tables, draw_block, layout, starts
from simbench.croissant import described
from simbench.dataset import Dataset
from simbench.manifest import (
    NAME,
    checksum,
    quick_problems,
    read_manifest,
    replace_text,
    seal,
)
from simbench.opening import ARRAYS, open_dataset, open_unsealed
from simbench.preview import save
from simbench.recipe import Recipe
from simbench.tables import write_tables

CHUNK = 16  # images that are read together
MISSING = {
    "uint8": 255,
    "uint16": 65535,
    "float32": float("nan"),
}  # never a value of ours, save image
DIMENSIONS = ("image", "row", "column", "channel")
_PARTS = ".parts"


def write(
    recipe: Recipe,
    folder: Path | str,
    executor: Executor | None = None,
    progress: Callable[[int], None] | None = None,
) -> Dataset:
    """Write a dataset, or finish one that was begun.

    Parameters
    ----------
    recipe
        What to draw.
    folder
        Empty or new, or with the same dataset half-written or whole.
    executor
        Draws and writes the blocks, in processes or elsewhere; None does it here. The
        bytes do not depend on it.
    progress
        Called with the number of images just finished, or found finished.

    Returns
    -------
    The dataset, opened.

    Raises
    ------
    ValueError
        If the folder holds something else; or if the classes are told without looking,
        a leak beyond the recipe's budget: then all is written but the manifest.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if not _is_done(recipe, folder):
        begin(recipe, folder)
        _write_blocks(recipe, folder, executor, progress or (lambda _: None))
        _finish(recipe, folder)
    elif progress:
        progress(recipe.images)
    return open_dataset(folder)


def _is_done(recipe: Recipe, folder: Path) -> bool:
    """Tell whether the folder is this dataset; remove the manifest of a broken one."""
    if not (folder / NAME).exists():
        return False
    try:
        manifest = read_manifest(folder)
    except ValueError:
        (folder / NAME).unlink()
        return False
    if manifest.identity != recipe.identity:
        raise ValueError(_occupied(folder))
    if quick_problems(folder, manifest):
        (folder / NAME).unlink()
        return False
    shutil.rmtree(folder / _PARTS, ignore_errors=True)
    return True


def begin(recipe: Recipe, folder: Path) -> None:
    """Write the recipe and the descriptions of the arrays, or find them as they are.

    Raises
    ------
    ValueError
        If the folder holds something else.
    """
    text = f"# identity {recipe.identity}\n{recipe.toml()}"
    path = folder / "recipe.toml"
    if path.exists():
        if path.read_text(encoding="utf-8") != text:
            raise ValueError(_occupied(folder))
    elif any(not entry.name.startswith(".") for entry in folder.iterdir()):
        raise ValueError(_occupied(folder))
    (folder / _PARTS).mkdir(exist_ok=True)
    replace_text(path, text)
    group = zarr.open_group(folder / ARRAYS, mode="a", zarr_format=3)
    shard = min(LENGTH, -(-recipe.images // CHUNK) * CHUNK)
    for name, entry in layout(recipe).items():
        if not (folder / ARRAYS / name / "zarr.json").exists():
            group.create_array(
                name,
                shape=(recipe.images, *entry.shape),
                dtype=entry.dtype,
                chunks=(CHUNK, *entry.shape),
                shards=(shard, *entry.shape),
                compressors=ZstdCodec(level=1),
                fill_value=MISSING[entry.dtype.name],
                config={"write_empty_chunks": True},
                dimension_names=DIMENSIONS[: 1 + len(entry.shape)],
            )


def _write_blocks(
    recipe: Recipe,
    folder: Path,
    executor: Executor | None,
    progress: Callable[[int], None],
) -> None:
    missing = []
    for start in starts(recipe):
        if _part_is_whole(recipe, folder, start):
            progress(min(LENGTH, recipe.images - start))
        else:
            missing.append(start)
    work = partial(write_block, recipe, folder)
    draw = map if executor is None else executor.map
    for images in draw(work, missing):
        progress(images)


def write_block(recipe: Recipe, folder: Path, start: int) -> int:
    """Draw and write one block; runs in a worker."""
    block = draw_block(recipe, start)
    stop = start + len(block.tables.index)
    files = {}
    with zarr.config.set({"array.write_empty_chunks": True}):
        for name, values in block.arrays.items():
            zeros = "/0" * (values.ndim - 1)
            shard = f"{ARRAYS}/{name}/c/{start // LENGTH}{zeros}"
            (folder / shard).unlink(missing_ok=True)  # or Zarr would merge with it
            array = zarr.open_array(folder / ARRAYS / name, mode="r+")
            array[start:stop] = values
            files[shard] = checksum(folder / shard)
    part = {
        "identity": recipe.identity,
        "files": files,
        "tables": asdict(block.tables),
    }
    replace_text(_part(folder, start), json.dumps(part, allow_nan=False))
    return stop - start


def _part(folder: Path, start: int) -> Path:
    return folder / _PARTS / f"{start // LENGTH:06d}.json"


def _part_is_whole(recipe: Recipe, folder: Path, start: int) -> bool:
    path = _part(folder, start)
    if not path.exists():
        return False
    part = json.loads(path.read_text(encoding="utf-8"))
    return part["identity"] == recipe.identity and all(
        (folder / name).is_file() and checksum(folder / name) == expected
        for name, expected in part["files"].items()
    )


def _finish(recipe: Recipe, folder: Path) -> None:
    """Write the tables, the audit and the description, then the manifest."""
    tables = write_tables(folder, partial(_rows, recipe, folder))
    dataset = open_unsealed(recipe, folder)
    save(dataset, folder / "preview.png")
    found = audit(dataset)
    _write_json(folder / "audit.json", found)
    keep_budget(found, f"recipe '{recipe.name}'", str(folder / "audit.json"))
    _write_json(folder / "croissant.json", described(recipe, folder, tables))
    for litter in (folder / ARRAYS).rglob("*.partial"):
        litter.unlink()
    seal(folder, recipe.identity)
    shutil.rmtree(folder / _PARTS)


def _rows(recipe: Recipe, folder: Path) -> Iterator[Tables]:
    """Read the rows of every block, in order."""
    for start in starts(recipe):
        part = json.loads(_part(folder, start).read_text(encoding="utf-8"))
        yield Tables(**part["tables"])


def _write_json(path: Path, content: dict[str, Any]) -> None:
    text = json.dumps(content, allow_nan=False, sort_keys=True, indent=1)
    replace_text(path, text + "\n")


def _occupied(folder: Path) -> str:
    return (
        f"{folder} must be empty or hold the same dataset, got other files; "
        "choose another folder or remove it"
    )
