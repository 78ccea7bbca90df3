"""Tables of text that come with images: CSV, every cell as it is written."""

import io
from collections.abc import Sequence

import pandas as pd

from simbench.readers.reader import LayoutError
from simbench.readers.root import Root


def read_table(
    root: Root, name: str, columns: Sequence[str] = (), *, header: bool = True
) -> pd.DataFrame:
    """Read a CSV file; all cells are text, an empty one is ''.

    Parameters
    ----------
    root, name
        Where it is.
    columns
        That it must have, or, without a header, what they are called.
    header
        Whether the first line names the columns.

    Raises
    ------
    LayoutError
        If it is not there, is no table, or lacks a column.
    """
    if not root.has(name):
        msg = f"no file {name}"
        raise LayoutError(msg)
    text = io.BytesIO(root.read(name))
    try:
        table = pd.read_csv(
            text,
            dtype=str,
            keep_default_na=False,
            encoding="utf-8-sig",
            header=0 if header else None,
            names=None if header else list(columns),
            index_col=False,
        )
    except (ValueError, pd.errors.ParserError) as error:  # no text, no columns
        msg = f"{name} that is no table: {str(error).splitlines()[0]}"
        raise LayoutError(msg) from error
    lost = [column for column in columns if column not in table]
    if lost:
        found = ", ".join(map(str, table.columns[:12]))
        msg = f"{name} without {', '.join(lost)} among its columns ({found})"
        raise LayoutError(msg)
    if table.empty:
        msg = f"{name} without any row"
        raise LayoutError(msg)
    return table
