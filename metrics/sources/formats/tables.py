"""Read a Parquet file, if what it unpacks to is no more than a file of text may have.

Repeated values take next to no room in such a file, so its size says nothing: rows and
columns are looked at before they are read, and words before they are repeated.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from metrics.sources.formats.bounds import check_count
from metrics.sources.formats.image import ImageError
from metrics.sources.formats.limits import BYTES


def read_table(path: Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read a Parquet file, or some of its columns.

    Raises
    ------
    ImageError
        If it has more rows than there may be images, takes more memory than a file of
        text may, or has cells that are lists.
    """
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        rows, schema = file.metadata.num_rows, file.schema_arrow
    names = [name for name in schema.names if columns is None or name in columns]
    types = {name: schema.field(name).type for name in names}
    check_count(str(path), rows)
    _check_room(path, rows * sum(_width(path, kind) for kind in types.values()))
    words = [name for name, kind in types.items() if _is_word(kind)]
    with pq.ParquetFile(path, read_dictionary=words) as file:
        table = file.read(names)
    _check_room(path, rows * sum(_longest(table[name]) for name in words))
    for place, name in enumerate(table.column_names):
        if name in words:
            plain = table[name].cast(types[name])
            table = table.set_column(place, schema.field(name), plain)
    frame: pd.DataFrame = table.to_pandas()
    return frame


def _is_word(kind: Any) -> bool:
    import pyarrow.types as types

    tests = (types.is_string, types.is_large_string, types.is_binary)
    return any(test(kind) for test in (*tests, types.is_large_binary))


def _width(path: Path, kind: Any) -> int:
    """Return the bytes of a cell, as far as its kind says."""
    import pyarrow.types as types

    if types.is_nested(kind):
        msg = f"{path} must have one value a cell, got {kind}"
        raise ImageError(msg)
    try:
        return max(8, int(kind.byte_width))
    except ValueError:  # of words, which have no width
        return 8


def _longest(column: Any) -> int:
    """Return the bytes of the longest word of a column that holds each once."""
    import pyarrow.compute as pc

    known = [chunk.dictionary for chunk in column.chunks]
    lengths = [pc.max(pc.binary_length(words)).as_py() for words in known]
    return max((length or 0 for length in lengths), default=0)


def _check_room(path: Path, size: int) -> None:
    if size > BYTES.most:
        msg = (
            f"{path} must unpack to at most {BYTES.most} bytes, got {size}; "
            f"{BYTES.hint}"
        )
        raise ImageError(msg)
