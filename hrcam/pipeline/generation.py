"""Stage 1: draw a simulated dataset."""

import os
import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from hrcam.pipeline.executors import Hands, hire
from hrcam.pipeline.folders import check_free, staged
from hrcam.pipeline.locks import locked
from hrcam.pipeline.memory import afford, block_bytes
from simbench.dataset import Dataset
from simbench.generation import generate as draw_all
from simbench.opening import open_dataset
from simbench.recipe import Recipe, load
from simbench.urls import is_url
from simbench.writer import write


def generate(  # noqa: PLR0913  keywords of a public verb
    recipe: Recipe | Path | str,
    out: Path | str | None = None,
    *,
    seed: int | None = None,
    workers: int = 1,
    scheduler: str = "",
    memory: str = "",
    overwrite: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Dataset:
    """Draw the dataset of a recipe.

    Parameters
    ----------
    recipe
        A :class:`simbench.recipe.Recipe`, the name of a shipped one, or a TOML file.
    out
        Folder to write, or a URL of a store that fsspec knows, as in
        ``s3://bucket/data``; None keeps the dataset in memory.
    seed
        Replaces the recipe's seed.
    workers
        Processes; the bytes do not depend on them.
    scheduler
        Address of a Dask scheduler whose workers draw instead; they write to ``out``,
        so it must lie where all of them see it.
    memory
        As in ``4GB``: no more workers of this machine than that is enough for.
    overwrite
        Whether an existing folder may be replaced.
    progress
        Called with the number of images just finished.

    Returns
    -------
    dataset
        A :class:`simbench.dataset.Dataset`.

    Raises
    ------
    ValueError
        If the dataset leaks beyond the recipe's budget. It then stays beside ``out``,
        in ``OUT.partial``, with its ``audit.json``.
    """
    recipe = resolve(recipe, seed)
    workers = afford(workers, memory, block_bytes(recipe))
    if out is None:
        with hire(workers, scheduler) as executor:
            return draw_all(recipe, executor, progress)
    if is_url(out):
        hands = Hands(workers, scheduler)
        return _send(recipe, str(out), hands, overwrite, progress)
    out = check_free(Path(out), overwrite, "dataset")
    with (
        staged(out, overwrite, keep=True, stage="dataset") as folder,
        hire(workers, scheduler) as executor,
    ):
        _discard_other(folder, recipe)
        write(recipe, folder.absolute(), executor, progress)
    return open_dataset(out)


def _send(
    recipe: Recipe,
    url: str,
    hands: Hands,
    overwrite: bool,
    progress: Callable[[int], None] | None,
) -> Dataset:
    """Draw a dataset in this machine's cache and send it to a store.

    What was drawn when the sending is interrupted is sent by the next call.
    """
    from simbench.remote import holds, open_remote, send

    if not overwrite and holds(url):
        msg = f"{url} must not exist yet; choose another --out or pass --overwrite"
        raise FileExistsError(msg)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    here = cache / "hrcam" / recipe.identity[:16]
    if not here.exists():
        generate(recipe, here, **asdict(hands), progress=progress)
    with locked(here):
        send(here, url)
        sent = here.with_name(f"{here.name}.old")
        here.rename(sent)  # whole or not there
        shutil.rmtree(sent)
    return open_remote(url)


def resolve(recipe: Recipe | Path | str, seed: int | None = None) -> Recipe:
    """Return the recipe that a name, a path or a recipe stands for."""
    found = recipe if isinstance(recipe, Recipe) else load(recipe)
    if seed is None:
        return found
    if not 0 <= seed < 2**63:
        msg = f"seed must lie in 0..2**63 - 1, got {seed}"
        raise ValueError(msg)
    return found.model_copy(update={"seed": seed})


def _discard_other(folder: Path, recipe: Recipe) -> None:
    """Throw away what an interrupted run of another recipe left."""
    left = folder / "recipe.toml"
    text = left.read_text(encoding="utf-8") if left.is_file() else ""
    if not text.startswith(f"# identity {recipe.identity}\n"):
        shutil.rmtree(folder)
        folder.mkdir()
