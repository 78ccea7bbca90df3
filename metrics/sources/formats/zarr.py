"""Zarr: images along the first axis of an array, or an array per image."""

import os
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
from metrics.sources.formats.bounds import check_bytes, check_chunks
from metrics.sources.formats.format import Format, Query
from metrics.sources.formats.image import (
    Header,
    Image,
    ImageError,
    Images,
    check_image,
    check_inside,
    check_keys,
    complete,
)

MARKS = ("zarr.json", ".zarray", ".zgroup")
"""Files that tell a store from anybody's folder."""


def is_store(path: Path) -> bool:
    """Say whether a folder is a Zarr array or group."""
    return path.is_dir() and any((path / name).is_file() for name in MARKS)


def _open(path: Path, inner: str) -> Any:
    """Open an array or group for reading."""
    import zarr  # slow to import

    name = f"{path}::{inner}" if inner else str(path)
    with complete(name):
        return zarr.open(store=str(path), path=inner or None, mode="r")


def _check_files(path: Path) -> None:
    """Refuse a store that reaches outside its folder, or whose metadata are huge."""
    for folder, folders, files in os.walk(path):
        for name in (*folders, *files):
            check_inside(Path(folder, name), path)
            if name in (*MARKS, ".zattrs", ".zmetadata"):
                check_bytes(Path(folder, name))


@contextmanager
def _given(found: Any) -> Iterator[Any]:
    """Give what is open already; arrays of Zarr hold no file open."""
    yield found


def _numbers(group: Any) -> dict[str, Any]:
    """Return the arrays of a group that could be images."""
    return {
        name: array
        for name, array in sorted(group.arrays())
        if array.ndim > 1 and array.dtype.kind in "buif"
    }


def _ids(array: Any, beside: Any, key: str, path: str) -> Sequence[Any] | None:
    """Find the ids of an array's images: beside it, or among its attributes."""
    for name in (f"{key}_ids", *IDS):
        if beside is not None and name in beside:
            return read_ids(f"{path}, {name}", beside[name], array)
        if name in array.attrs:
            return list(array.attrs[name])
    return None


def _gather(path: Path, query: Query) -> Images:
    _check_files(path)
    name = f"{path}::{query.inner}" if query.inner else str(path)
    found = _open(path, query.inner)
    with complete(name):
        if hasattr(found, "shape"):
            above, _, chosen = query.inner.strip("/").rpartition("/")
            group = _open(path, above) if chosen else None
            arrays = {chosen or path.name: found}
        else:
            chosen, group, arrays = "", found, _numbers(found)
        rows = arrange(
            name,
            arrays,
            lambda key: _ids(arrays[key], group, key, str(path)),
            next(iter(arrays)) if hasattr(found, "shape") else "",
        )
        if rows is not None:
            array = arrays[rows[0]]
            return Stack(name, partial(_given, array), rows[1], array.shape[1:])
        for key, array in arrays.items():
            check_image(f"{name}[{key}]", array.shape, array.dtype)
            check_chunks(f"{name}[{key}]", array)
        check_keys(name, list(arrays))
        sizes = {key: tuple(array.shape) for key, array in arrays.items()}
        return Members(name, partial(_given, found), sizes)


def _only(path: Path) -> Any:
    """Open the one array of a store of one image."""
    _check_files(path)
    found = _open(path, "")
    with complete(str(path)):
        arrays = [found] if hasattr(found, "shape") else [*_numbers(found).values()]
        if len(arrays) != 1:
            msg = (
                f"{path} must hold one array, got {len(arrays)}; "
                "pass a store with an array per image as the path itself"
            )
            raise ImageError(msg)
        check_image(str(path), arrays[0].shape, arrays[0].dtype)
        check_chunks(str(path), arrays[0])
        return arrays[0]


def _header(path: Path, query: Query) -> Header:  # noqa: ARG001  all formats take it
    return Header(tuple(_only(path).shape))


def _read(path: Path, query: Query) -> Image:  # noqa: ARG001  all formats take it
    array = _only(path)
    with complete(str(path)):
        return Image(np.asarray(array[...]))


FORMAT = Format(
    "zarr",
    (".zarr",),
    "an array (n, h, w) or (n, d, h, w), its image ids beside it or in an attribute "
    "``ids``; or an array per image. ``FOLDER::PATH`` names one inside",
    header=_header,
    read=_read,
    gather=_gather,
    has_paths=True,
)
