"""Turn records into what JSON can hold."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np


def to_plain(value: Any, digits: int | None = None) -> Any:
    """Replace arrays by lists, NumPy scalars by numbers, NaN and infinity by None.

    Parameters
    ----------
    value
        Nested mappings, sequences, arrays and scalars.
    digits
        Significant digits to keep of each float; all if None. Results keep ten, so
        that the order of sums in a matrix product does not show.
    """
    if isinstance(value, Mapping):
        return {str(key): to_plain(part, digits) for key, part in value.items()}
    if isinstance(value, np.ndarray):
        return to_plain(value.tolist(), digits)
    if isinstance(value, (list, tuple)):
        return [to_plain(part, digits) for part in value]
    if isinstance(value, np.generic):
        return to_plain(value.item(), digits)
    if isinstance(value, float):
        if not np.isfinite(value):
            return None
        return value if digits is None else float(f"{value:.{digits}g}")
    return value


def to_json(value: Any) -> str:
    """Write JSON with sorted keys and a final line break; undefined is null."""
    plain = to_plain(value)
    return json.dumps(plain, allow_nan=False, indent=1, sort_keys=True) + "\n"
