"""NIfTI: volumes and slices with their place in the patient."""

import gzip
import struct
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Shaped

from metrics.sources.formats.format import Format, Query
from metrics.sources.formats.image import (
    Header,
    Image,
    ImageError,
    check_image,
    complete,
    load_library,
)
from metrics.sources.grid import Grid, grid_of

_AFTER = 2**26
"""More bytes than this before or after the pixels are taken for a mistake."""

_MILLIMETERS = {"meter": 1000.0, "micron": 0.001}


def _header(path: Path, query: Query) -> Header:  # noqa: ARG001  all formats take it
    return _look(path)[1]


def _look(path: Path) -> tuple[Any, Header]:
    """Open a file and look at its header; its pixels stay on disk."""
    nibabel = load_library("nibabel", "NIfTI", "medical")
    _check_offset(path)
    with complete(str(path)):
        volume = nibabel.load(path, mmap=False)
        if not isinstance(volume, nibabel.Nifti1Image):
            msg = f"{path} must be NIfTI, got {type(volume).__name__}; convert it"
            raise ImageError(msg)
        size = tuple(map(int, volume.shape))
        while len(size) > 2 and size[-1] == 1:
            size = size[:-1]
        check_image(str(path), size, volume.get_data_dtype())
        if not 0 <= volume.dataobj.offset <= _AFTER:
            msg = f"{path} must have pixels after its header; write it again"
            raise ImageError(msg)
        return volume, Header(size, _grid(volume.header, len(size)))


def _check_offset(path: Path) -> None:
    """Look where pixels begin: all that lies before them is read into memory."""
    with complete(str(path)), _opened(path) as stream:
        head = stream.read(540)
    for order in "<>":
        if head[:4] == struct.pack(f"{order}i", 348) and len(head) >= 348:
            (offset,) = struct.unpack(f"{order}f", head[108:112])
        elif head[:4] == struct.pack(f"{order}i", 540) and len(head) == 540:
            (offset,) = struct.unpack(f"{order}q", head[168:176])
        else:
            continue
        if not 0 <= offset <= _AFTER:
            msg = f"{path} must have pixels after its header; write it again"
            raise ImageError(msg)


def _opened(path: Path) -> Any:
    return gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb")


def _grid(header: Any, axes: int) -> Grid | None:
    """Read places, or distances alone if the file does not know places."""
    unit = _MILLIMETERS.get(header.get_xyzt_units()[0], 1.0)
    if int(header["sform_code"]) or int(header["qform_code"]):
        affine = header.get_best_affine()[:3] * unit
        return grid_of(np.column_stack([affine[:, :axes], affine[:, 3]]))
    spacing = tuple(float(zoom) * unit for zoom in header.get_zooms()[:axes])
    return Grid(spacing) if all(0 < s < np.inf for s in spacing) else None


def _read(path: Path, query: Query) -> Image:  # noqa: ARG001  all formats take it
    volume, header = _look(path)
    with complete(str(path)):
        if path.suffix.lower() == ".gz":
            return Image(_read_packed(path, type(volume), header.size), header.grid)
        return Image(np.asarray(volume.dataobj).reshape(header.size), header.grid)


def _read_packed(
    path: Path, layout: Any, size: tuple[int, ...]
) -> Shaped[np.ndarray, "..."]:
    """Read a packed file to its end, where its checksum is compared."""
    holder = load_library("nibabel", "NIfTI", "medical").FileHolder
    with gzip.open(path) as stream:
        volume = layout.from_file_map({"image": holder(fileobj=stream)}, mmap=False)
        pixels = np.asarray(volume.dataobj).reshape(size)
        if len(stream.read(_AFTER)) == _AFTER:
            msg = f"{path} must end after its pixels, got more; write it again"
            raise ImageError(msg)
    return pixels


FORMAT = Format(
    "nifti",
    (".nii", ".nii.gz"),
    "a volume (x, y, z) or slice (x, y) as stored, with spacing and place; the image's "
    "name is without both suffixes",
    header=_header,
    read=_read,
    extra="medical",
)
