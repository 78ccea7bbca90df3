"""Stage 3: the maps of every method for the images of a split."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from hrcam.entry import Entry
from hrcam.maps import Explained, gather
from hrcam.maps_folder import read_maps, write_maps
from hrcam.pipeline.asking import ask
from hrcam.pipeline.choices import Choices
from hrcam.pipeline.executors import hire
from hrcam.pipeline.folders import MARKERS, SHARDS, check_free, require_files, staged
from hrcam.pipeline.lookout import knowledge, lookouts, planned
from hrcam.pipeline.map_shards import shard_size, shards
from hrcam.pipeline.memory import ENGINE, batch_bytes, map_bytes, sparing
from hrcam.pipeline.model import Model
from hrcam.pipeline.opening import judged, named, open_data, open_model
from hrcam.pipeline.scenes import has_truth, labels_of, shape_of
from hrcam.pipeline.targets import Asked, Target
from hrcam.pipeline.views import View, batch_of
from metrics.sources.formats.tables import read_table
from metrics.storage.plain import to_json
from simbench.dataset import Dataset
from simbench.parsing import on_one_line

#: What a maps folder holds besides the maps.
EVIDENCE = ("classifier", "heads", "provenance")


def explain(  # noqa: PLR0913  keywords of a public verb
    model: Any,
    dataset: Any,
    methods: Sequence[Any] = ("standard",),
    out: Path | str | None = None,
    *,
    layers: str | Sequence[str] = "default",
    fusions: Sequence[str] = (),
    split: str = "test",
    target: Asked = None,
    form: str = "contrast",
    calls: int | None = None,
    training: Any = None,
    validation: Any = None,
    seed: int = 0,
    scheduler: str = "",
    memory: str = "",
    overwrite: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Explained:
    """Explain a classifier's decisions with every method asked for.

    Parameters
    ----------
    model
        A :class:`hrcam.pipeline.model.Model`, the folder of one, a ``.keras`` file, a
        Keras model or a ``torch.nn.Module``; it stays exactly as it was.
    dataset
        A dataset or the folder of one (heads are fitted on its ``train`` and
        ``validation`` splits), images as an array (n, h, w) or (n, h, w, c), a pair of
        images and labels, or a PyTorch loader of batches.
    methods
        Names of methods (``NAME``, ``NAME@LAYER``, ``NAME@all-FUSION``), ``standard``
        (all that one pass gives), ``all``, or pairs of a name and another library's
        object: a pytorch-grad-cam object, a captum attribution, or a function of
        images and classes.
    out
        Folder to write; None keeps the maps in memory.
    layers, fusions, split, calls, seed
        See :class:`Choices`.
    target, form
        See :class:`hrcam.pipeline.targets.Target`.
    training, validation
        Images with labels for the heads, for arrays and loaders.
    scheduler
        Address of a Dask scheduler whose workers explain instead; they open model and
        dataset by their paths, fit heads themselves and write to ``out``, so all must
        lie where every worker sees them. This machine's cores are used without it.
    memory
        As in ``4GB``: images that take more than it leaves are read batch by batch. It
        must be enough for the maps of one shard; the network's own numbers are not
        counted, nor maps that are kept in memory.
    overwrite
        Whether an existing folder may be replaced.
    progress
        Called with the number of images just finished, or found finished.

    Raises
    ------
    ValueError
        If a method, a layer or a target is unknown, what a method needs is not there,
        model and dataset do not fit, or the memory is not enough.
    """
    if out is not None:
        check_free(Path(out), overwrite, "maps")
    choices = Choices(layers, tuple(fusions), split, Target(target, form), calls, seed)
    asked = ask((model, dataset, out), methods, choices, scheduler)
    opened = open_model(model), open_data(dataset, training, validation)
    view = look(*opened, methods, choices, memory)
    table, evidence, rows = view.table(), view.evidence(), view.model.predictions
    predictions = rows[rows["split"] == split]
    if out is None:
        batches = _counted(view.batches(), progress)
        return Explained(gather(table, batches, view.ids), evidence, predictions)
    with (
        staged(Path(out), overwrite, stage="maps") as folder,
        hire(1, scheduler) as executor,
    ):
        crew = None if executor is None else (executor, asked)
        kept = folder.absolute() / SHARDS
        write_maps(folder, table, shards(view, kept, crew, progress))
        index = pd.DataFrame({"image_id": view.ids})
        index.to_parquet(folder / "index.parquet", index=False)
        predictions.to_parquet(folder / "predictions.parquet", index=False)
        for name in EVIDENCE:
            text = to_json(evidence.get(name, {}))
            (folder / f"{name}.json").write_text(text, encoding="utf-8")
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
        index = read_table(folder / "index.parquet")
        predictions = read_table(folder / "predictions.parquet")
        evidence = {
            name: json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
            for name in EVIDENCE
        }
        maps = read_maps(folder, [str(i) for i in index["image_id"]])
    except Exception as error:  # libraries raise anything on broken files
        if isinstance(error, ValueError) and str(folder) in str(error):
            raise
        reason = on_one_line(str(error)) or type(error).__name__
        msg = (
            f"{folder} must be a complete folder of `hrcam explain`, got {reason}; "
            "explain the model again"
        )
        raise ValueError(msg) from error
    known = {name: content for name, content in evidence.items() if content}
    return Explained(maps, known, predictions)


def is_maps_folder(folder: Path) -> bool:
    """Say whether a folder was written by ``hrcam explain``."""
    return (folder / MARKERS["maps"]).is_file()


def look(
    model: Model,
    dataset: Dataset,
    methods: Sequence[Any],
    choices: Choices,
    memory: str = "",
) -> View:
    """Prepare everything that one explanation needs, within a limit on memory."""
    from hrcam.engine.explanation import coefficients
    from hrcam.engine.pooling import logits
    from hrcam.engine.preparation import prepare

    probe = prepare(model.network, shape_of(dataset), choices.taps)
    model = named(model, dataset, probe.classes)
    ids, truth = dataset.ids(choices.split), has_truth(dataset)
    own = [m for m in methods if isinstance(m, str)]
    foreign = [m for m in methods if not isinstance(m, str)]
    known = knowledge(probe, dataset, truth=truth)
    entries, probes = planned(probe, own, choices, known)
    dataset = sparing(dataset, memory, _least(dataset, probes, entries), "to explain")
    labels = labels_of(dataset, ids)
    scores = np.zeros((len(ids), probe.classes))
    judged_before = model.facts.get("dataset") == dataset.identity
    if not judged_before or choices.target.asked == "predicted":
        scores = logits(probe, dataset.images(ids))
    model = judged(
        model, dataset, choices.split, None if judged_before else _chances(scores)
    )
    aims = choices.target.classes(labels, scores, model.classes)
    targets = coefficients(aims, probe.classes, choices.target.form)
    return View(
        model,
        dataset,
        choices,
        lookouts(probes, entries, dataset, choices.split, choices.seed),
        _adopted(foreign, probe),
        targets,
        aims,
        truth,
    )


def _least(
    dataset: Dataset, probes: Mapping[str, Any], entries: Sequence[Entry]
) -> int:
    """Return the bytes that explaining a shard takes.

    Its maps batch by batch and put together, with those of the shard before.
    """
    size = shape_of(dataset)[:2]
    batch = batch_of(size)
    maps, looked = map_bytes(probes, entries, size)
    shard = 3 * shard_size(batch) * maps
    return ENGINE + shard + batch * looked + batch_bytes(dataset, batch)


def _chances(logits: Float[np.ndarray, "n k"]) -> Float[np.ndarray, "n k"]:
    """Return class probabilities."""
    from scipy.special import softmax

    return softmax(logits, axis=1)


def _adopted(foreign: Sequence[Any], probe: Any) -> list[Any]:
    """Take other libraries' objects as methods.

    Raises
    ------
    ValueError
        If one is no pair of a name and an object.
    """
    from hrcam.engine.foreign import adopt

    for given in foreign:
        if not (isinstance(given, tuple) and len(given) == 2):
            msg = (
                "methods must be names or pairs of a name and another library's "
                f"object, got {given!r}"
            )
            raise ValueError(msg)
    return [adopt(name, other, probe) for name, other in foreign]


def _counted(
    batches: Iterator[Mapping[str, Any]], progress: Callable[[int], None] | None
) -> Iterator[Mapping[str, Any]]:
    """Pass batches on and report how many images each held."""
    for batch in batches:
        yield batch
        if progress is not None:
            progress(len(next(iter(next(iter(batch.values())).values()))))
