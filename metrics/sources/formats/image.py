"""One image as a file holds it, and what is checked before its pixels are read."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from math import prod
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Shaped

from metrics.sources.formats.limits import PIXELS, VOXELS, Limit
from metrics.sources.grid import Grid

Kind = Literal["values", "labels", "shares", "lesions"]
"""What pixels are: numbers as stored; numbers of regions; shares, or numbers, of the
lesions that were asked for."""


_PIXELS: Mapping[int, Limit] = {2: PIXELS, 3: VOXELS}
"""By the axes of an image."""


class ImageError(ValueError):
    """A file that cannot be taken as it is; one line that names it.

    Characters that would break the line, or steer a terminal, are written as escapes.
    """

    def __init__(self, text: str) -> None:
        parts = (c if c.isprintable() else ascii(c)[1:-1] for c in text)
        super().__init__("".join(parts))


@dataclass(frozen=True, eq=False)
class Header:
    """What a file says of an image before its pixels are read.

    Attributes
    ----------
    size
        Pixels along each axis, two or three.
    grid
        Where they lie in the patient, as far as it is known.
    """

    size: tuple[int, ...]
    grid: Grid | None = None


@dataclass(frozen=True, eq=False)
class Image:
    """The pixels of one image.

    Attributes
    ----------
    pixels
        As stored, scaled if the file says how.
    grid
        Where they lie in the patient, as far as it is known.
    kind
        What the pixels are.
    ignored
        Pixels that the file says do not count.
    """

    pixels: Shaped[np.ndarray, "..."]
    grid: Grid | None = None
    kind: Kind = "values"
    ignored: Bool[np.ndarray, "..."] | None = None


@runtime_checkable
class Images(Protocol):
    """Images by id, read one after another."""

    @property
    def ids(self) -> Sequence[str]: ...
    def header(self, key: str) -> Header: ...
    def walk(self, keys: Sequence[str]) -> Iterator[Image]: ...


def check_image(name: str, shape: Sequence[int], dtype: Any) -> None:
    """Refuse what is not an image of real numbers with two or three axes.

    Raises
    ------
    ImageError
        Naming what it is called, the rule and the value.
    """
    shape, dtype = tuple(shape), np.dtype(dtype)
    if dtype.kind not in "buif":
        msg = f"{name} must hold real numbers, got dtype {dtype}; save it as float32"
        raise ImageError(msg)
    if len(shape) not in _PIXELS:
        msg = (
            f"{name} must be 2-D (h, w) or 3-D (d, h, w), got shape {shape}; "
            "save one image per file"
        )
        raise ImageError(msg)
    limit = _PIXELS[len(shape)]
    if min(shape) < 1 or prod(map(int, shape)) > limit.most:
        hint = f"; {limit.hint}" if min(shape) > 0 else ""
        msg = f"{name} must have 1 to {limit.most} pixels, got shape {shape}{hint}"
        raise ImageError(msg)


def check_key(name: str, key: str) -> str:
    """Refuse an id that is no plain name: it would end up in paths and tables.

    Raises
    ------
    ImageError
        If it is empty, holds control characters, is absolute or climbs with ``..``.
    """
    parts = key.replace("\\", "/").split("/")
    if not key or not key.isprintable() or not parts[0] or ".." in parts:
        msg = f"ids in {name} must be plain names, got {key!r}; rename the image"
        raise ImageError(msg)
    return key


def check_keys(name: str, keys: Sequence[str]) -> tuple[str, ...]:
    """Check ids, and that none occurs twice."""
    seen: set[str] = set()
    for key in keys:
        if check_key(name, key) in seen:
            msg = f"ids in {name} must be unique, got {key!r} more than once"
            raise ImageError(msg)
        seen.add(key)
    return tuple(keys)


def check_inside(path: Path, folder: Path) -> None:
    """Refuse a link that leads out of a folder.

    Raises
    ------
    ImageError
        Naming where it leads.
    """
    if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
        msg = (
            f"{path} must lie in its folder, got a link to {path.resolve()}; "
            "copy it or pass the folder that holds it"
        )
        raise ImageError(msg)


@contextmanager
def complete(name: str) -> Iterator[None]:
    """Say in one line, naming the file, why a library cannot read it.

    Raises
    ------
    ImageError
        Whatever the library raised.
    """
    try:
        yield
    except (ImageError, ImportError):
        raise
    except FileNotFoundError as error:
        msg = f"{name} must be there when it is read, got nothing"
        raise ImageError(msg) from error
    except PermissionError as error:
        msg = f"{name} must be readable, got: {error.strerror}; change its permissions"
        raise ImageError(msg) from error
    except Exception as error:  # libraries raise anything on broken files
        text = str(error).strip().splitlines()
        reason = text[0][:200] if text else type(error).__name__
        msg = f"{name} must be a complete file, got {reason!r}; write it again"
        raise ImageError(msg) from error


def load_library(name: str, what: str, extra: str) -> Any:
    """Import what an extra brings.

    Raises
    ------
    ImportError
        Saying which extra to install.
    """
    try:
        return import_module(name)
    except ImportError as error:
        library = name.partition(".")[0]
        msg = f"{what} needs {library}; pip install 'hrcam-bench[{extra}]'"
        raise ImportError(msg) from error
