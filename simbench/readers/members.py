"""A file inside a zip archive, read at any place without unpacking all before it.

What is compressed can only be read from its beginning, or from where the state of the
decompression was kept: it is kept at the start of every block, and the last blocks are
kept decompressed. So memory stays within :data:`KEPT` bytes and two blocks, whatever
the size of the file, and each block is decompressed once when it is read in order.
"""

import struct
import zipfile
import zlib
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

from simbench.readers.root import PictureError

#: Bytes of a block, unless that would make more than :data:`BLOCKS`.
BLOCK = 2**20
BLOCKS = 256
#: Bytes of decompressed blocks that are kept.
KEPT = 2**28
_PIECE = 2**16


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
