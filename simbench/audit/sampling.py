"""What an audit needs of a dataset, and which of its images it takes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd
from jaxtyping import Int, Shaped, UInt8, UInt16

from simbench.recipe import Recipe

INDEXED = ("image_id", "split", "label", "subject", "lesion")  # read of the index, …
CONFOUNDED = ("image_id", "name")  # … and of the table of confounders
LIMIT = 4000  # images, at most
PIXELS = 2**29  # of all of them, at most, but …
LEAST = 500  # … this many images in any case
_BATCH = 2**22  # pixels that are read together
_SEED = 2718


@runtime_checkable
class Images(Protocol):
    """What the audit needs of a dataset."""

    @property
    def recipe(self) -> Recipe | None: ...
    @property
    def classes(self) -> tuple[str, ...]: ...
    @property
    def index(self) -> pd.DataFrame: ...
    @property
    def confounders(self) -> pd.DataFrame: ...
    @property
    def arrays(self) -> Mapping[str, Any]: ...
    def read(
        self, name: str, ids: Sequence[str]
    ) -> Shaped[np.ndarray, "n h w *rgb"]: ...


@dataclass(frozen=True)
class Chosen:
    """The audited images of a dataset, as columns."""

    ids: tuple[str, ...]
    places: Int[np.ndarray, " n"]
    """Rows of the dataset's index."""
    labels: Int[np.ndarray, " n"]
    lesions: Shaped[np.ndarray, " n"]
    subjects: Int[np.ndarray, " n"]
    """Numbers 0, 1, …"""
    folds: Int[np.ndarray, " n"]

    def __getitem__(self, rows: Int[np.ndarray, " k"]) -> "Chosen":
        return Chosen(
            ids=tuple(self.ids[row] for row in rows),
            places=self.places[rows],
            labels=self.labels[rows],
            lesions=self.lesions[rows],
            subjects=self.subjects[rows],
            folds=self.folds[rows],
        )


def choose(dataset: Images, folds: int) -> Chosen:
    """Take all images of a dataset or, of many, whole subjects of every stratum.

    Strata are label and lesion. Subjects are dealt to folds in turn, in a random order
    that only depends on their number; a subject is in one fold.
    """
    index = dataset.index
    labels = index["label"].to_numpy().astype(np.int64)
    kinds, lesions = _coded(index, "lesion", "none")
    owned = "subject" in index and index["subject"].iloc[0] is not None
    _, subjects = _coded(index, "subject" if owned else "image_id", "")
    _, first = np.unique(subjects, return_index=True)
    order = np.argsort(np.random.Philox(key=_SEED).random_raw(first.size))
    strata = pd.Series(labels[first] * kinds.size + lesions[first])
    turns = np.empty(first.size, np.int64)
    turns[order] = strata.iloc[order].groupby(strata.iloc[order]).cumcount()
    sizes = strata.map(strata.value_counts()).to_numpy()
    share = limit(dataset) / len(index)
    kept = turns < np.ceil(share * sizes)
    rows = np.flatnonzero(kept[subjects])
    return Chosen(
        ids=tuple(str(name) for name in index["image_id"].iloc[rows]),
        places=rows,
        labels=labels[rows],
        lesions=kinds[lesions[rows]],
        subjects=np.unique(subjects[rows], return_inverse=True)[1],
        folds=turns[subjects[rows]] % folds,
    )


def limit(dataset: Images) -> int:
    """Return how many images are audited at most."""
    pixels = int(np.prod(dataset.arrays["image"].shape[1:]))
    return int(np.clip(PIXELS // pixels, LEAST, LIMIT))


def column(index: pd.DataFrame, name: str, default: object) -> Shaped[np.ndarray, " n"]:
    """Return a column of the index, or the default in every row."""
    if name in index:
        return index[name].to_numpy()
    return np.full(len(index), default, dtype=object)


def _coded(
    index: pd.DataFrame, name: str, default: str
) -> tuple[Shaped[np.ndarray, " k"], Int[np.ndarray, " n"]]:
    """Return the values of a column as sorted texts, and the number of each row's."""
    if name not in index:
        return np.array([default]), np.zeros(len(index), np.int64)
    codes, values = pd.factorize(index[name], use_na_sentinel=False)
    texts, numbers = np.unique(np.asarray(values).astype(str), return_inverse=True)
    return texts, numbers[codes]


@dataclass(frozen=True)
class Levels:
    """The gray levels that a dataset's images may have, ``low`` to ``high``."""

    low: float
    high: float
    exact: bool
    """Whether the images are read as they are, in uint8 or uint16."""

    def read(
        self, dataset: Images, ids: Sequence[str]
    ) -> UInt8[np.ndarray, "n h w *rgb"] | UInt16[np.ndarray, "n h w *rgb"]:
        """Read images; those of other types are scaled to all values of uint16."""
        images = dataset.read("image", ids)
        if self.exact:
            return images
        span = self.high - self.low or 1.0
        shares = np.clip((images.astype(np.float64) - self.low) / span, 0, 1)
        return np.rint(65535 * shares).astype(np.uint16)

    @property
    def count(self) -> int:
        """Number of gray levels of what is read."""
        return int(self.high) + 1 if self.exact else 65536


def levels_of(dataset: Images, ids: Sequence[str]) -> Levels:
    """Tell the gray levels: of the recipe, of the type, or of the images."""
    dtype = np.dtype(dataset.arrays["image"].dtype)
    if dtype == np.uint8:
        return Levels(0.0, 255.0, exact=True)
    if dtype == np.uint16 and dataset.recipe is not None:
        top = float(2**dataset.recipe.acquisition.bits - 1)
        return Levels(0.0, top, exact=True)
    ends = [
        (float(images.min()), float(images.max()))
        for part in batches(dataset, ids)
        for images in (dataset.read("image", part),)
    ]
    low, high = min(end[0] for end in ends), max(end[1] for end in ends)
    return Levels(0.0 if dtype == np.uint16 else low, high, exact=dtype == np.uint16)


def batches(dataset: Images, ids: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut a list of images into runs that fit into memory."""
    pixels = int(np.prod(dataset.arrays["image"].shape[1:]))
    step = int(np.clip(_BATCH // pixels, 1, 256))
    for start in range(0, len(ids), step):
        yield ids[start : start + step]
