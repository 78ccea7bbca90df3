"""Look at a dataset with fewer images, or with its labels permuted."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from simbench.dataset import Dataset

#: The split of images that a check leaves out; the arrays stay where they are.
ASIDE = "aside"


def sampled(
    dataset: Dataset, images: int, training: int, seed: int, split: str = "test"
) -> Dataset:
    """Return a dataset with some images of a split and of the training split.

    Parameters
    ----------
    dataset
        It stays as it was; nothing is copied but its index.
    images
        Of the split that are kept, of those classes that are explained: the pathology
        class of two, else all; 0 keeps all of them.
    training
        Training images that are kept, with every class's share; 0 keeps all.
    seed
        Of both choices.

    Raises
    ------
    ValueError
        If the split has fewer than two images of these classes.
    """
    index = dataset.index.reset_index(drop=True)
    explained = index["split"] == split
    if len(dataset.classes) == 2:
        explained &= index["label"] == 1
    rows = np.flatnonzero(explained)
    if len(rows) < 2:
        msg = (
            f"split {split!r} must have two images of the explained class, got "
            f"{len(rows)}; choose another dataset"
        )
        raise ValueError(msg)
    keep = _some(index, rows, images, np.random.default_rng([seed, 0]))
    learned = np.flatnonzero(index["split"] == "train")
    kept = _some(index, learned, training, np.random.default_rng([seed, 1]))
    splits = index["split"].astype(str).to_numpy(dtype=object, copy=True)
    lost = np.setdiff1d(np.flatnonzero(index["split"] == split), keep)
    splits[np.r_[lost, np.setdiff1d(learned, kept)]] = ASIDE
    return replace(dataset, index=index.assign(split=splits))


def permuted(dataset: Dataset, seed: int) -> Dataset:
    """Return a dataset whose labels are permuted within training and validation.

    Every class keeps its number of images; the labels of other splits stay.
    """
    index = dataset.index.reset_index(drop=True)
    labels = index["label"].to_numpy(copy=True)
    for number, split in enumerate(("train", "validation")):
        rows = np.flatnonzero(index["split"] == split)
        stream = np.random.default_rng([seed, 2, number])
        labels[rows] = labels[rows][stream.permutation(len(rows))]
    return replace(dataset, index=index.assign(label=labels))


def _some(
    index: pd.DataFrame,
    rows: Sequence[int] | np.ndarray,
    count: int,
    stream: np.random.Generator,
) -> np.ndarray:
    """Choose rows, every class with its share, in the order of the index."""
    rows = np.asarray(rows)
    if count == 0 or count >= len(rows):
        return rows
    shuffled = rows[stream.permutation(len(rows))]
    labels = index["label"].to_numpy()[shuffled]
    # Each image's place within its class, as a share of the class: low ones are taken.
    place = np.empty(len(shuffled))
    for label in np.unique(labels):
        mine = labels == label
        place[mine] = (np.arange(mine.sum()) + 0.5) / mine.sum()
    return np.sort(shuffled[np.argsort(place, kind="stable")[:count]])
