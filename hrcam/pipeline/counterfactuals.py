"""Images of a simulated dataset as they would be without a lesion, or without any."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from jaxtyping import Bool, Shaped

from simbench.dataset import Dataset
from simbench.exams import examine
from simbench.phantoms import take
from simbench.recipe import Recipe


@dataclass(frozen=True)
class Counterfactuals:
    """What images would be with fewer lesions; all else is the same, draw for draw.

    Parameters
    ----------
    healthy
        Each image without its lesions, (n, h, w) or (n, h, w, 3).
    lesions
        A row per lesion that is no sham: ``image_id, row`` (of the image), ``lesion_id,
        name, kind``.
    without
        The image of each of these rows without that lesion alone.
    """

    healthy: Shaped[np.ndarray, "n h w *c"]
    lesions: pd.DataFrame
    without: Shaped[np.ndarray, "m h w *c"]


def counterfactuals(
    dataset: Dataset,
    ids: Sequence[str],
    progress: Callable[[int], None] | None = None,
) -> Counterfactuals | None:
    """Draw the images of a dataset anew without their lesions.

    Returns None where nothing can be drawn: the dataset is no simulation.

    Raises
    ------
    ValueError
        If the generator draws another image than the dataset holds.
    """
    if dataset.recipe is None or not len(ids):
        return None
    _compare(dataset, ids[0])
    known = dataset.lesions[~dataset.lesions["sham"].astype(bool)]
    groups = {str(k): rows for k, rows in known.groupby("image_id")}
    rows: list[pd.DataFrame] = []
    healthy: list[np.ndarray] = []
    without: list[np.ndarray] = []
    for row, image in enumerate(ids):
        mine = groups.get(image)
        numbers = [] if mine is None else [int(k) for k in mine["lesion_id"]]
        without_any, alone = _taken(dataset.recipe, int(image), numbers)
        healthy.append(without_any)
        without += alone
        if mine is not None:
            kept = mine[_COLUMNS]
            rows.append(kept.assign(row=row))
        if progress is not None:
            progress(1)
    bare = np.stack(healthy)
    if not rows:
        return Counterfactuals(bare, known[_COLUMNS].head(0), bare[:0])
    table = pd.concat(rows, ignore_index=True)
    return Counterfactuals(bare, table, np.stack(without))


_COLUMNS = ["image_id", "lesion_id", "name", "kind"]


def regions(dataset: Dataset, lesions: pd.DataFrame) -> Bool[np.ndarray, "m h w"]:
    """Return each lesion's part of its image's mask, True on it."""
    instances = dataset.read("instances", [str(i) for i in lesions["image_id"]])
    return instances == lesions["lesion_id"].to_numpy()[:, None, None]


def _taken(
    recipe: Recipe, index: int, numbers: Sequence[int]
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Take an image without all lesions, and without each of those named."""
    exam = examine(recipe, index)
    every = range(1, len(exam.lesions) + 1)
    bare = take(exam, "none").image
    alone = [
        bare
        if len(exam.lesions) == 1
        else take(exam, [k for k in every if k != number]).image
        for number in numbers
    ]
    return bare, alone


def _compare(dataset: Dataset, image: str) -> None:
    """See that the generator still draws what the dataset holds."""
    recipe = dataset.recipe
    drawn = take(examine(recipe, int(image))).image if recipe else None
    if drawn is None or not np.array_equal(drawn, dataset.read("image", [image])[0]):
        msg = (
            f"dataset must hold what its recipe draws, got another image {image}; "
            "generate it again"
        )
        raise ValueError(msg)
