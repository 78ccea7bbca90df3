"""The sanity folder: ``sanity.json``, ``reliance.json`` and ``sanity.parquet``."""

import json
from pathlib import Path

from hrcam.pipeline.folders import require_files
from hrcam.pipeline.sanity.options import Sanity
from metrics.sources.formats.tables import read_table
from metrics.storage.plain import to_json, to_plain

SCHEMA = 1
_FILES = ("sanity.json", "reliance.json", "sanity.parquet")


def write_sanity(found: Sanity, folder: Path) -> None:
    """Write what the checks found into an empty folder."""
    for name, content in (("sanity", found.results), ("reliance", found.reliance)):
        text = to_json(to_plain(content, digits=10))
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
    found.table.to_parquet(folder / "sanity.parquet", index=False)


def open_sanity(folder: Path | str) -> Sanity:
    """Open a folder that ``hrcam sanity`` wrote.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    ValueError
        If a file is damaged or of another version.
    """
    folder = Path(folder)
    require_files(folder, _FILES, "hrcam sanity")
    try:
        results, reliance = (
            json.loads((folder / name).read_text(encoding="utf-8"))
            for name in _FILES[:2]
        )
        if results["schema"] != SCHEMA:
            msg = f"schema {results['schema']}, not {SCHEMA}"
            raise ValueError(msg)
        return Sanity(results, reliance, read_table(folder / _FILES[2]))
    except Exception as error:  # libraries raise anything on broken files
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        msg = (
            f"{folder} must be a complete folder of `hrcam sanity`, got {reason!r}; "
            "run the checks again"
        )
        raise ValueError(msg) from error
