"""Open what may be damaged: what a library raises becomes one line with a remedy."""

from collections.abc import Iterator
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


def read_index(path: Path, images: int) -> pd.DataFrame:
    """Read the table of images, if it has a row for each, before it is unpacked.

    Raises
    ------
    ValueError
        If rows or columns are missing.
    """
    import pyarrow.parquet as pq

    rows = pq.read_metadata(path).num_rows
    if rows != images:
        msg = f"{path.name} with {rows} rows for {images} images"
        raise ValueError(msg)
    table = pd.read_parquet(path)
    lost = [name for name in _COLUMNS if name not in table]
    if lost:
        msg = f"{path.name} without {', '.join(lost)}"
        raise ValueError(msg)
    if not table["image_id"].is_unique:
        msg = f"{path.name} with an image_id more than once"
        raise ValueError(msg)
    return table
