"""What groups the scored images: subject, lesion, difficulty, classifier right."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from hrcam.maps import Explained
from hrcam.pipeline.strata_files import read_strata
from metrics import MaskSource
from simbench.dataset import Dataset

#: Columns of a dataset's index that the score table carries along.
STRATA = ("subject", "label", "lesion")


def group_images(
    strata: pd.DataFrame | Path | str | None,
    masks: MaskSource,
    dataset: Dataset | None,
    runs: Sequence[Explained],
) -> pd.DataFrame | None:
    """Return what groups images: a dataset's own, else the given table, or None.

    Raises
    ------
    FileNotFoundError, ValueError
        If the table is not there or names no images, or a dataset already groups them.
    """
    if dataset is None:
        if isinstance(strata, str | Path):
            return read_strata(Path(strata))
        return strata
    if strata is not None:
        msg = "strata must come from the dataset itself, got a table too; leave it out"
        raise ValueError(msg)
    return _describe(masks, dataset, runs)


def _describe(
    masks: MaskSource, dataset: Dataset, runs: Sequence[Explained]
) -> pd.DataFrame:
    """Return subject, label, lesion, d', and whether the one classifier is right."""
    columns = [*STRATA, *dataset.strata]
    table = dataset.index.set_index("image_id").loc[list(masks.ids), columns]
    seen = _see(dataset.lesions)
    if seen is not None:
        table["d_prime"] = seen.reindex(table.index)
    if len(runs) == 1 and runs[0].predictions is not None:
        right = runs[0].predictions.set_index("image_id")["correct"]
        if set(table.index) <= set(right.index):
            table["correct"] = right.loc[table.index].to_numpy()
    return table.reset_index()


def _see(lesions: pd.DataFrame) -> pd.Series | None:
    """Return the ideal observer's d' of each image's lesions together.

    Independent lesions add up by their squares. None where none is known.
    """
    if "d_ideal" not in lesions or lesions["d_ideal"].isna().all():
        return None
    real = lesions[~lesions["sham"].astype(bool)] if "sham" in lesions else lesions
    squares = (real["d_ideal"] ** 2).groupby(real["image_id"]).sum(min_count=1)
    return squares**0.5
