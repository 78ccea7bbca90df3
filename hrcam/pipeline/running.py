"""The whole line: from a recipe to a report, continued where it was interrupted."""

import json
import shutil
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from hrcam.console import caution
from hrcam.entries import check
from hrcam.pipeline.executors import Hands
from hrcam.pipeline.folders import check_free, replace_text, room
from hrcam.pipeline.ledger import changed, is_done, output
from hrcam.pipeline.locks import locked
from hrcam.pipeline.memory import ENGINE, leave
from hrcam.pipeline.run_images import Images, find_images
from hrcam.pipeline.run_record import NAME, note, read_record, write_record
from hrcam.pipeline.run_settings import Settings, settle, training_of
from hrcam.run_recipe import RunRecipe
from simbench.opening import open_dataset
from simbench.recipe import Recipe

__all__ = ["STAGES", "Settings", "Watch", "run", "training_of", "unwatched"]

STAGES = ("dataset", "model", "maps", "scores", "report")
#: What must have masks.
SCORED = ("scores", "report")

#: Tells a stage and its number of steps, and takes the steps done.
Watch = Callable[[str, int], AbstractContextManager[Callable[[int], None] | None]]


@dataclass(frozen=True)
class Line:
    """One run: its images, settings, folder, and how it is watched."""

    images: Images
    settings: Settings
    out: Path
    hands: Hands
    watch: Watch

    def count(self, split: str) -> int:
        """Return how many images of a split there are."""
        return len(open_dataset(self.out / "dataset").ids(split))


def unwatched(_stage: str, _steps: int) -> Any:
    """Watch nothing."""
    return nullcontext(None)


def run(  # noqa: PLR0913  the command's options, one to one
    recipe: Recipe | RunRecipe | Path | str = "quickstart",
    out: Path | str | None = None,
    *,
    data: Path | str | None = None,
    settings: Settings | None = None,
    seed: int | None = None,
    workers: int = 1,
    scheduler: str = "",
    memory: str = "",
    overwrite: bool = False,
    watch: Watch = unwatched,
) -> Path:
    """Draw or read images, train, explain, score and report, each from the last.

    A stage is done if what it left, and what it was made of, are as ``run.json`` says
    by their content; so an interrupted run continues when it is started again with the
    same settings, and what followed from something else is made again.

    Parameters
    ----------
    recipe
        A simulated recipe as :func:`hrcam.generate` takes it, or the recipe of a run:
        a :class:`hrcam.run_recipe.RunRecipe`, the name of a shipped one, or a file.
    out
        The run's folder; by default ``hrcam-NAME``, after the recipe.
    data
        Folder of your copy of the images, for a recipe that reads them.
    settings
        Methods, network and the rest; by default what the recipe of a run says.
    seed
        Replaces the recipe's seed: of the images drawn, or of the splits drawn.
    workers
        Processes that draw and score.
    scheduler
        Address of a Dask scheduler whose workers draw, explain and score instead.
    memory
        As in ``4GB``: no more workers of this machine than that is enough for, and
        images are read batch by batch where they would take more.
    overwrite
        Whether to begin anew where the folder holds a run.
    watch
        Told of every stage.

    Returns
    -------
    report
        Path of the PDF; of the maps where no mask of a test image is known, so that
        nothing can be scored.

    Raises
    ------
    FileExistsError
        If the folder holds a run of another recipe or of other settings, or something
        else; or if what a stage left was changed by someone.
    LockedError
        If another process runs in it.
    """
    images, own = find_images(recipe, data, seed)
    settings = settle(own, {}) if settings is None else settings
    folder = Path(out) if out is not None else Path(f"hrcam-{images.name}")
    hands = Hands(workers, scheduler, memory)
    line = Line(images, settings, folder, hands, watch)
    leave(memory, ENGINE, "to train")
    _check(settings)
    check_free(folder, overwrite=True)
    with room(folder), locked(folder):
        _begin(line, overwrite)
        done = folder
        for stage in STAGES:
            if stage in SCORED and not _is_known(folder):
                return done
            _do(line, stage)
            done = output(folder, stage)
    return done


