"""Say of a scores folder whose content no report can tell what is to be done."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class ChoiceError(ValueError):
    """Folders that cannot be told together, though each is sound."""


@contextmanager
def understood(*paths: Path | str) -> Iterator[None]:
    """Take whatever goes wrong in telling what a folder says for a fault of its files.

    Sections trust the folder: what it holds was written by `metrics`, or is not worth
    a check at each of the places that use it.

    Raises
    ------
    ValueError
        Naming the folders; the first error stands behind it.
    """
    try:
        yield
    except (ImportError, OSError, ChoiceError):
        raise
    except Exception as error:  # sections raise anything on what is not as it was
        kind = "" if isinstance(error, ValueError) else f"{type(error).__name__}: "
        words = (str(error).strip() or type(error).__name__).splitlines()[0][:300]
        plain = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in words)
        msg = (
            f"{' and '.join(map(str, paths))} must hold results.json and evidence as "
            f"`hrcam score` writes them, got {kind}{plain}; score the maps again "
            "(--debug shows where)"
        )
        raise ValueError(msg) from error
