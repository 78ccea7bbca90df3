"""Read the JSON of our folders, which anybody may have damaged."""

import json
from pathlib import Path
from typing import Any

from metrics.sources.formats.bounds import check_bytes
from simbench.parsing import on_one_line


def read_json(path: Path, remedy: str = "write it again") -> dict[str, Any]:
    """Read a table of names.

    Parameters
    ----------
    path
        Of the file.
    remedy
        What to do if it is damaged.

    Raises
    ------
    ValueError
        If it is gone, too large, no JSON, or holds something else.
    """
    check_bytes(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        msg = f"{path} must be JSON, got: {on_one_line(str(error))[:200]}; {remedy}"
        raise ValueError(msg) from error
    if not isinstance(content, dict):
        msg = f"{path} must hold a JSON object, got {type(content).__name__}; {remedy}"
        raise ValueError(msg)
    return content
