"""Take a method that somebody else wrote into the table for a while."""

import hashlib
import importlib
import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hrcam.methods import METHODS, Method


def load_method(place: str) -> Method:
    """Import a method; its module's code runs.

    Parameters
    ----------
    place
        ``module:NAME``; modules of the current folder are found, too.

    Raises
    ------
    ValueError
        If there is no such module or name, or it is no method.
    """
    module, colon, name = place.partition(":")
    if not (module and colon and name):
        msg = f"--method must be MODULE:NAME, got {place!r}; such as my_module:METHOD"
        raise ValueError(msg)
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        found: Any = getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        msg = f"--method must name a module that Python finds, got no {module!r}"
        raise ValueError(msg) from error
    except AttributeError as error:
        msg = f"--method must name what is in {module!r}, got no {name!r} there"
        raise ValueError(msg) from error
    if not isinstance(found, Method):
        msg = (
            f"--method must name a hrcam.methods.Method, got {type(found).__name__}; "
            "see docs/adding.md"
        )
        raise ValueError(msg)
    return found


@contextmanager
def lent(method: Method) -> Iterator[None]:
    """Have a method in the table while the block runs.

    Raises
    ------
    ValueError
        If another method has its name, or the name cannot be one.
    """
    if METHODS.get(method.name) is method:
        yield
        return
    if method.name in METHODS or not method.name or set(method.name) & set("@/, "):
        msg = (
            "name of a method must be free, without @, /, comma or space, got "
            f"{method.name!r}; choose another"
        )
        raise ValueError(msg)
    METHODS[method.name] = method
    try:
        yield
    finally:
        del METHODS[method.name]


def hash_source(method: Method) -> str:
    """Return the SHA-256 of the file that a method is written in; empty without one."""
    path = inspect.getsourcefile(method.explain)
    if path is None or not Path(path).is_file():
        return ""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()
