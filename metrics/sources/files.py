"""Files of one image each: a folder of them, or one alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from metrics.sources.formats import find_format
from metrics.sources.formats.format import Format, Query
from metrics.sources.formats.image import (
    Header,
    Image,
    ImageError,
    check_inside,
    check_key,
)


@dataclass(frozen=True, eq=False)
class Files:
    """Images in files of their own, by the files' stems.

    Attributes
    ----------
    files
        Format and path by id.
    query
        What is asked of each.
    """

    files: Mapping[str, tuple[Format, Path]]
    query: Query

    @property
    def ids(self) -> tuple[str, ...]:
        """Images, sorted."""
        return tuple(sorted(self.files))

    def header(self, key: str) -> Header:
        """Look at one file."""
        entry, path = self.files[key]
        if entry.header is None:  # list_files takes no others
            msg = f"{path} must be a file of one image"
            raise ImageError(msg)
        return entry.header(path, replace(self.query, key=key))

    def walk(self, keys: Sequence[str]) -> Iterator[Image]:
        """Read one file after another."""
        for key in keys:
            entry, path = self.files[key]
            if entry.read is None:  # list_files takes no others
                msg = f"{path} must be a file of one image"
                raise ImageError(msg)
            yield entry.read(path, replace(self.query, key=key))


def list_files(folder: Path) -> dict[str, tuple[Format, Path]]:
    """Find the files of one image in a folder; hidden and other files are left alone.

    Raises
    ------
    ImageError
        If two files have one stem, or a link leads out of the folder.
    """
    found: dict[str, tuple[Format, Path]] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        known = find_format(path)
        if known is None or known[0].read is None:
            continue
        entry, key = known
        check_inside(path, folder)
        if key in found:
            msg = (
                f"{folder} must hold one file per image, got {found[key][1].name} and "
                f"{path.name}; remove one"
            )
            raise ImageError(msg)
        found[check_key(str(folder), key)] = entry, path
    return dict(sorted(found.items()))
