"""The whole line: from a recipe to a report, continued where it was interrupted."""

import json
import shutil
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hrcam.console import caution
from hrcam.entries import check
from hrcam.pipeline.folders import check_free, replace_text
from hrcam.pipeline.generation import generate, resolve
from simbench.recipe import Recipe

if TYPE_CHECKING:
    from hrcam.engine.training import Training

STAGES = ("dataset", "model", "maps", "scores", "report")

#: Numbers of the training that 0 leaves at their defaults.
DEFAULTED = ("epochs", "rate", "batch")

#: Tells a stage and its number of steps, and takes the steps done.
Watch = Callable[[str, int], AbstractContextManager[Callable[[int], None] | None]]


@dataclass(frozen=True)
class Settings:
    """What a run is made of, besides the recipe.

    Parameters
    ----------
    methods, layers
        As :func:`hrcam.explain` takes them.
    network, weights, epochs, seed, rate, batch, class_weights, patience, freeze, \
    precision
        As :class:`hrcam.engine.training.Training` has them; 0 of ``epochs``, ``rate``
        and ``batch`` keeps its default.
    """

    methods: tuple[str, ...] = ("standard",)
    layers: str = "default"
    network: str = "compact"
    weights: str = "random"
    epochs: int = 0
    seed: int = 0
    rate: float = 0.0
    batch: int = 0
    class_weights: str = "none"
    patience: int = 0
    freeze: int = 0
    precision: str = "float32"


@dataclass(frozen=True)
class Line:
    """One run: its recipe, settings, folder, and how it is watched."""

    recipe: Recipe
    settings: Settings
    out: Path
    workers: int
    watch: Watch


def unwatched(_stage: str, _steps: int) -> Any:
    """Watch nothing."""
    return nullcontext(None)


def run(  # noqa: PLR0913  the command's options, one to one
    recipe: Recipe | Path | str = "quickstart",
    out: Path | str | None = None,
    *,
    settings: Settings | None = None,
    seed: int | None = None,
    workers: int = 1,
    overwrite: bool = False,
    watch: Watch = unwatched,
) -> Path:
    """Generate, train, explain, score and report, each from the files of the last.

    A stage whose folder is there is done, because folders only appear whole; so an
    interrupted run continues when it is started again with the same settings.

    Parameters
    ----------
    recipe
        As :func:`hrcam.generate` takes it.
    out
        The run's folder; by default ``hrcam-NAME``, after the recipe.
    settings
        Methods, network and the rest.
    seed
        Replaces the recipe's seed.
    workers
        Processes that draw the dataset.
    overwrite
        Whether to begin anew where the folder holds a run.
    watch
        Told of every stage.

    Returns
    -------
    report
        Path of the PDF.

    Raises
    ------
    FileExistsError
        If the folder holds a run of another recipe or of other settings, or something
        else.
    """
    recipe = resolve(recipe, seed)
    settings = Settings() if settings is None else settings
    folder = Path(out) if out is not None else Path(f"hrcam-{recipe.name}")
    line = Line(recipe, settings, folder, workers, watch)
    _check(settings)
    _begin(line, overwrite)
    for stage in STAGES:
        if not _path(folder, stage).exists():
            begin = time.perf_counter()
            _WORK[stage](line)
            _note(folder, stage, time.perf_counter() - begin)
    return _path(folder, "report")


def training_of(settings: Settings) -> "Training":
    """Return the settings of the training among those of a run."""
    from hrcam.engine.training import Training

    names = {f.name for f in fields(Training)} & {f.name for f in fields(Settings)}
    chosen = {name: getattr(settings, name) for name in sorted(names)}
    kept = {k: v for k, v in chosen.items() if v or k not in DEFAULTED}
    return Training(**kept)


def _dataset(line: Line) -> None:
    with line.watch("generate", line.recipe.images) as progress:
        generate(
            line.recipe,
            line.out / "dataset",
            workers=line.workers,
            progress=progress,
        )


def _model(line: Line) -> None:
    from hrcam.pipeline.training import train

    training = training_of(line.settings)
    steps = training.epochs * line.recipe.splits.train
    with line.watch("train", steps) as progress:
        train(
            line.out / "dataset",
            line.out / "model",
            settings=training,
            progress=progress,
        )


def _maps(line: Line) -> None:
    from hrcam.pipeline.explaining import explain

    s = line.settings
    with line.watch("explain", line.recipe.splits.test) as progress:
        explain(
            line.out / "model",
            line.out / "dataset",
            s.methods,
            line.out / "maps",
            layers=s.layers,
            seed=s.seed,
            progress=progress,
        )


def _scores(line: Line) -> None:
    from hrcam.maps_folder import read_maps
    from hrcam.pipeline.scoring import score

    entries = len(read_maps(line.out / "maps", ()))
    with line.watch("score", entries * line.recipe.splits.test) as progress:
        score(
            {"run": line.out / "maps"},
            line.out / "dataset",
            line.out / "scores",
            command=f"hrcam run {line.recipe.name}",
            progress=progress,
            warn=caution,
        )


def _report(line: Line) -> None:
    from hrcam.pipeline.reporting import report

    with line.watch("report", 0):
        report(line.out / "scores", _path(line.out, "report"), overwrite=True)


_WORK: dict[str, Callable[[Line], None]] = {
    "dataset": _dataset,
    "model": _model,
    "maps": _maps,
    "scores": _scores,
    "report": _report,
}


def _path(folder: Path, stage: str) -> Path:
    return folder / ("report.pdf" if stage == "report" else stage)


def _check(settings: Settings) -> None:
    """Refuse methods, layers and networks that there are not, before any long work."""
    from hrcam.engine.networks import find

    find(settings.network)
    training_of(settings)
    check(settings.methods, settings.layers)


def _begin(line: Line, overwrite: bool) -> None:
    """Make the run's folder, or check that it holds an unfinished run like this."""
    wanted = {"recipe": line.recipe.identity, "settings": asdict(line.settings)}
    wanted = json.loads(json.dumps(wanted))
    if line.out.exists() and not overwrite:
        held = _held(line.out)
        other = [k for k in wanted if held.get(k) != wanted[k]]
        if other:
            msg = (
                f"{line.out} must be free or hold a run of this "
                f"{' and '.join(other)}; choose another --out or pass --overwrite"
            )
            raise FileExistsError(msg)
        return
    check_free(line.out, overwrite)
    if line.out.exists():
        if any(line.out.iterdir()) and not _held(line.out):
            msg = f"{line.out} must hold a run to be overwritten, got other files"
            raise FileExistsError(msg)
        shutil.rmtree(line.out)
    line.out.mkdir()
    replace_text(line.out / "recipe.toml", line.recipe.toml())
    _write(line.out, {**wanted, "seconds": {}})


def _held(folder: Path) -> dict[str, Any]:
    """Return what ``run.json`` says; nothing if there is none."""
    record = folder / "run.json"
    return json.loads(record.read_text()) if record.is_file() else {}


def _note(folder: Path, stage: str, seconds: float) -> None:
    """Record that a stage is done, and how long it took."""
    record = _held(folder)
    record["seconds"][stage] = round(seconds, 1)
    _write(folder, record)


def _write(folder: Path, record: dict[str, Any]) -> None:
    replace_text(folder / "run.json", json.dumps(record, indent=1) + "\n")
