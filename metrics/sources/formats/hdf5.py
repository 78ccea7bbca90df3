"""HDF5: images along the first axis of a dataset, or a dataset per image.

Links to other files, virtual and external datasets are refused: a file shows what it
holds and nothing else.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from metrics.sources.formats.arrays import (
    IDS,
    Members,
    Stack,
    arrange,
    read_ids,
)
from metrics.sources.formats.bounds import check_chunks
from metrics.sources.formats.format import Format, Query
from metrics.sources.formats.heaps import check_heaps
from metrics.sources.formats.image import (
    Header,
    Image,
    ImageError,
    Images,
    check_image,
    check_keys,
    complete,
    load_library,
)


@contextmanager
def _open(path: Path, inner: str) -> Iterator[Any]:
    """Open a dataset or group for reading, by links within the file only."""
    library = load_library("h5py", "HDF5", "medical")
    with complete(str(path)):
        file = library.File(path, "r")
    with file:
        found: Any = file
        for name in filter(None, inner.split("/")):
            if not isinstance(found, library.Group) or name not in found:
                msg = (
                    f"{path} must hold {inner}, got no {name!r}; it has {_some(found)}"
                )
                raise ImageError(msg)
            found = _follow(found, name, str(path))
        yield found


def _some(group: Any) -> str:
    names = sorted(group)[:9] if hasattr(group, "keys") else []
    return ", ".join(names) or "nothing"


def _follow(group: Any, name: str, path: str) -> Any:
    """Return a member, if it is kept in this file."""
    library = load_library("h5py", "HDF5", "medical")
    if not isinstance(group.get(name, getlink=True), library.HardLink):
        msg = f"{path} must hold its arrays itself, got a link {name!r}; copy the array"
        raise ImageError(msg)
    found = group[name]
    if isinstance(found, library.Dataset) and (found.is_virtual or found.external):
        msg = f"{path} must hold its arrays itself, got {name!r} from other files"
        raise ImageError(msg)
    if isinstance(found, library.Dataset) and found.shape is not None:
        start = found.id.get_offset()  # None for chunks
        if start is not None and start + found.nbytes > Path(path).stat().st_size:
            msg = (
                f"{path} must be a complete file, got a part of {name!r}; "
                "write it again"
            )
            raise ImageError(msg)
    return found


def _numbers(group: Any, path: str) -> dict[str, Any]:
    """Return the datasets of a group that could be images."""
    library = load_library("h5py", "HDF5", "medical")
    members = {name: _follow(group, name, path) for name in sorted(group)}
    return {
        name: found
        for name, found in members.items()
        if isinstance(found, library.Dataset)
        and len(found.shape or ()) > 1
        and found.dtype.kind in "buif"
    }


def _ids(group: Any, key: str, path: str) -> Sequence[Any] | None:
    """Find the ids of a dataset's images: beside it, or among its attributes."""
    for name in (f"{key}_ids", *IDS):
        if name in group:
            return read_ids(f"{path}, {name}", _follow(group, name, path), group[key])
        if name in group[key].attrs:
            return list(group[key].attrs[name])
    return None


def _gather(path: Path, query: Query) -> Images:
    name = f"{path}::{query.inner}" if query.inner else str(path)
    check_heaps(path)
    with complete(name), _open(path, query.inner) as found:
        chosen = "" if hasattr(found, "keys") else found.name.rsplit("/", 1)[-1]
        group = found.parent if chosen else found
        within = group.name.strip("/")
        arrays = _numbers(group, str(path))
        if chosen and chosen not in arrays:
            check_image(name, found.shape or (), found.dtype)
        rows = arrange(name, arrays, lambda key: _ids(group, key, str(path)), chosen)
        if rows is not None:
            place = f"{within}/{rows[0]}"
            return Stack(
                name, partial(_open, path, place), rows[1], arrays[rows[0]].shape[1:]
            )
        for key, array in arrays.items():
            check_image(f"{name}[{key}]", array.shape, array.dtype)
            check_chunks(f"{name}[{key}]", array)
        check_keys(name, list(arrays))
        sizes = {key: tuple(array.shape) for key, array in arrays.items()}
        return Members(name, partial(_open, path, within), sizes)


@contextmanager
def _only(path: Path) -> Iterator[Any]:
    """Open the one dataset of a file of one image."""
    check_heaps(path)
    with complete(str(path)), _open(path, "") as file:
        arrays = _numbers(file, str(path))
        if len(arrays) != 1:
            msg = (
                f"{path} must hold one array, got {len(arrays)}; "
                "pass a file with an array per image as the path itself"
            )
            raise ImageError(msg)
        array = next(iter(arrays.values()))
        check_image(str(path), array.shape, array.dtype)
        check_chunks(str(path), array)
        yield array


def _header(path: Path, query: Query) -> Header:  # noqa: ARG001  all formats take it
    with _only(path) as array:
        return Header(tuple(array.shape))


def _read(path: Path, query: Query) -> Image:  # noqa: ARG001  all formats take it
    with _only(path) as array:
        return Image(np.asarray(array[()]))


FORMAT = Format(
    "hdf5",
    (".h5", ".hdf5"),
    "a dataset (n, h, w) or (n, d, h, w), its image ids beside it or in an attribute "
    "``ids``; or a dataset per image. ``FILE::PATH`` names one inside",
    header=_header,
    read=_read,
    gather=_gather,
    extra="medical",
    has_paths=True,
)
