"""Turn numbers into words, the same way everywhere in a report."""

import math
import textwrap
from collections.abc import Mapping
from typing import Any

Number = int | float
"""Of JSON, where a whole number may stand for a float."""

MINUS = "\N{MINUS SIGN}"
NOTHING = "\N{EN DASH}"
_SCORES = {
    "average_precision": ("average precision", "AP"),
    "auroc": ("AUROC", "AUROC"),
    "sensitivity": ("sensitivity", "Sens."),
    "specificity": ("specificity", "Spec."),
    "dice": ("Dice", "Dice"),
    "iou": ("IoU", "IoU"),
    "pooled_average_precision": ("pooled average precision", "PxAP"),
}
_STRATA = {
    "all": "all with a lesion",
    "correct": "classified correctly",
    "without_lesion": "without a lesion",
    "size=small": "small lesions",
    "size=middle": "middling lesions",
    "size=large": "large lesions",
    "difficulty=hard": "hard to see",
    "difficulty=middle": "in between",
    "difficulty=easy": "easy to see",
}


def decimal(value: Number | None, digits: int = 3) -> str:
    """Print a number; a dash if undefined.

    Examples
    --------
    >>> decimal(0.51249), decimal(None) == NOTHING
    ('0.512', True)
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    text = f"{value:.{digits}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def signed(value: Number | None, digits: int = 3) -> str:
    """Print a difference with its sign.

    Examples
    --------
    >>> signed(0.0312), signed(-0.0001), signed(-0.5) == f"{MINUS}0.500"
    ('+0.031', '0.000', True)
    """
    text = decimal(value, digits)
    positive = value is not None and value > 0 and text.strip("0.") != ""
    return f"+{text}" if positive else text


def bracket(row: Mapping[str, Any] | None, sign: bool = False) -> str:
    """Print the interval of a row with ``low`` and ``high``."""
    if row is None or row["low"] is None or row["high"] is None:
        return NOTHING
    show = signed if sign else decimal
    return f"[{show(row['low'])}, {show(row['high'])}]"


def probability(value: Number | None) -> str:
    """Print a p value.

    Examples
    --------
    >>> probability(0.0311), probability(1e-9)
    ('0.0311', '< 0.0001')
    """
    if value is None or not math.isfinite(value):
        return NOTHING
    return "< 0.0001" if value < 0.0001 else f"{value:.4f}"


def percent(value: Number | None, digits: int = 1) -> str:
    """Print a share as a percentage."""
    return NOTHING if value is None else f"{100 * value:.{digits}f}%"


def count(number: int, noun: str, plural: str = "") -> str:
    """Count things.

    Examples
    --------
    >>> count(1, "image"), count(2, "image"), count(2, "entry", "entries")
    ('1 image', '2 images', '2 entries')
    """
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def score(name: str, threshold: Number | None = None, short: bool = False) -> str:
    """Name a score, at its threshold if it has one."""
    words = _SCORES.get(name, (name.replace("_", " "),) * 2)[short]
    if threshold is None:
        return words
    return f"{words} {threshold:g}" if short else f"{words} at {threshold:g}"


def stratum(name: str) -> str:
    """Name a stratum of images."""
    return _STRATA.get(name, name.replace("=", ": ", 1))


def name_training(cell: Mapping[str, Any]) -> str:
    """Name a trained network among those of a multiverse."""
    return (
        f"{cell['network']}, data seed {cell['data_seed']}, training seed "
        f"{cell['training_seed']}"
    )


def plainly(value: Any) -> str:
    """Print a value of unknown kind in one line."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {plainly(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(plainly(item) for item in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}".replace("-", MINUS)
    return NOTHING if value is None else str(value)


def shorten(text: str, longest: int) -> str:
    """Cut a text that is too long for a drawing."""
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def wrap(text: str, width: int, lines: int = 3) -> str:
    """Break a text into a few short lines for a drawing."""
    return "\n".join(textwrap.wrap(text, width, max_lines=lines, placeholder="…"))
