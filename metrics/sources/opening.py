"""Open what lies at a path: a folder of images, or a file with one or many."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from metrics.sources.files import Files, list_files
from metrics.sources.formats import FORMATS, find_format, list_suffixes
from metrics.sources.formats.format import Format, Query
from metrics.sources.formats.image import Header, Image, ImageError, Images
from metrics.sources.grid import Grid, reorder_grid, reorder_pixels, reorder_size
from metrics.sources.pickles import refuse
from metrics.sources.reading import MapReading

DICOM = FORMATS["dicom"]


@dataclass(frozen=True, eq=False)
class Renamed:
    """Images under shorter names."""

    images: Images
    full: Mapping[str, str]

    @property
    def ids(self) -> tuple[str, ...]:
        """The short names."""
        return tuple(self.full)

    def header(self, key: str) -> Header:
        """Look at one image."""
        return self.images.header(self.full[key])

    def walk(self, keys: Sequence[str]) -> Iterator[Image]:
        """Read images one after another."""
        return self.images.walk([self.full[key] for key in keys])


@dataclass(frozen=True, eq=False)
class Reordered:
    """Volumes whose axes lead where it was asked; pixels keep their values."""

    images: Images
    codes: str
    name: str

    @property
    def ids(self) -> Sequence[str]:
        """Names as they are."""
        return self.images.ids

    def header(self, key: str) -> Header:
        """Look at one volume."""
        header = self.images.header(key)
        grid = self._check(key, header.grid)
        size = reorder_size(header.size, grid, self.codes)
        return Header(size, reorder_grid(grid, self.codes, header.size))

    def walk(self, keys: Sequence[str]) -> Iterator[Image]:
        """Read volumes one after another."""
        for key, image in zip(keys, self.images.walk(keys), strict=True):
            grid = self._check(key, image.grid)
            ignored = image.ignored
            yield Image(
                reorder_pixels(image.pixels, grid, self.codes),
                reorder_grid(grid, self.codes, image.pixels.shape),
                image.kind,
                None if ignored is None else reorder_pixels(ignored, grid, self.codes),
            )

    def _check(self, key: str, grid: Grid | None) -> Grid:
        if grid is None or len(grid.codes) != len(self.codes):
            msg = (
                f"{self.name}[{key}] must be a volume with a place in the patient to "
                f"be brought into orientation {self.codes}, got none; leave it as is"
            )
            raise ImageError(msg)
        return grid


def open_images(
    path: Path,
    reading: MapReading,
    labels: Sequence[int | str] = (),
    like: Callable[[str], Header] | None = None,
    masks: bool = False,
) -> Images:
    """Open a folder, a file, or an array inside one (``FILE::PATH``).

    Parameters
    ----------
    path
        Where the images are.
    reading
        What they are called, and how their axes lead.
    labels
        Segments or categories that are lesion, where a file has several.
    like
        Gives the header of the map of an image.
    masks
        Whether formats that hold masks only are taken.

    Raises
    ------
    FileNotFoundError
        If there is nothing, or no image.
    ImageError
        If it cannot be read.
    """
    place, _, inner = str(path).partition("::")

    def find(full: str) -> Header:
        short = full.removeprefix(reading.prefix).removesuffix(reading.suffix)
        return like(short) if like is not None else Header(())

    query = Query(tuple(labels), reading.ids, inner, "", None if like is None else find)
    images = _open(Path(place), query, masks)
    if not images.ids:
        msg = f"{path} must hold images, got none"
        raise FileNotFoundError(msg)
    if reading.prefix or reading.suffix:
        images = Renamed(images, _shorten(images.ids, reading, path))
    if reading.orientation:
        images = Reordered(images, reading.orientation, str(path))
    return images


def look_at(maps: Any) -> Callable[[str], Header] | None:
    """Return what gives the header of a map by id, from any source of maps or None."""
    if maps is None:
        return None
    known = frozenset(maps.ids)

    def look(key: str) -> Header:
        if key not in known:
            msg = f"the size of {key} must be told by its mask or its map, got no map"
            raise ImageError(msg)
        if hasattr(maps, "header"):
            return maps.header(key)
        return Header(tuple(maps.read([key]).shape[1:]))

    return look


def _open(path: Path, query: Query, masks: bool) -> Images:
    """Choose by what lies at a path."""
    if not path.exists():
        msg = f"{path} must be a folder or a file, got nothing there"
        raise FileNotFoundError(msg)
    known = find_format(path)
    if known is None and path.is_dir() and query.ids == "name":
        return Files(_list_some(path), query)
    entry, key = (DICOM, "") if known is None and path.is_dir() else known or (None, "")
    if entry is None:
        kinds = list_suffixes()
        msg = f"{path} must be a folder or a file of images, got none of {kinds}"
        raise ImageError(refuse(path, [path]) or msg)
    _check_asked(path, entry, query, masks)
    many = entry.read is None or not entry.has_uids or query.ids == "uid"
    if entry.gather is not None and many:
        return entry.gather(path, query)
    return Files({key: (entry, path)}, query)


def _list_some(folder: Path) -> dict[str, tuple[Format, Path]]:
    """Find the files of a folder; there must be one, or a hint at what is there."""
    found = list_files(folder)
    if not found:
        msg = f"{folder} must hold images ({list_suffixes(one=True)}), got none"
        files = (path for path in sorted(folder.iterdir()) if find_format(path))
        many = next(files, None)
        msg += f"; pass the file {many.name} itself" if many is not None else ""
        if told := refuse(folder, sorted(folder.iterdir())):
            raise ImageError(told)
        raise FileNotFoundError(msg)
    return found


def _check_asked(path: Path, entry: Format, query: Query, masks: bool) -> None:
    """Refuse what a format does not have."""
    if entry.masks_only and not masks:
        msg = f"{path} must hold maps, got {entry.name}, which holds masks only"
    elif query.inner and not entry.has_paths:
        msg = f"{path} must be HDF5 or Zarr to hold {query.inner!r}, got {entry.name}"
    elif query.ids == "uid" and not entry.has_uids:
        msg = f"{path} must be DICOM or COCO to name images by uid, got {entry.name}"
    else:
        return
    raise ImageError(msg)


def _shorten(ids: Sequence[str], reading: MapReading, path: Path) -> dict[str, str]:
    """Take prefix and suffix off the names that have both; others are left alone."""
    ends = reading.prefix, reading.suffix
    found = {
        key[len(ends[0]) : len(key) - len(ends[1])]: key
        for key in ids
        if key.startswith(ends[0])
        and key.endswith(ends[1])
        and len(key) > len(ends[0]) + len(ends[1])
    }
    if not found:
        msg = (
            f"names in {path} must begin with {ends[0]!r} and end with {ends[1]!r}, "
            f"got {', '.join(ids[:3])}"
        )
        raise ImageError(msg)
    return dict(sorted(found.items()))
