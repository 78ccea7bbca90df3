"""Pickles: files that are programs, which are told apart and never loaded."""

from collections.abc import Iterable
from pathlib import Path

SUFFIXES = (".pkl", ".pickle", ".p", ".pt", ".pth", ".joblib", ".dill")


def refuse(place: Path, files: Iterable[Path]) -> str:
    """Say that there are pickles among files; nothing if there are none."""
    found = [path for path in files if path.suffix.lower() in SUFFIXES]
    if not found:
        return ""
    which = f"{found[0].name}" + (f" and {len(found) - 1} more" if found[1:] else "")
    return (
        f"{place} must hold images, got pickles ({which}), which run code when they "
        "are loaded; convert them to .npy as docs/converting-pickles.md tells"
    )
