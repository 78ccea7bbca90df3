"""What an export is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Integer

from simbench.dataset import SPLITS, Dataset

BATCH = 256


@dataclass(frozen=True)
class Export:
    """An entry of the table of exports."""

    name: str
    about: str
    write: Callable[[Dataset, Path], None]
    """``write(dataset, folder)``: fill an empty folder."""


@dataclass(frozen=True)
class Batch:
    """Some images of one split."""

    split: str
    ids: list[str]
    labels: list[int]
    images: Integer[np.ndarray, "n h w *rgb"]
    masks: Bool[np.ndarray, "n h w"]


def batches(dataset: Dataset) -> Iterator[Batch]:
    """Read a dataset split by split, a few images at a time."""
    labels = dataset.index.set_index("image_id")["label"]
    for split in SPLITS:
        ids = dataset.ids(split)
        for start in range(0, len(ids), BATCH):
            some = ids[start : start + BATCH]
            yield Batch(
                split,
                some,
                [int(label) for label in labels.loc[some]],
                dataset.read("image", some),
                dataset.read("mask", some),
            )
