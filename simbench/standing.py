"""Notice when a folder that is being read is replaced by another."""

from collections.abc import Callable
from functools import partial
from pathlib import Path


def unchanged() -> None:
    """Find nothing: what is in memory is not replaced."""


def stand_by(folder: Path, name: str) -> Callable[[], None]:
    """Return a check that a folder's file of that name is the one there is now."""
    return partial(_compare, folder, name, _token(folder / name))


def _compare(folder: Path, name: str, was: tuple[int, ...]) -> None:
    if not was or _token(folder / name) != was:
        msg = (
            f"{folder} must stay while it is read, got another one in its place; open "
            "it again"
        )
        raise FileNotFoundError(msg)


def _token(path: Path) -> tuple[int, ...]:
    """Return what tells a file from another in its place; nothing where there is none.

    Not its times alone: clocks are set back. Not without the time of its last change: a
    copy keeps size and time of writing, and may get the number that the first one had.
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        return ()
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
