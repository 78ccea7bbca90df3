"""Open what ``hrcam multiverse`` wrote."""

from pathlib import Path
from typing import Any

from hrcam.pipeline.folders import require_files
from hrcam.pipeline.json_files import read_json
from hrcam.pipeline.multiverse.asked import RESULTS, SCHEMA, TABLE


def open_results(folder: Path | str) -> dict[str, Any]:
    """Return the results of a finished multiverse.

    Raises
    ------
    FileNotFoundError
        If a file is missing.
    ValueError
        If a file is damaged or of another version.
    """
    folder = Path(folder)
    require_files(folder, (RESULTS, TABLE), "hrcam multiverse")
    found = read_json(folder / RESULTS, "run the multiverse again")
    if found.get("schema") != SCHEMA:
        msg = (
            f"{folder / RESULTS} must have schema {SCHEMA}, got "
            f"{found.get('schema')!r:.40}; run the multiverse again"
        )
        raise ValueError(msg)
    return found
