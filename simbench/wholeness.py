"""Open what may be damaged: what a library raises becomes one line with a remedy."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd

from simbench.parsing import on_one_line

_COLUMNS = ("image_id", "split", "label", "subject")


@contextmanager
def whole(folder: str, remedy: str) -> Iterator[None]:
    """Say in one line, naming the folder, why what it holds cannot be opened.

    Raises
    ------
    ValueError
        Whatever a library raised.
    """
    try:
        yield
    except ImportError:
        raise
    except ValueError as error:
        if folder in str(error):
            raise
        raise ValueError(_words(folder, error, remedy)) from error
    except Exception as error:  # libraries raise anything on broken files
        raise ValueError(_words(folder, error, remedy)) from error


def _words(folder: str, error: Exception, remedy: str) -> str:
    reason = on_one_line(str(error).strip())[:300] or type(error).__name__
    return f"{folder} is damaged: {reason}; {remedy}"


def place_of(name: str, array: Any) -> str:
    """Return the folder of an array of Zarr; else what it is called."""
    store = getattr(array, "store_path", None)
    return str(store or "").partition("://")[2] or f"array '{name}'"


def check_index(path: Path, images: int) -> None:
    """Look whether the table of images has a row for each; none is read.

    Raises
    ------
    ValueError
        If rows or columns are missing.
    """
    import pyarrow.parquet as pq

    found = pq.read_metadata(path)
    if found.num_rows != images:
        msg = f"{path.name} with {found.num_rows} rows for {images} images"
        raise ValueError(msg)
    held = set(found.schema.to_arrow_schema().names)
    lost = [name for name in _COLUMNS if name not in held]
    if lost:
        msg = f"{path.name} without {', '.join(lost)}"
        raise ValueError(msg)


def read_index(path: Path) -> pd.DataFrame:
    """Read the table of images.

    Raises
    ------
    ValueError
        If images are named twice.
    """
    table = read_table(path)
    if not table["image_id"].is_unique:
        msg = f"{path.name} with an image_id more than once"
        raise ValueError(msg)
    return table


def read_table(path: Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read a table, or some of it, column by column: in memory once and not twice."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        wanted = file.schema_arrow.names if columns is None else columns
        table = {
            name: file.read([name], use_threads=False).to_pandas()[name]
            for name in wanted
        }
    pa.default_memory_pool().release_unused()
    return pd.DataFrame(table, copy=False)
