"""Take what a user has: a folder or file of ours or theirs, an object in memory."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hrcam.pipeline.evaluation import evaluate, tabulate
from hrcam.pipeline.model import Model, hash_weights, load, weights_of
from hrcam.pipeline.scenes import labels_of
from simbench.dataset import Dataset
from simbench.opening import open_dataset
from simbench.urls import is_url


def open_model(given: Any) -> Model:
    """Return a model that is given as such, as a folder, as a file, or as a network.

    Parameters
    ----------
    given
        A :class:`hrcam.pipeline.model.Model`, the folder of one, a ``.keras`` file
        (read in safe mode), a ``keras.Model`` or a ``torch.nn.Module``.
    """
    if isinstance(given, Model):
        return given
    if not isinstance(given, str | Path):
        return _adopted(given, type(given).__name__)
    path = Path(given)
    if path.is_file() and path.suffix == ".keras":
        from hrcam.engine.networks import read

        return _adopted(read(path), path.stem)
    return load(path)


def open_data(given: Any, training: Any = None, validation: Any = None) -> Dataset:
    """Return a dataset that is given as such, as a folder, as arrays, or as batches.

    Parameters
    ----------
    given
        A dataset, the folder or URL of one, images (n, h, w) or (n, h, w, c) as an
        array, a pair of images and labels, or a loader of batches (PyTorch's, channels
        first).
    training, validation
        Images with labels for the heads, in the same form, for arrays and loaders.
    """
    from hrcam.pipeline.torch_loader import as_dataset, load_batches

    if isinstance(given, Dataset):
        return given
    if isinstance(given, str | Path):
        return open_dataset(given if is_url(given) else Path(given))
    pair = isinstance(given, tuple) and len(given) == 2
    if isinstance(given, np.ndarray) or (pair and isinstance(given[0], np.ndarray)):
        images, labels = given if pair else (given, None)
        return as_dataset(images, labels, training, validation)
    return load_batches(given, training, validation)


def named(model: Model, dataset: Dataset, classes: int) -> Model:
    """Give a model that came without names the dataset's classes.

    Raises
    ------
    ValueError
        If model and dataset have other classes, or another number of them.
    """
    known = model.facts["classes"] or dataset.classes or tuple(map(str, range(classes)))
    names = tuple(known)
    if len(names) != classes or (dataset.classes and names != tuple(dataset.classes)):
        msg = (
            "model and dataset must have one list of classes, got "
            f"{', '.join(names)} ({classes} outputs) and {', '.join(dataset.classes)}"
        )
        raise ValueError(msg)
    return replace(model, facts={**model.facts, "classes": list(names)})


def judged(
    model: Model, dataset: Dataset, split: str, chances: np.ndarray | None
) -> Model:
    """Add what a model predicts of a split, where that is not known yet."""
    if chances is None:
        return model
    ids = dataset.ids(split)
    labels = labels_of(dataset, ids)
    table = tabulate(ids, labels, chances)
    evaluation = {}
    if (labels >= 0).all():
        rows = dataset.index.set_index("image_id").loc[ids]
        lesions, subjects = rows["lesion"].tolist(), rows["subject"].tolist()
        evaluation = {split: evaluate(table, lesions, model.classes, subjects)}
    return replace(model, evaluation=evaluation, predictions=table.assign(split=split))


def _adopted(network: Any, name: str) -> Model:
    """Wrap a network that was not trained here."""
    facts = {
        "settings": {"network": str(getattr(network, "name", name)), "seed": ""},
        "classes": [],
        "weights": hash_weights(network),
        "parameters": sum(int(w.size) for w in weights_of(network)),
    }
    return Model(network, facts, {}, pd.DataFrame())
