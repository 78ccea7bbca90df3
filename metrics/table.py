"""The long table: one row per entry, score, threshold and image."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from metrics.counting.statuses import STATUSES
from metrics.measured import Measured
from metrics.sources.entries import KEYS


def lengthen(
    measured: Measured, entries: Sequence[Mapping[str, str]], frame: pd.DataFrame
) -> Iterator[pd.DataFrame]:
    """Yield the rows of one entry after the other.

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
    c, n = len(measured.columns), len(measured.ids)
    columns = measured.columns
    names = np.repeat([column.score for column in columns], n)
    levels = [np.nan if k.threshold is None else k.threshold for k in columns]
    repeated = pd.concat([frame] * c, ignore_index=True)
    for place, entry in enumerate(entries):
        codes = measured.codes[place].ravel()
        rows = {
            "image_id": np.tile(np.array(measured.ids), c),
            **{key: np.repeat(entry[key], c * n) for key in KEYS},
            "score": names,
            "threshold": np.repeat(levels, n),
            "value": np.asarray(measured.values[place]).ravel(),
            "status": np.array(STATUSES)[codes],
        }
        yield pd.concat([pd.DataFrame(rows), repeated], axis=1)
