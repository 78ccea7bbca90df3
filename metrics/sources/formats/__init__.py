"""Formats of files that maps and masks are read from; one word in a table each."""

import os
from pathlib import Path

from metrics.sources.formats import (
    boxes,
    coco,
    dicom,
    dicom_seg,
    hdf5,
    nifti,
    npy,
    npz,
    png,
    tiff,
    zarr,
)
from metrics.sources.formats.format import Format

_MODULES = (npy, npz, png, tiff, nifti, dicom, dicom_seg, hdf5, zarr, coco, boxes)

FORMATS: dict[str, Format] = {m.FORMAT.name: m.FORMAT for m in _MODULES}
"""Every format, in the order of the docs; the first of a suffix opens its files."""


def find_format(path: Path) -> tuple[Format, str] | None:
    """Return a file's format and its name without the suffix, or None."""
    if path.is_dir():
        return (zarr.FORMAT, _stem(path, zarr.FORMAT)) if zarr.is_store(path) else None
    for entry in FORMATS.values():
        if entry is not zarr.FORMAT and path.name.lower().endswith(entry.suffixes):
            return entry, _stem(path, entry)
    if os.access(path, os.R_OK) and path.is_file() and dicom.is_unnamed(path):
        return dicom.FORMAT, path.name
    return None


def list_suffixes(one: bool = False) -> str:
    """Name the suffixes of all formats in a row, or of those with one image a file."""
    kinds = [x for x in FORMATS.values() if x.read is not None or not one]
    return ", ".join(dict.fromkeys(s for entry in kinds for s in entry.suffixes))


def _stem(path: Path, entry: Format) -> str:
    ends = [s for s in entry.suffixes if path.name.lower().endswith(s)]
    return path.name[: -len(max(ends, key=len))] if ends else path.name
