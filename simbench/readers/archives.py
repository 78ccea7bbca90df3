"""Rows of the arrays in an ``.npz`` file, without reading an array as a whole.

Nothing that was pickled is ever loaded.
"""

import zipfile
from dataclasses import dataclass
from io import BytesIO
from math import prod
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
from jaxtyping import Shaped

from simbench.readers.members import Member
from simbench.readers.root import PictureError

#: Bytes that an array may have when it is unpacked, and that one read at once may have.
LARGEST = 2**36
AT_ONCE = 2**26
_HEAD = 2**12


@dataclass(frozen=True, eq=False)
class Rows:
    """An array of an ``.npz`` file, of which rows are read.

    Parameters
    ----------
    member
        The file of the array.
    shape, dtype
        Of the array; its rows lie one after another.
    start
        Where the first begins.
    """

    member: Member
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    start: int

    def row(self, place: int) -> Shaped[np.ndarray, "..."]:
        """Read one row."""
        count = prod(self.shape[1:]) * self.dtype.itemsize
        content = self.member.read(self.start + place * count, count)
        if len(content) < count:
            msg = f"{self.member.path} must be a whole archive, got an early end"
            raise PictureError(msg)
        return np.frombuffer(content, self.dtype).reshape(self.shape[1:])

    def all(self) -> Shaped[np.ndarray, "..."]:
        """Read the whole array.

        Raises
        ------
        PictureError
            If it has more than :data:`AT_ONCE` bytes.
        """
        count = prod(self.shape) * self.dtype.itemsize
        if count > AT_ONCE:
            name = self.member.info.filename
            msg = f"{name} must have at most {AT_ONCE} bytes, got {count}"
            raise PictureError(msg)
        content = self.member.read(self.start, count)
        return np.frombuffer(content, self.dtype).reshape(self.shape)


_WRONG = (
    *(zipfile.BadZipFile, OSError, ValueError, NotImplementedError),
    *(SyntaxError, TokenError),  # of a header, which is a literal of Python
)


def open_arrays(path: Path) -> dict[str, Rows]:
    """Open the arrays of an ``.npz`` file by name, reading their headers alone.

    Raises
    ------
    PictureError
        If it is no such file, or has objects or an order of axes that it may not have.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [i for i in archive.infolist() if i.filename.endswith(".npy")]
        return {i.filename.removesuffix(".npy"): _opened(path, i) for i in infos}
    except PictureError:
        raise
    except _WRONG as error:
        msg = f"{path} must be a whole .npz file, got: {error}"
        raise PictureError(msg) from error


def _opened(path: Path, info: zipfile.ZipInfo) -> Rows:
    """Read an array's header."""
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        msg = f"a compression that is not read here in {info.filename}"
        raise ValueError(msg)
    if info.file_size > LARGEST:
        msg = f"{info.file_size} bytes of {info.filename}, more than {LARGEST}"
        raise ValueError(msg)
    member = Member(path, info)
    head = BytesIO(member.read(0, _HEAD))
    version = np.lib.format.read_magic(head)
    if version == (1, 0):
        shape, fortran, dtype = np.lib.format.read_array_header_1_0(head)
    else:
        shape, fortran, dtype = np.lib.format.read_array_header_2_0(head)
    if dtype.hasobject:
        msg = f"pickled objects in {info.filename}, which are never loaded"
        raise ValueError(msg)
    if fortran and len(shape) > 1:
        msg = f"columns first in {info.filename}; save it in C order"
        raise ValueError(msg)
    if info.file_size != head.tell() + prod(shape) * dtype.itemsize:
        msg = f"another number of bytes in {info.filename} than its shape {shape} has"
        raise ValueError(msg)
    return Rows(member, tuple(shape), dtype, head.tell())
