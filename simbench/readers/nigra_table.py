"""The table of subjects of neuromelanin MRI: groups, splits, centers of boxes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from simbench.readers.medical.crops import Place
from simbench.readers.splits import Division, divide

_CENTER = ("x", "y", "z")


def check_subjects(table: pd.DataFrame, groups: Sequence[str]) -> list[str]:
    """Say what is wrong with the table itself."""
    names = table["subject"]
    twice = sorted(set(names[names.duplicated()]))
    odd = sorted(set(table["group"]) - set(groups))
    known = " or ".join(groups)
    return [
        *(f"subject must have one row, got {name!r} again" for name in twice),
        *(f"group must be {known}, got {group!r}" for group in odd),
        *(f"path of {name} must be given" for name in names[table["path"] == ""]),
    ]


def split_subjects(
    table: pd.DataFrame, asked: Mapping[str, int], seed: int
) -> list[str]:
    """Return the split of each subject, '' where the images' share decides.

    Parameters
    ----------
    table
        Its column ``split``, if there is one, is kept.
    asked
        Subjects to be drawn for each further split, from those who are in none or in
        ``train``; 0 for none.
    seed
        Of their order.

    Raises
    ------
    ValueError
        If a split is to be drawn that the table gives, or nobody is left to train on.
    """
    nothing = [""] * len(table)
    given = table["split"].tolist() if "split" in table else nothing
    if not any(asked.values()):
        return given
    sizes = {name: n or (None if name in given else 0) for name, n in asked.items()}
    division = Division(**sizes, seed=seed)
    return divide(table["subject"].tolist(), given, division)


def center_of(subject: Mapping[str, Any]) -> Place | None:
    """Return the center of the box that the table gives."""
    cells = [subject.get(name, "") for name in _CENTER]
    if not any(cells):
        return None
    try:
        right, front, up = (float(cell) for cell in cells)
        if not np.isfinite([right, front, up]).all():
            raise ValueError
    except ValueError as error:
        msg = (
            f"x, y and z of {subject['subject']} must be millimeters, got "
            f"{', '.join(map(repr, cells))}"
        )
        raise ValueError(msg) from error
    return right, front, up
