"""Room for arrays: in memory, or on disk where they are large."""

import mmap
from pathlib import Path
from tempfile import TemporaryFile

import numpy as np
import pyarrow as pa

SMALL = 2**20
"""Arrays of fewer bytes are always kept in memory."""


def allocate(
    shape: tuple[int, ...], dtype: np.dtype, folder: Path | None = None
) -> np.ndarray:
    """Return an array of zeros.

    Parameters
    ----------
    shape, dtype
        Of the array.
    folder
        Where to keep an array of :data:`SMALL` bytes or more: in a file without a name,
        which is gone when nobody uses the array any longer, or when the program dies.
        The system moves pages between it and memory as it likes. None: in memory.
    """
    if folder is None or int(np.prod(shape)) * dtype.itemsize < SMALL:
        return np.zeros(shape, dtype)
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryFile(dir=folder) as file:
        return np.memmap(file, dtype, "w+", shape=shape)


def release(*arrays: np.ndarray) -> None:
    """Hand the pages of arrays on disk back to the system, which keeps what they hold.

    They no longer count as this process's memory, and are there again when they are
    asked for. Arrays in memory stay as they are.
    """
    for array in arrays:
        pages = getattr(array, "_mmap", None)
        if pages is not None and hasattr(mmap, "MADV_DONTNEED"):
            pages.madvise(mmap.MADV_DONTNEED)


def release_tables() -> None:
    """Hand back what Arrow keeps of tables that are gone, for those to come."""
    pa.default_memory_pool().release_unused()
