"""What readers of medical files have in common: their libraries, limits and errors."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from math import prod
from pathlib import Path
from typing import Any

from simbench.readers.root import BombError, PictureError, Root

#: A volume may have this many times the pixels that a picture may have.
VOXELS = 4


def load_library(name: str, what: str) -> Any:
    """Import what the extra ``medical`` brings.

    Raises
    ------
    ImportError
        Saying what to install.
    """
    try:
        return import_module(name)
    except ImportError as error:
        library = name.partition(".")[0]
        msg = f"{what} needs {library}; pip install 'hrcam-bench[medical]'"
        raise ImportError(msg) from error


def check_size(root: Root, name: str, size: Sequence[int]) -> None:
    """Refuse a volume by its size alone.

    Raises
    ------
    PictureError
        If it has not three axes of voxels.
    BombError
        If a slice, or the whole volume, has more voxels than the root allows.
    """
    path, shape = root.folder / name, " x ".join(map(str, size)) or "nothing"
    if len(size) != 3 or min(size) < 1:
        msg = f"{path} must be one volume of three axes, got {shape}; split it"
        raise PictureError(msg)
    root.allow(name, sorted(size)[1:])
    most = VOXELS * root.max_pixels
    if prod(size) > most:
        msg = (
            f"{path} must have at most {VOXELS} x max_pixels = {most} voxels, got "
            f"{shape} = {prod(size)}; if that is no decompression bomb, read with a "
            "larger max_pixels"
        )
        raise BombError(msg)


@contextmanager
def whole(path: Path) -> Iterator[None]:
    """Say in one line, naming the file, why a library cannot read it.

    Raises
    ------
    PictureError
        Whatever the library raised; what we say ourselves is passed on.
    """
    try:
        yield
    except (PictureError, BombError, ImportError, FileNotFoundError):
        raise
    except Exception as error:  # libraries raise anything on broken files
        text = str(error).strip().splitlines()
        reason = text[0][:200] if text else type(error).__name__
        msg = f"{path} must be a whole file, got: {reason}; write it again"
        raise PictureError(msg) from error
