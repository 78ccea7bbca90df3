"""Stage 2: train a classifier and score it."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from hrcam.pipeline.evaluation import evaluate, tabulate
from hrcam.pipeline.folders import check_free, replace_text, staged
from hrcam.pipeline.memory import ENGINE, batch_bytes, sparing
from hrcam.pipeline.model import Model, hash_weights, save
from hrcam.pipeline.opening import open_data
from hrcam.pipeline.scenes import labels_of
from simbench.dataset import Dataset

if TYPE_CHECKING:
    from hrcam.engine.training import Row, Samples, Training, Watch

#: The splits a classifier is scored on, in this order.
SPLITS = ("train", "validation", "test")


def train(  # noqa: PLR0913  keywords of a public verb
    dataset: Dataset | Path | str,
    out: Path | str | None = None,
    *,
    settings: "Training | None" = None,
    memory: str = "",
    overwrite: bool = False,
    progress: Callable[[int], None] | None = None,
    tensorboard: Path | str | None = None,
) -> Model:
    """Train a classifier on a dataset's training split; score it on every split.

    After each epoch a checkpoint is kept beside ``out``, so that the same call made
    again continues an interrupted training; it ends with the same weights. Where that
    stands is in ``history.csv`` of the folder ``OUT.partial``, and later of ``OUT``.

    Parameters
    ----------
    dataset
        A dataset or the folder of one.
    out
        Folder to write; None keeps the model in memory, without checkpoints.
    settings
        A :class:`hrcam.engine.training.Training`; the compact network by default.
        Unless they say so, images that may show letters are not mirrored.
    memory
        As in ``4GB``: images of a split that take more than it leaves are read batch by
        batch, which changes no weight; what the network's own numbers take is not
        counted.
    overwrite
        Whether an existing folder, or a begun training of other settings, may be
        replaced.
    progress
        Called with the number of images of each step.
    tensorboard
        Folder for TensorBoard's event files.

    Raises
    ------
    ValueError
        If the settings do not fit the dataset, other ones were begun with, or the
        memory is not enough.
    """
    from hrcam.engine.training import Training, Watch
    from hrcam.engine.training.logs import board

    if out is not None:
        check_free(Path(out), overwrite, "model")
    dataset = open_data(dataset)
    if not dataset.ids("train"):
        held = " and ".join(sorted(set(dataset.index["split"])))
        msg = f"dataset must have images to train on, got {held} alone; bring a model"
        raise ValueError(msg)
    settings = settled(Training() if settings is None else settings, dataset)
    least = ENGINE + batch_bytes(dataset, settings.batch)
    dataset = sparing(dataset, memory, least, "to train")
    logs = [] if tensorboard is None else [board(Path(tensorboard))]
    watch = Watch(progress, _together(logs))
    if out is None:
        return _trained(dataset, settings, watch)
    with _place(Path(out), overwrite, _key(dataset, settings)) as (folder, checkpoint):
        logs.append(_table(folder / "history.csv"))
        model = _trained(dataset, settings, replace(watch, checkpoint=checkpoint))
        save(model, folder)
        checkpoint.path.unlink()
    return model


def _trained(dataset: Dataset, settings: "Training", watch: "Watch") -> Model:
    """Train, and score on every split."""
    from hrcam.engine.training import predict, train

    held = set(dataset.index["split"])
    validation = _samples(dataset, "validation") if "validation" in held else None
    fitted = train(_samples(dataset, "train"), validation, settings, watch)
    rows = fitted.rows
    facts = {
        "settings": asdict(settings),
        "losses": [row["loss"] for row in rows],
        "history": [{k: v for k, v in r.items() if k != "seconds"} for r in rows],
        "epoch": fitted.best,
        "classes": list(dataset.classes),
        "dataset": dataset.identity,
        "weights": hash_weights(fitted.model),
        "parameters": int(fitted.model.count_params()),
        **_weights_file(settings),
    }
    tables, evaluation = [], {}
    index = dataset.index.set_index("image_id")
    for split in [name for name in SPLITS if name in held]:
        names = dataset.ids(split)
        chances = predict(fitted.model, dataset.images(names))
        table = tabulate(names, labels_of(dataset, names), chances)
        lesions, subjects = (
            index.loc[names, c].tolist() for c in ("lesion", "subject")
        )
        evaluation[split] = evaluate(table, lesions, dataset.classes, subjects)
        tables.append(table.assign(split=split))
    return Model(fitted.model, facts, evaluation, pd.concat(tables, ignore_index=True))


def _samples(dataset: Dataset, split: str) -> "Samples":
    """Return a split's images, read now or batch by batch, and its labels."""
    from hrcam.engine.training import Samples

    ids = dataset.ids(split)
    images, labels = dataset.images(ids), labels_of(dataset, ids)
    return Samples(images, labels, len(dataset.classes))


@contextmanager
def _place(
    out: Path, overwrite: bool, key: dict[str, Any]
) -> Iterator[tuple[Path, Any]]:
    """Give the folder to write and its checkpoint; clear away what is of no use."""
    from hrcam.engine.training import Checkpoint

    with staged(out, overwrite, keep=True, stage="model") as folder:
        checkpoint = Checkpoint(folder / "checkpoint.npz", key)
        if overwrite and not checkpoint.fits():
            checkpoint.path.unlink()
        if not checkpoint.path.is_file():
            _clear(folder)
        try:
            yield folder, checkpoint
        except BaseException:
            if not checkpoint.path.is_file():
                _clear(folder)
            raise


def _clear(folder: Path) -> None:
    """Remove the files of a training that cannot be continued."""
    shutil.rmtree(folder)
    folder.mkdir()


def _key(dataset: Dataset, settings: "Training") -> dict[str, Any]:
    """Say what decides the weights of a training."""
    parts = {**asdict(settings), **_weights_file(settings)}
    return {"dataset": dataset.identity, **parts}


def _weights_file(settings: "Training") -> dict[str, Any]:
    """Return name and content hash of the file that the weights start from."""
    from hrcam.engine.networks import WEIGHTS, digest

    path = Path(settings.weights)
    if settings.weights in WEIGHTS or not path.is_file():
        return {}
    return {"weights_file": {"name": path.name, "sha256": digest(path)}}


def _together(
    logs: Sequence[Callable[[Sequence["Row"]], None]],
) -> Callable[[Sequence["Row"]], None]:
    """Return one log for several; more may be added to them later."""

    def log(rows: Sequence["Row"]) -> None:
        for each in logs:
            each(rows)

    return log


def _table(path: Path) -> Callable[[Sequence["Row"]], None]:
    """Return a log that keeps a CSV file of all epochs."""

    def log(rows: Sequence["Row"]) -> None:
        replace_text(path, pd.DataFrame(list(rows)).to_csv(index=False))

    return log


def settled(settings: "Training", dataset: Dataset) -> "Training":
    """Decide what the settings leave to the dataset: whether images are mirrored."""
    how = settings.augmentation
    if how.flip is not None:
        return settings
    chiral = dataset.recipe.chiral if dataset.recipe else dataset.chiral
    return replace(settings, augmentation=replace(how, flip=not chiral))
