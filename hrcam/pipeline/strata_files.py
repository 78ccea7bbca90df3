"""Read the table that groups images, where no dataset does."""

from pathlib import Path

import pandas as pd

from metrics.sources.formats.bounds import check_bytes
from metrics.sources.formats.image import complete
from metrics.sources.formats.tables import read_table
from simbench.parsing import on_one_line


def read_strata(path: Path) -> pd.DataFrame:
    """Read a CSV or Parquet file with a column ``image_id``.

    Raises
    ------
    FileNotFoundError, ValueError
        If it is not there, damaged, too large, or names no images.
    """
    if not path.is_file():
        msg = f"strata must be a CSV or Parquet file, got no {path}"
        raise FileNotFoundError(msg)
    with complete(str(path)):
        table = read_table(path) if path.suffix == ".parquet" else _read_csv(path)
    if "image_id" not in table:
        found = on_one_line(", ".join(map(str, table.columns)))
        msg = f"strata must have a column image_id, got {found} in {path}"
        raise ValueError(msg)
    return table


def _read_csv(path: Path) -> pd.DataFrame:
    check_bytes(path)
    return pd.read_csv(path, dtype={"image_id": str, "subject": str})
