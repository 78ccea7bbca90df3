"""A user's folder: the only way to the files under it, and to none outside.

Every file is read whole, once for all its pictures that are asked for in a row; its
checksum is taken from the same bytes.
"""

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import Any, TypeVar

#: More bytes in a file than this are not read into memory.
MAX_BYTES = 2**30
#: A picture of more pixels is taken for a decompression bomb, unless the user says not.
MAX_PIXELS = 2**26
#: Problems that a message names before it only counts.
NAMED = 5
Parsed = TypeVar("Parsed")


class PictureError(ValueError):
    """A file that is damaged or is no picture; one line that names it.

    Readers raise it for what may be skipped (``on_corrupt="skip"``); whatever is wrong
    with the layout, or is an attack, is another ``ValueError``.
    """


class BombError(ValueError):
    """A picture of more pixels than are allowed; it is never skipped."""


@dataclass(frozen=True, eq=False)
class Root:
    """A folder with the files of a dataset.

    Parameters
    ----------
    folder
        Where it is.
    expected
        SHA-256 that files must have, by name; others are not compared.
    seen
        SHA-256 of the files that were read, by name.
    max_pixels
        Pictures of more pixels are refused before they are decoded.
    """

    folder: Path
    expected: Mapping[str, str] = field(default_factory=dict, repr=False)
    seen: dict[str, str] = field(default_factory=dict, repr=False)
    max_pixels: int = MAX_PIXELS
    _parsed: dict[Any, Any] = field(default_factory=dict, repr=False)
    _lock: Any = field(default_factory=Lock, repr=False)

    def find(self, name: str) -> Path:
        """Return the path of a file that is named relative to the folder.

        Raises
        ------
        ValueError
            If the name leads out of the folder, by ``..``, from ``/`` or by a link.
        FileNotFoundError
            If there is no such file.
        """
        parts = PurePosixPath(name).parts
        plain = parts and ".." not in parts and name.isprintable() and "\\" not in name
        if not plain or PurePosixPath(name).is_absolute() or ":" in parts[0]:
            msg = f"{name!r} must name a file under {self.folder}, got a way out of it"
            raise ValueError(msg)
        path = self.folder.joinpath(*parts)
        real, base = path.resolve(), self.folder.resolve()
        if not real.is_relative_to(base):
            msg = (
                f"{path} must lie under {self.folder}, got a link to {real}; copy the "
                "file, or read the folder that holds it"
            )
            raise ValueError(msg)
        if not real.is_file():
            msg = f"{path} must be a file, got nothing; complete the dataset"
            raise FileNotFoundError(msg)
        return path

    def require(self, names: Iterable[str]) -> None:
        """Check that files are there and under the folder, telling all problems.

        Raises
        ------
        ValueError
            With the first few, and how many there are.
        """
        problems = []
        for name in names:
            try:
                self.find(name)
            except (ValueError, FileNotFoundError) as error:
                problems.append(str(error))
        if problems:
            raise ValueError(several(problems))

    def has(self, name: str) -> bool:
        """Say whether there is such a file or folder under the folder."""
        return self.folder.joinpath(*PurePosixPath(name).parts).exists()

    def read(self, name: str) -> bytes:
        """Return a file's bytes and take its checksum.

        Raises
        ------
        ValueError
            As :meth:`find`; if it is larger than :data:`MAX_BYTES`, or is not what it
            was when the dataset was read.
        FileNotFoundError
            If there is no such file.
        """
        path = self.find(name)
        size = path.stat().st_size
        if size > MAX_BYTES:
            msg = f"{path} must have at most {MAX_BYTES} bytes, got {size}"
            raise ValueError(msg)
        content = path.read_bytes()
        self.note(name, hashlib.sha256(content).hexdigest())
        return content

    def note(self, name: str, checksum: str) -> None:
        """Keep the checksum of a file that was read.

        Raises
        ------
        ValueError
            If another one is expected.
        """
        if self.expected.get(name, checksum) != checksum:
            msg = (
                f"{self.folder / name} must be as it was when the dataset was read, "
                "got other bytes; read the dataset again"
            )
            raise ValueError(msg)
        self.seen[name] = checksum

    def allow(self, name: str, shape: Sequence[int]) -> None:
        """Let a picture, or a volume's slice, of this shape be decoded.

        Raises
        ------
        BombError
            If it has more than :attr:`max_pixels` pixels.
        """
        count = prod(map(int, shape))
        if count > self.max_pixels:
            size = " x ".join(map(str, shape))
            msg = (
                f"{self.folder / name} must have at most max_pixels = "
                f"{self.max_pixels} pixels, got {size} = {count}; if that is no "
                "decompression bomb, read with a larger max_pixels"
            )
            raise BombError(msg)

    def load(self, name: str, parse: Callable[[bytes], Parsed]) -> Parsed:
        """Return what a file holds; that of the last file is kept, not read again."""
        with self._lock:
            if (name, parse) not in self._parsed:
                content = parse(self.read(name))
                self._parsed.clear()
                self._parsed[name, parse] = content
            return self._parsed[name, parse]

    def scan(self, folder: str = "", suffixes: Sequence[str] = ()) -> list[str]:
        """Return the names of all files under a folder, sorted, hidden ones left out.

        Parameters
        ----------
        folder
            Relative to the root.
        suffixes
            How names end, in lower case; by default all files are named.

        Raises
        ------
        ValueError
            If a link leads out of the root, or to a folder.
        """
        top = self.folder.joinpath(*PurePosixPath(folder).parts)
        found = (
            name for name in self._walk(top) if not suffixes or _ends(name, suffixes)
        )
        return sorted(found)

    def _walk(self, top: Path) -> Iterator[str]:
        with os.scandir(top) as entries:
            for entry in entries:
                name = Path(entry.path).relative_to(self.folder).as_posix()
                if entry.name.startswith("."):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    yield from self._walk(Path(entry.path))
                elif entry.is_symlink() and Path(entry.path).is_dir():
                    msg = f"{entry.path} must be a folder, got a link to one; copy it"
                    raise ValueError(msg)
                elif entry.is_symlink():
                    self.find(name)
                    yield name
                else:
                    yield name


def _ends(name: str, suffixes: Sequence[str]) -> bool:
    return name.lower().endswith(tuple(suffixes))


def several(problems: Sequence[str]) -> str:
    """Put problems into one line: the first few, and how many there are."""
    first = "; ".join(problems[:NAMED])
    rest = len(problems) - NAMED
    return first if rest <= 0 else f"{first}; and {rest} more ({len(problems)} in all)"
