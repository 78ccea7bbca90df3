"""A NIfTI file, plain or packed: its header by nibabel, its voxels from the bytes.

Extensions are passed over unread, and nothing is allocated before the header's size
is checked against a limit and against the bytes that there are.
"""

import gzip
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float32

from simbench.readers.medical.axial import Affine, Size, check_affine
from simbench.readers.medical.limits import check_size, load_library, whole
from simbench.readers.root import PictureError, Root

_BEFORE = 2**24
"""More bytes than this between header and voxels are taken for a mistake."""
_AFTER = 2**20
"""So are more than this behind them."""
_RATIO = 1032
"""Deflate makes at most this many bytes of one."""
_PIECE = 2**20
_MILLIMETERS = {"meter": 1000.0, "micron": 0.001}


@dataclass(frozen=True, eq=False)
class NiftiVolume:
    """What the header of a NIfTI file says."""

    name: str
    size: Size
    affine: Affine
    dtype: np.dtype[Any]
    """As stored, with the order of its bytes."""
    offset: int
    """Where the voxels begin."""
    slope: float
    intercept: float

    @property
    def names(self) -> tuple[str, ...]:
        """The one file."""
        return (self.name,)

    @property
    def stop(self) -> int:
        """Where the voxels end."""
        return self.offset + int(np.prod(self.size)) * self.dtype.itemsize

    def read(self, root: Root) -> Float32[np.ndarray, "i j k"]:
        """Decode all voxels, scaled as the header says.

        Raises
        ------
        PictureError
            If the file ends early, or is not what it was when it was looked at.
        """
        path, content = root.folder / self.name, root.read(self.name)
        with whole(path), _opened(io.BytesIO(content), content[:2]) as stream:
            now = _parse(root, self.name, stream.read(540), len(content), content[:2])
            same = (now.size, now.stop) == (self.size, self.stop)
            if not same or not np.array_equal(now.affine, self.affine):
                msg = f"{path} must stay as it was looked at, got another header"
                raise PictureError(msg)
            stream.seek(self.offset)
            taken = _take(stream, self.stop - self.offset)
            if len(taken) + self.offset < self.stop:
                msg = (
                    f"{path} must have {self.stop} bytes unpacked, got "
                    f"{len(taken) + self.offset}; write it again"
                )
                raise PictureError(msg)
            if len(_take(stream, _AFTER)) == _AFTER:
                msg = f"{path} must end after its voxels, got more; write it again"
                raise PictureError(msg)
            stored = np.frombuffer(taken, now.dtype).reshape(self.size, order="F")
            return _scaled(stored, now)


def find_volume(root: Root, name: str) -> NiftiVolume:
    """Look at the header of a file.

    Raises
    ------
    ValueError
        If it is no single volume of numbers with a place in the patient.
    FileNotFoundError
        If there is no such file.
    """
    path = root.find(name)
    with whole(path), path.open("rb") as file:
        start = file.read(2)
        file.seek(0)
        with _opened(file, start) as stream:
            return _parse(root, name, stream.read(540), path.stat().st_size, start)


def _opened(file: io.BufferedIOBase, start: bytes) -> io.BufferedIOBase:
    """Unpack a file if it begins as packed ones do."""
    return gzip.GzipFile(fileobj=file) if start == b"\x1f\x8b" else file


def _parse(
    root: Root, name: str, head: bytes, length: int, start: bytes
) -> NiftiVolume:
    """Read the first 348 or 540 bytes of a file."""
    path = root.folder / name
    nifti = load_library("nibabel", "NIfTI")
    kinds = {348: nifti.Nifti1Header, 540: nifti.Nifti2Header}
    sizes = {int.from_bytes(head[:4], order) for order in ("little", "big")}
    known = sorted(sizes & set(kinds))
    if not known or len(head) < known[0]:
        msg = f"{path} must be a NIfTI file, got something else; convert it"
        raise PictureError(msg)
    header = kinds[known[0]](head[: known[0]])
    if bytes(header["magic"].item())[:2] != b"n+":
        msg = f"{path} must hold header and voxels, got a header alone; save one .nii"
        raise PictureError(msg)
    size = tuple(map(int, header.get_data_shape()))
    while len(size) > 3 and size[-1] == 1:
        size = size[:-1]
    check_size(root, name, size)
    slope, intercept = header.get_slope_inter()
    found = NiftiVolume(
        name,
        (size[0], size[1], size[2]),
        _affine(path, header),
        _checked_dtype(path, header.get_data_dtype()),
        int(header.get_data_offset()),
        1.0 if slope is None else float(slope),
        0.0 if intercept is None else float(intercept),
    )
    _check_length(path, found, length, packed=start == b"\x1f\x8b")
    return found


def _checked_dtype(path: Path, dtype: Any) -> np.dtype[Any]:
    if dtype.kind not in "iuf" or dtype.itemsize > 8:
        msg = f"{path} must hold whole or real numbers, got {dtype}; save it as float32"
        raise PictureError(msg)
    return np.dtype(dtype)


def _affine(path: Path, header: Any) -> Affine:
    if not (int(header["sform_code"]) or int(header["qform_code"])):
        msg = (
            f"{path} must say where its voxels lie, got neither sform nor qform; "
            "convert it from the scanner's files again"
        )
        raise PictureError(msg)
    unit = _MILLIMETERS.get(header.get_xyzt_units()[0], 1.0)
    affine = header.get_best_affine()[:3].astype(np.float64) * unit
    if problem := check_affine(affine):
        msg = f"{path} {problem}"
        raise PictureError(msg)
    return affine


def _check_length(path: Path, found: NiftiVolume, length: int, packed: bool) -> None:
    """Compare what the header asks for with the bytes that there are."""
    if not 0 <= found.offset <= _BEFORE:
        msg = f"{path} must have voxels after its header, got byte {found.offset}"
        raise PictureError(msg)
    most = length * _RATIO if packed else length
    if found.stop > most:
        how = "can hold at most" if packed else "holds"
        msg = (
            f"{path} must have {found.stop} bytes for its {found.size} voxels, and "
            f"{how} {most}; write it again"
        )
        raise PictureError(msg)


def _take(stream: io.BufferedIOBase, count: int) -> bytearray:
    """Read so many bytes, or fewer at the end, piece by piece."""
    taken = bytearray()
    while len(taken) < count:
        piece = stream.read(min(_PIECE, count - len(taken)))
        if not piece:
            break
        taken += piece
    return taken


def _scaled(stored: Any, header: NiftiVolume) -> Float32[np.ndarray, "i j k"]:
    """Apply slope and intercept in double precision, a slab at a time."""
    values = np.empty(stored.shape, np.float32, order="F")
    for k in range(stored.shape[2]):
        values[..., k] = stored[..., k] * np.float64(header.slope) + header.intercept
    return values
