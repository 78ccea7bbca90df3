"""One writer for a folder: a lock that goes with the process that holds it."""

import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any


class LockedError(RuntimeError):
    """Another process writes where this one wants to."""


@contextmanager
def locked(out: Path) -> Iterator[None]:
    """Hold the lock of a folder or file that is to be written.

    It is the system's lock on ``.NAME.lock`` beside it, so a process that dies lets go
    of it; the file says who holds it. Where the system has no such locks (Windows),
    none is held.

    Raises
    ------
    LockedError
        If another process holds it; says which.
    """
    if sys.platform == "win32":
        yield
        return
    path = out.absolute().with_name(f".{out.absolute().name}.lock")
    file = _taken(path, out)
    try:
        _sign(file)
        yield
    finally:
        path.unlink(missing_ok=True)  # while it is ours: whoever waits looks again
        file.close()


def _taken(path: Path, out: Path) -> IO[str]:
    """Open the file and take its lock; once more if it was just put away."""
    while True:
        file = path.open("a+", encoding="utf-8")
        try:
            _lock(file)
            if _is_at(file, path):
                return file
        except BlockingIOError as error:
            told = _told(out, file)
            file.close()
            raise LockedError(told) from error
        except OSError as error:
            file.close()
            msg = (
                f"{path} must be on a disk with locks, got: {error.strerror}; choose "
                "another --out"
            )
            raise OSError(msg) from error
        file.close()


def _lock(file: IO[str]) -> None:
    if sys.platform != "win32":
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _is_at(file: IO[str], path: Path) -> bool:
    """Say whether the open file still is the one of that name."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _sign(file: IO[str]) -> None:
    """Write down who holds the lock."""
    file.seek(0)
    file.truncate()
    since = datetime.now(UTC).isoformat(timespec="seconds")
    holder = {"process": os.getpid(), "host": socket.gethostname(), "since": since}
    file.write(json.dumps(holder))
    file.flush()


def _told(out: Path, file: IO[str]) -> str:
    """Say who holds the lock."""
    file.seek(0)
    try:
        holder: dict[str, Any] = json.loads(file.read())
        who = "process {process} on {host}, since {since}".format(**holder)
    except (ValueError, KeyError):  # it is just signing
        who = "another process"
    return (
        f"{out} must be written by one process at a time, got {who}; wait for it, end "
        "it, or choose another --out"
    )
