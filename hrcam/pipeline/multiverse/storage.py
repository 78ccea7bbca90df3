"""Open what ``hrcam multiverse`` wrote."""

import json
from pathlib import Path
from typing import Any

from hrcam.pipeline.folders import require_files
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
    try:
        found: dict[str, Any] = json.loads(
            (folder / RESULTS).read_text(encoding="utf-8")
        )
        version = found["schema"]
    except (ValueError, KeyError, TypeError) as error:
        msg = f"{folder / RESULTS} must be whole, got {error}; run the multiverse again"
        raise ValueError(msg) from error
    if version != SCHEMA:
        msg = (
            f"{folder / RESULTS} must have schema {SCHEMA}, got {version}; run the "
            "multiverse again"
        )
        raise ValueError(msg)
    return found
