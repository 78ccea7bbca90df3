"""NumPy's ``.npz``: one array a file, or an archive with an array per image."""

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from metrics.sources.formats.format import Format, Query
from metrics.sources.formats.image import (
    Header,
    Image,
    ImageError,
    check_keys,
    complete,
)
from metrics.sources.formats.npy import read_shape, read_stream


@dataclass(frozen=True, eq=False)
class Archive:
    """The arrays of one archive, by key."""

    path: Path
    ids: tuple[str, ...]

    @cached_property
    def _archive(self) -> zipfile.ZipFile:
        """The open archive: its list of contents is read once."""
        return _open(self.path)

    def header(self, key: str) -> Header:
        """Look at one array."""
        name = f"{self.path}[{key}]"
        with complete(name), self._archive.open(f"{key}.npy") as stream:
            return Header(read_shape(stream, name))

    def walk(self, keys: Sequence[str]) -> Iterator[Image]:
        """Read arrays one after another."""
        for key in keys:
            name = f"{self.path}[{key}]"
            with complete(name), self._archive.open(f"{key}.npy") as stream:
                image = Image(read_stream(stream, name))
            yield image

    def __getstate__(self) -> dict[str, Any]:
        """Leave the open file behind when sent to another process."""
        return {"path": self.path, "ids": self.ids}


def _open(path: Path) -> zipfile.ZipFile:
    with complete(str(path)):
        return zipfile.ZipFile(path)


def _gather(path: Path, query: Query) -> Archive:  # noqa: ARG001  all formats take it
    with _open(path) as archive:
        names = archive.namelist()
    keys = sorted(name[:-4] for name in names if name.endswith(".npy"))
    return Archive(path, check_keys(str(path), keys))


def _only(path: Path, query: Query) -> tuple[Archive, str]:
    archive = _gather(path, query)
    if len(archive.ids) != 1:
        msg = (
            f"{path} must hold one array, got {len(archive.ids)}; "
            "pass an archive with an array per image as the path itself"
        )
        raise ImageError(msg)
    return archive, archive.ids[0]


def _header(path: Path, query: Query) -> Header:
    archive, key = _only(path, query)
    return archive.header(key)


def _read(path: Path, query: Query) -> Image:
    archive, key = _only(path, query)
    return next(archive.walk([key]))


FORMAT = Format(
    "npz",
    (".npz",),
    "a NumPy archive: one array an image, or one archive with an array per image",
    header=_header,
    read=_read,
    gather=_gather,
)
