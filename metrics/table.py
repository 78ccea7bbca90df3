"""The long table: one row per entry, score, threshold and image."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from jaxtyping import Int

from metrics.counting.statuses import STATUSES
from metrics.measured import Measured
from metrics.sources.entries import KEYS
from metrics.storage.allocation import release

ROWS = 2**14
"""So many rows are made at a time."""


def lengthen(
    measured: Measured, entries: Sequence[Mapping[str, str]], frame: pd.DataFrame
) -> Iterator[pd.DataFrame]:
    """Yield the rows of one entry after the other, :data:`ROWS` at most at a time.

    Parameters
    ----------
    measured
        Scores of every entry on every image.
    entries
        Names of each entry.
    frame
        One row per image: subject, then strata.

    Returns
    -------
    iterator of DataFrame
        Columns ``image_id``, what tells entries apart, ``score``, ``threshold``,
        ``value``, ``status``, then those of the frame.
    """
    rows = len(measured.columns) * len(measured.ids)
    for place, entry in enumerate(entries):
        for start in range(0, rows, ROWS):
            part = np.arange(start, min(start + ROWS, rows))
            yield _make(measured, place, entry, frame, part)


def _make(
    measured: Measured,
    place: int,
    entry: Mapping[str, str],
    frame: pd.DataFrame,
    part: Int[np.ndarray, " r"],
) -> pd.DataFrame:
    """Make some rows of one entry: all images of the first column, then the next."""
    columns, images = np.divmod(part, len(measured.ids))
    names = np.array([column.score for column in measured.columns])
    levels = [np.nan if k.threshold is None else k.threshold for k in measured.columns]
    rows = {
        "image_id": np.array([measured.ids[image] for image in images.tolist()]),
        **{key: np.repeat(entry[key], len(part)) for key in KEYS},
        "score": names[columns],
        "threshold": np.array(levels)[columns],
        "value": np.asarray(measured.values[place, columns, images]),
        "status": np.array(STATUSES)[measured.codes[place, columns, images]],
    }
    release(measured.values, measured.codes)
    repeated = frame.iloc[images].reset_index(drop=True)
    return pd.concat([pd.DataFrame(rows), repeated], axis=1)
