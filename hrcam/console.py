"""What the command says while it works, and how it says that it cannot.

A bar with rate and time left where the output is a terminal, one plain line per stage
where it is not, nothing with ``--quiet``.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

Progress = Callable[[int], None] | None


def watcher(quiet: bool) -> Callable[[str, int], AbstractContextManager[Progress]]:
    """Return the function that stages report to."""
    if quiet:
        return _nothing
    return _bar if sys.stderr.isatty() else _line


def say(text: str) -> None:
    """Print a result on standard output."""
    sys.stdout.write(f"{text}\n")


def complain(text: str, shown: str = "") -> None:
    """Print a problem, in one line, on standard error.

    Characters that would steer the terminal are written as escapes: names of files may
    hold any. What the text ends with and is ``shown``, such as a tree of files, keeps
    its lines.
    """
    text = text.removesuffix(shown)
    shown = f"{shown}\n" if shown else ""
    line = " ".join(text.split())
    plain = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)
    sys.stderr.write(f"hrcam: {plain}\n{shown}")


def caution(text: str) -> None:
    """Print what may mislead, in one line, on standard error."""
    complain(f"warning: {text}")


def load_engine() -> None:
    """Load Keras without what its back end prints."""
    with _muted():
        import hrcam.engine.training  # noqa: F401


@contextmanager
def _muted() -> Iterator[None]:
    """Silence what libraries write to file descriptor 2 while they load.

    TensorFlow logs there before its log level counts.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    kept = os.dup(2)
    try:
        with open(os.devnull, "wb") as nowhere:  # noqa: PTH123  a device, not a path
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


@contextmanager
def _nothing(_stage: str, _steps: int) -> Iterator[Progress]:
    yield None


@contextmanager
def _bar(stage: str, steps: int) -> Iterator[Progress]:
    from tqdm import tqdm

    with tqdm(total=steps or None, desc=f"{stage:9}", unit="image") as bar:

        def advance(steps: int) -> None:
            bar.update(steps)

        yield advance


@contextmanager
def _line(stage: str, steps: int) -> Iterator[Progress]:
    begin = time.perf_counter()
    yield None
    count = f"{steps} images, " if steps else ""
    seconds = time.perf_counter() - begin
    sys.stderr.write(f"{stage}: {count}{seconds:.1f} s\n")
    sys.stderr.flush()