def _do(line: Line, stage: str) -> None:
    """Do a stage unless it is done; write down that it is."""
    entry = read_record(line.out).get("done", {}).get(stage)
    place = output(line.out, stage)
    if is_done(line.out, stage, entry):
        if entry is None:
            note(line.out, stage)
        return
    if entry is not None and place.exists():
        others = " and ".join(changed(line.out, entry))
        caution(f"{place} was made of another {others}; it is made again")
        shutil.rmtree(place) if place.is_dir() else place.unlink()
    begin = time.perf_counter()
    _WORK[stage](line)
    note(line.out, stage, time.perf_counter() - begin)


def _dataset(line: Line) -> None:
    images = line.images
    with line.watch(images.verb, images.count) as progress:
        images.make(line.out / "dataset", line.hands, progress)


def _model(line: Line) -> None:
    from hrcam.pipeline.training import train

    training = training_of(line.settings)
    with line.watch("train", training.epochs * line.count("train")) as progress:
        train(
            line.out / "dataset",
            line.out / "model",
            settings=training,
            memory=line.hands.memory,
            progress=progress,
        )


def _maps(line: Line) -> None:
    from hrcam.pipeline.explaining import explain

    s = line.settings
    with line.watch("explain", line.count("test")) as progress:
        explain(
            line.out / "model",
            line.out / "dataset",
            s.methods,
            line.out / "maps",
            layers=s.layers,
            seed=s.seed,
            scheduler=line.hands.scheduler,
            memory=line.hands.memory,
            progress=progress,
        )


def _scores(line: Line) -> None:
    from hrcam.pipeline.explaining import open_maps
    from hrcam.pipeline.scoring import score

    entries = len(open_maps(line.out / "maps"))
    with line.watch("score", entries * line.count("test")) as progress:
        score(
            {"run": line.out / "maps"},
            line.out / "dataset",
            line.out / "scores",
            command=f"hrcam run {line.images.name}",
            published=line.images.published,
            workers=line.hands.workers,
            scheduler=line.hands.scheduler,
            memory=line.hands.memory,
            progress=progress,
            warn=caution,
        )


def _report(line: Line) -> None:
    from hrcam.pipeline.reporting import report

    with line.watch("report", 0):
        report(line.out / "scores", output(line.out, "report"), overwrite=True)


_WORK: dict[str, Callable[[Line], None]] = {
    "dataset": _dataset,
    "model": _model,
    "maps": _maps,
    "scores": _scores,
    "report": _report,
}


def _is_known(folder: Path) -> bool:
    """Say whether the mask of any test image is known."""
    dataset = open_dataset(folder / "dataset")
    return bool(dataset.known(dataset.ids("test")))


def _check(settings: Settings) -> None:
    """Refuse methods, layers and networks that there are not, before any long work."""
    from hrcam.engine.networks import find

    find(settings.network)
    training_of(settings)
    check(settings.methods, settings.layers)


def _begin(line: Line, overwrite: bool) -> None:
    """Make the run's folder, or check that it holds an unfinished run like this."""
    wanted = {**line.images.identity, "settings": asdict(line.settings)}
    wanted = json.loads(json.dumps(wanted))
    if line.out.exists() and not overwrite and not _is_blank(line.out):
        held = read_record(line.out)
        other = [k for k in wanted if held.get(k) != wanted[k]]
        if other:
            msg = (
                f"{line.out} must be free or hold a run of this "
                f"{' and '.join(other)}; choose another --out or pass --overwrite"
            )
            raise FileExistsError(msg)
    else:
        if line.out.exists() and not _is_blank(line.out) and not _is_run(line.out):
            msg = f"{line.out} must hold a run to be overwritten, got other files"
            raise FileExistsError(msg)
        if line.out.exists():
            shutil.rmtree(line.out)
        line.out.mkdir()
        write_record(line.out, {**wanted, "seconds": {}, "done": {}})
    if not (line.out / "recipe.toml").is_file():
        replace_text(line.out / "recipe.toml", line.images.text)


def _is_blank(folder: Path) -> bool:
    """Say whether a folder is empty, or was left before a run in it began."""
    return all(path.name == f"{NAME}.partial" for path in folder.iterdir())


def _is_run(folder: Path) -> bool:
    """Say whether a folder holds a run, be its record damaged or not."""
    return (folder / NAME).is_file()
