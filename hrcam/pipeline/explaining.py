"""Stage 3: the maps of every method for the images of a split."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from hrcam.entries import Entry, plan
from hrcam.maps import Explained, Facts, facts, gather
from hrcam.maps_folder import read_maps, write_maps
from hrcam.pipeline.fitting import describe, fit, pooled
from hrcam.pipeline.folders import MARKERS, check_free, require_files, staged
from hrcam.pipeline.model import Model, load, versions
from hrcam.pipeline.scenes import has_truth, scenes
from hrcam.pipeline.training import opened
from metrics.plain import to_json
from simbench.dataset import Dataset

#: Images explained at a time.
BATCH = 32

#: What a maps folder holds besides the maps.
EVIDENCE = ("classifier", "heads", "provenance")


def explain(  # noqa: PLR0913  keywords of a public verb
    model: Model | Path | str,
    dataset: Dataset | Path | str,
    methods: Sequence[str] = ("all",),
    out: Path | str | None = None,
    *,
    layers: str = "default",
    split: str = "test",
    seed: int = 0,
    overwrite: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Explained:
    """Explain a classifier's decisions with every method asked for.

    Parameters
    ----------
    model
        A :class:`hrcam.pipeline.model.Model` or the folder of one.
    dataset
        A dataset or the folder of one; heads are fitted on its ``train`` and
        ``validation`` splits.
    methods
        Names of methods, or ``("all",)``.
    out
        Folder to write; None keeps the maps in memory.
    layers
        ``default``, or ``all`` for every method at every layer.
    split
        Whose images are explained.
    seed
        Of the paper's head.
    overwrite
        Whether an existing folder may be replaced.
    progress
        Called with the number of images just finished.

    Raises
    ------
    ValueError
        If a method is unknown, or model and dataset have other classes.
    """
    from hrcam.engine.explanation import Job
    from hrcam.engine.explanation import explain as run
    from hrcam.engine.recorder import prepare

    if out is not None:
        check_free(Path(out), overwrite, "maps")
    model = load(Path(model)) if isinstance(model, str | Path) else model
    dataset = opened(dataset)
    _check_classes(model, dataset)
    recorder = prepare(model.network)
    known = frozenset({"truth"}) if has_truth(dataset) else frozenset()
    entries = plan(methods, [tap.name for tap in recorder.taps], layers, known)
    pools = pooled(recorder, dataset, split)
    heads = fit(entries, pools, dataset, recorder.base, seed)
    job = Job(recorder, entries, heads)
    ids = dataset.ids(split)
    evidence = {
        "classifier": {"classes": list(model.classes), "splits": model.evaluation},
        "heads": describe(heads, pools),
        "provenance": _provenance(model, dataset),
    }
    table = _table(job.entries, recorder, dataset, model)
    batches = _counted(
        run(job, scenes(dataset, ids, BATCH, truth=bool(known))), progress
    )
    predictions = model.predictions[model.predictions["split"] == split]
    if out is None:
        return Explained(gather(table, batches, ids), evidence, predictions)
    with staged(Path(out), overwrite, stage="maps") as folder:
        write_maps(folder, table, batches)
        index = pd.DataFrame({"image_id": ids})
        index.to_parquet(folder / "index.parquet", index=False)
        predictions.to_parquet(folder / "predictions.parquet", index=False)
        for name, content in evidence.items():
            (folder / f"{name}.json").write_text(to_json(content), encoding="utf-8")
    return open_maps(Path(out))


def open_maps(folder: Path) -> Explained:
    """Open a maps folder that ``hrcam explain`` wrote.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    """
    tables = ("index.parquet", "predictions.parquet")
    names = ("maps.json", *tables, *(f"{name}.json" for name in EVIDENCE))
    require_files(folder, names, "hrcam explain")
    try:
        index = pd.read_parquet(folder / "index.parquet")
        predictions = pd.read_parquet(folder / "predictions.parquet")
        evidence = {
            name: json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
            for name in EVIDENCE
        }
        maps = read_maps(folder, [str(i) for i in index["image_id"]])
    except (OSError, ValueError, KeyError) as error:
        msg = (
            f"{folder} must be a complete folder of `hrcam explain`, got {error}; "
            "explain the model again"
        )
        raise ValueError(msg) from error
    return Explained(maps, evidence, predictions)


def is_maps_folder(folder: Path) -> bool:
    """Say whether a folder was written by ``hrcam explain``."""
    return (folder / MARKERS["maps"]).is_file()


def _table(
    entries: Sequence[Entry], recorder: Any, dataset: Dataset, model: Model
) -> dict[str, Facts]:
    size = tuple(dataset.arrays["image"].shape[1:3])
    geometry = {tap.name: tap.geometry for tap in recorder.taps}
    settings = model.facts["settings"]
    extra = {"architecture": settings["network"], "seed": str(settings["seed"])}
    return {entry.name: facts(entry, size, geometry, extra) for entry in entries}


def _provenance(model: Model, dataset: Dataset) -> dict[str, Any]:
    """Tell where the maps come from; scoring adds what it knows."""
    settings = model.facts["settings"]
    recipe = dataset.recipe
    two = len(dataset.classes) == 2
    explained = dataset.classes[1] if two else "the true class"
    return {
        "recipe_name": recipe.name if recipe else "",
        "recipe": recipe.toml() if recipe else "",
        "dataset": dataset.identity,
        "model": model.facts["weights"],
        "architecture": settings["network"],
        "training": {**settings, "parameters": model.facts["parameters"]},
        "seeds": {
            "dataset": recipe.seed if recipe else None,
            "training": settings["seed"],
        },
        "target": f"contrast logit: {explained} minus the mean of the others",
        "conditional": "Every statement about the classifier's maps is conditional on "
        "one trained model.",
        "versions": versions(),
    }


def _counted(
    batches: Iterator[Mapping[str, Any]], progress: Callable[[int], None] | None
) -> Iterator[Mapping[str, Any]]:
    """Pass batches on and report how many images each held."""
    for batch in batches:
        yield batch
        if progress is not None:
            progress(len(next(iter(next(iter(batch.values())).values()))))


def _check_classes(model: Model, dataset: Dataset) -> None:
    if model.classes != tuple(dataset.classes):
        msg = (
            f"model and dataset must have one list of classes, got "
            f"{', '.join(model.classes)} and {', '.join(dataset.classes)}"
        )
        raise ValueError(msg)
