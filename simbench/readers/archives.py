"""Rows of the arrays in an ``.npz`` file, without reading an array as a whole.

A compressed array can only be read from its beginning, or from where the state of the
decompression was kept: it is kept at the start of every block, and the last blocks are
kept decompressed. So memory stays within :data:`KEPT` bytes and two blocks, whatever
the size of the array, and each block is decompressed once when rows are read in order.
Nothing that was pickled is ever loaded.
"""

import struct
import zipfile
import zlib
from collections import OrderedDict
from dataclasses import dataclass, field
from io import BytesIO
from math import prod
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from jaxtyping import Shaped

from simbench.readers.root import PictureError

#: Bytes of a block, unless that would make more than :data:`BLOCKS`.
BLOCK = 2**20
BLOCKS = 256
#: Bytes of decompressed blocks that are kept.
KEPT = 2**28
_PIECE = 2**16
_HEAD = 2**12


@dataclass(eq=False)
class Member:
    """A file inside a zip archive, read at any place.

    Parameters
    ----------
    path
        The archive.
    info
        The file in it: stored as it is, or deflated.
    """

    path: Path
    info: zipfile.ZipInfo
    _states: list[Any] = field(default_factory=list)
    _blocks: OrderedDict[int, bytes] = field(default_factory=OrderedDict)
    _sums: list[int] = field(default_factory=lambda: [0])
    _lock: Any = field(default_factory=Lock)

    def read(self, start: int, count: int) -> bytes:
        """Return ``count`` bytes from ``start``, fewer at the end.

        Raises
        ------
        PictureError
            If the archive ends early or cannot be decompressed.
        ValueError
            If all that was compressed is read and has another checksum.
        """
        stop = min(start + count, self.info.file_size)
        with self._lock, self.path.open("rb") as file:
            if self.info.compress_type == zipfile.ZIP_STORED:
                file.seek(self._begin(file) + start)
                return file.read(stop - start)
            first, last = start // self._step, (stop - 1) // self._step
            found = b"".join(self._block(file, k) for k in range(first, last + 1))
        return found[start - first * self._step :][: stop - start]

    @property
    def _step(self) -> int:
        return max(BLOCK, -(-self.info.file_size // BLOCKS))

    def _begin(self, file: Any) -> int:
        """Return where the file's own bytes begin."""
        file.seek(self.info.header_offset)
        head = file.read(30)
        if len(head) < 30 or head[:4] != b"PK\x03\x04":
            msg = f"{self.path} must be a whole archive, got no {self.info.filename}"
            raise PictureError(msg)
        name, extra = struct.unpack("<HH", head[26:30])
        return self.info.header_offset + 30 + name + extra

    def _block(self, file: Any, place: int) -> bytes:
        """Return one block; go on from the last state that is before it."""
        if place in self._blocks:
            self._blocks.move_to_end(place)
            return self._blocks[place]
        if not self._states:
            self._states.append((zlib.decompressobj(-15), self._begin(file)))
        for k in range(min(place, len(self._states) - 1), place + 1):
            block = self._inflated(file, k)
        self._blocks[place] = block
        while len(self._blocks) > max(1, KEPT // self._step):
            self._blocks.popitem(last=False)
        return block

    def _inflated(self, file: Any, place: int) -> bytes:
        """Decompress one block and keep the state after it."""
        kept, offset = self._states[place]
        state, parts = kept.copy(), []
        left = min(self._step, self.info.file_size - place * self._step)
        while left:
            file.seek(offset)
            piece = file.read(_PIECE)
            try:
                part = state.decompress(piece, left)
            except zlib.error as error:
                raise PictureError(self._damaged(str(error))) from error
            if not part and (not piece or state.eof):
                raise PictureError(self._damaged("an early end"))
            offset += len(piece) - len(state.unconsumed_tail)
            left -= len(part)
            parts.append(part)
        block = b"".join(parts)
        if len(self._states) == place + 1:
            self._states.append((state, offset))
            self._check(block, place)
        return block

    def _check(self, block: bytes, place: int) -> None:
        """Compare the checksum of all blocks, which first come in order."""
        self._sums[0] = zlib.crc32(block, self._sums[0])
        last = (place + 1) * self._step >= self.info.file_size
        if last and self._sums[0] != self.info.CRC:
            # which rows are damaged is not known, so that none may be skipped
            raise ValueError(self._damaged(f"another {self.info.filename}"))

    def _damaged(self, reason: str) -> str:
        return f"{self.path} must be a whole archive, got {reason}"


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
        """Read the whole array; for small ones."""
        count = prod(self.shape) * self.dtype.itemsize
        content = self.member.read(self.start, count)
        return np.frombuffer(content, self.dtype).reshape(self.shape)


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
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        if isinstance(error, PictureError):
            raise
        msg = f"{path} must be a whole .npz file, got: {error}"
        raise PictureError(msg) from error


def _opened(path: Path, info: zipfile.ZipInfo) -> Rows:
    """Read an array's header."""
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        msg = f"a compression that is not read here in {info.filename}"
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
