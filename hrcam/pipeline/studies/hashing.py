"""Hash what was stated beforehand, whatever order it was written in."""

import hashlib
import json
from typing import Any


def canonical(content: Any) -> str:
    """Return JSON with sorted keys and nothing between its signs.

    Examples
    --------
    >>> canonical({"b": 1.0, "a": (True, None)})
    '{"a":[true,null],"b":1.0}'
    """
    return json.dumps(
        content,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=True,
        allow_nan=False,
    )


def digest(content: Any) -> str:
    """Return the SHA-256 (hexadecimal) of plain values."""
    return hashlib.sha256(canonical(content).encode()).hexdigest()
