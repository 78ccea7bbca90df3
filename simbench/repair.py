"""Put a damaged dataset right: draw again what is damaged, and prove it by checksum.

The recipe and its seed are the dataset; its files are made of them. What is drawn again
lies aside until its checksum is the one that the manifest has.
"""

import shutil
from collections.abc import Callable
from concurrent.futures import Executor
from functools import partial
from pathlib import Path

from simbench.blocks import LENGTH
from simbench.manifest import NAME, Manifest, checksum, damages, read_manifest
from simbench.opening import ARRAYS
from simbench.recipe import Recipe, parse
from simbench.writer import begin, write, write_block

_ASIDE = ".repair"


def repair(
    folder: Path | str,
    executor: Executor | None = None,
    progress: Callable[[int], None] | None = None,
) -> list[str]:
    """Draw the damaged files of a generated dataset again.

    Damaged shards take their images to be drawn, damaged tables all images. Files that
    are not of the dataset are left alone.

    Parameters
    ----------
    folder
        Of the dataset.
    executor
        Draws the images, in processes or elsewhere; None draws them here.
    progress
        Called with the number of images just drawn.

    Returns
    -------
    Names of the files that were put right.

    Raises
    ------
    ValueError
        If the dataset was not generated, its recipe is damaged itself, or what is drawn
        has another checksum, as other versions of libraries may write.
    """
    folder = Path(folder)
    recipe = _recipe(folder)
    manifest = _manifest(folder, recipe)
    if manifest is not None and not damages(folder, manifest):
        return []
    aside = folder / _ASIDE
    shutil.rmtree(aside, ignore_errors=True)
    try:
        if manifest is None:
            write(recipe, aside, executor, progress)
            found = read_manifest(aside)
            names = [*damages(folder, found), NAME]
        else:
            names = damages(folder, manifest)
            _draw(recipe, aside, names, executor, progress)
            _prove(aside, manifest, names)
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (aside / name).replace(folder / name)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return names


def _draw(
    recipe: Recipe,
    aside: Path,
    names: list[str],
    executor: Executor | None,
    progress: Callable[[int], None] | None,
) -> None:
    """Write the blocks that files follow from into another folder."""
    blocks = {_block(name) for name in names}
    if None in blocks:
        write(recipe, aside, executor, progress)
        return
    aside.mkdir()
    begin(recipe, aside)
    starts = sorted(LENGTH * b for b in blocks if b is not None and b >= 0)
    draw = map if executor is None else executor.map
    for images in draw(partial(write_block, recipe, aside), starts):
        if progress is not None:
            progress(images)


def _recipe(folder: Path) -> Recipe:
    """Return the recipe, which must be as it was."""
    path = folder / "recipe.toml"
    if not path.is_file():
        msg = (
            f"{folder} must be a generated dataset to be repaired, got no recipe.toml; "
            "read or generate the dataset again"
        )
        raise ValueError(msg)
    try:
        text = path.read_text(encoding="utf-8")
        recipe = parse(text, str(path))
        said = text.partition("\n")[0]
    except ValueError as error:
        msg = f"{path} must be whole to repair what follows from it, got: {error}"
        raise ValueError(msg) from error
    if said != f"# identity {recipe.identity}":
        msg = (
            f"{path} must be the recipe of its first line, got another one, or of "
            "another version of the generator; generate the dataset again"
        )
        raise ValueError(msg)
    return recipe


def _manifest(folder: Path, recipe: Recipe) -> Manifest | None:
    """Return the manifest; None if it is damaged or of another dataset."""
    try:
        manifest = read_manifest(folder)
    except (FileNotFoundError, ValueError):
        return None
    return manifest if manifest.identity == recipe.identity else None


def _block(name: str) -> int | None:
    """Return the block that a file is a shard of; -1 for what describes arrays.

    None for a file that follows from all images.
    """
    parts = name.split("/")
    if parts[0] != ARRAYS:
        return None
    return -1 if parts[-1] == "zarr.json" else int(parts[3])


def _prove(aside: Path, manifest: Manifest, names: list[str]) -> None:
    """Check what was drawn.

    Raises
    ------
    ValueError
        If a file is another than the manifest's.
    """
    for name in names:
        path = aside / name
        if not path.is_file() or checksum(path) != manifest.checksums[name]:
            msg = (
                f"{name}, drawn again, must have the manifest's checksum, got another: "
                "the versions of libraries differ; generate the dataset again"
            )
            raise ValueError(msg)
