"""The tables of a dataset: made at once, or written so that few rows are held.

The type of a column follows from all its values: whole numbers are fractions where one
is missing. So a few rows that have every kind of value of every column stand for all
rows when types are decided, and the rest is written some images at a time.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from simbench.blocks import Row, Tables
from simbench.difficulty.columns import NUMBERS

if TYPE_CHECKING:
    import pyarrow as pa

#: Blocks whose rows lie together in a file; 8,192 images.
GROUP = 32
LESIONS = {
    **{"image_id": "str", "lesion_id": "int64", "name": "str", "kind": "str"},
    **dict.fromkeys(NUMBERS, "float64"),
}
CONFOUNDERS = {
    "image_id": "str",
    "confounder_id": "int64",
    "name": "str",
    "kind": "str",
}
NAMES: dict[str, Mapping[str, str]] = {
    "index": {},
    "lesions": LESIONS,
    "confounders": CONFOUNDERS,
}
"""By name, the columns that a table has in any case; the index is never empty."""


def framed(name: str, rows: Sequence[Row]) -> pd.DataFrame:
    """Make a table of its rows, or an empty one with its columns."""
    columns = NAMES[name]
    if rows or not columns:
        floats = {key: kind for key, kind in columns.items() if kind == "float64"}
        return pd.DataFrame(list(rows)).astype(floats)
    return pd.DataFrame(columns=list(columns)).astype(dict(columns))


@dataclass(frozen=True)
class Kinds:
    """The first rows with each kind of value of each column, and each set of columns.

    A table of these and some others has the columns and types of the table of all.
    """

    rows: list[Row] = field(default_factory=list)
    seen: set[object] = field(default_factory=set)

    def look(self, rows: Iterable[Row]) -> None:
        """Keep those rows that have something new."""
        for row in rows:
            kinds: set[object] = {(key, type(value)) for key, value in row.items()}
            kinds.add(tuple(row))
            if not kinds <= self.seen:
                self.seen.update(kinds)
                self.rows.append(row)

    def framed(self, name: str, rows: Sequence[Row]) -> pd.DataFrame:
        """Make the table of some rows, with the types that the table of all has."""
        table = framed(name, [*self.rows, *rows])
        return table.iloc[len(self.rows) :].reset_index(drop=True)


def write_tables(
    folder: Path, blocks: Callable[[], Iterable[Tables]]
) -> dict[str, pd.DataFrame]:
    """Write the tables of all images to a folder, reading their blocks twice.

    Parameters
    ----------
    folder
        Where ``index.parquet`` and the others are put.
    blocks
        Reads the rows, a block after the other.

    Returns
    -------
    The tables without rows: their columns and types.
    """
    kinds = {name: Kinds() for name in NAMES}
    for block in blocks():
        for name, found in kinds.items():
            found.look(getattr(block, name))
    with ExitStack() as stack:
        files = {
            name: stack.enter_context(Growing(folder / f"{name}.parquet", name, found))
            for name, found in kinds.items()
        }
        for block in blocks():
            for name, file in files.items():
                file.add(getattr(block, name))
    return {name: found.framed(name, []) for name, found in kinds.items()}


class Growing:
    """A Parquet file that grows by blocks; what pandas writes, in groups of rows."""

    def __init__(self, path: Path, name: str, kinds: Kinds) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._path, self._name, self._kinds = path, name, kinds
        empty = kinds.framed(name, [])
        self._schema = pa.Schema.from_pandas(
            kinds.framed(name, kinds.rows), preserve_index=False
        )
        self._waiting: list[pa.Table] = [self._table(empty)]
        self._groups = 0
        self._draft = path.with_name(f".{path.name}.tmp")
        self._file = pq.ParquetWriter(self._draft, self._schema)

    def __enter__(self) -> "Growing":
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        """Write the rest and give the file its name, unless something went wrong."""
        if kind is None:
            self._write()
        self._file.close()
        if kind is None:
            self._draft.replace(self._path)

    def add(self, rows: Sequence[Row]) -> None:
        """Append the rows of a block."""
        self._waiting.append(self._table(self._kinds.framed(self._name, rows)))
        if len(self._waiting) > GROUP:
            self._write()

    def _table(self, rows: pd.DataFrame) -> "pa.Table":
        import pyarrow as pa

        return pa.Table.from_pandas(rows, self._schema, preserve_index=False)

    def _write(self) -> None:
        """Write what waits; a file without rows has one empty group, as pandas'."""
        import pyarrow as pa

        group = pa.concat_tables(self._waiting).combine_chunks()
        del self._waiting[1:]  # the empty one stays
        if len(group) or not self._groups:
            self._file.write_table(group)
            self._groups += 1
