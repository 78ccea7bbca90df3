"""Stage 2: train a classifier and score it."""

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from hrcam.pipeline.evaluation import evaluate, tabulate
from hrcam.pipeline.folders import check_free, staged
from hrcam.pipeline.model import Model, hash_weights, save
from hrcam.pipeline.scenes import labels_of
from simbench.dataset import Dataset, open_dataset

if TYPE_CHECKING:
    from hrcam.engine.training import Training

#: The splits a classifier is scored on, in this order.
SPLITS = ("train", "validation", "test")


def train(
    dataset: Dataset | Path | str,
    out: Path | str | None = None,
    *,
    settings: "Training | None" = None,
    overwrite: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Model:
    """Train a classifier on a dataset's training split; score it on every split.

    Parameters
    ----------
    dataset
        A dataset or the folder of one.
    out
        Folder to write; None keeps the model in memory.
    settings
        A :class:`hrcam.engine.training.Training`; the compact network by default.
        Unless they say so, images that may show letters are not mirrored.
    overwrite
        Whether an existing folder may be replaced.
    progress
        Called with the number of images of each step.
    """
    from hrcam.engine.training import Training, fit, predict

    if out is not None:
        check_free(Path(out), overwrite, "model")
    dataset = opened(dataset)
    settings = settled(Training() if settings is None else settings, dataset)
    ids = dataset.ids("train")
    network, losses = fit(
        dataset.read("image", ids),
        labels_of(dataset, ids),
        len(dataset.classes),
        settings,
        progress,
    )
    facts = {
        "settings": asdict(settings),
        "losses": losses,
        "classes": list(dataset.classes),
        "dataset": dataset.identity,
        "weights": hash_weights(network),
        "parameters": int(network.count_params()),
    }
    tables, evaluation = [], {}
    kinds = dataset.index.set_index("image_id")["lesion"]
    for split in [name for name in SPLITS if name in set(dataset.index["split"])]:
        names = dataset.ids(split)
        chances = predict(network, dataset.read("image", names))
        table = tabulate(names, labels_of(dataset, names), chances)
        evaluation[split] = evaluate(table, kinds.loc[names].tolist(), dataset.classes)
        tables.append(table.assign(split=split))
    model = Model(network, facts, evaluation, pd.concat(tables, ignore_index=True))
    if out is not None:
        with staged(Path(out), overwrite, stage="model") as folder:
            save(model, folder)
    return model


def settled(settings: "Training", dataset: Dataset) -> "Training":
    """Decide what the settings leave to the dataset: whether images are mirrored."""
    how = settings.augmentation
    if how.flip is not None:
        return settings
    chiral = dataset.recipe is not None and dataset.recipe.chiral
    return replace(settings, augmentation=replace(how, flip=not chiral))


def opened(dataset: Dataset | Path | str) -> Dataset:
    """Open a dataset that is given as a folder."""
    return dataset if isinstance(dataset, Dataset) else open_dataset(Path(dataset))
