"""Room for arrays: in memory, or on disk where they are large."""

from pathlib import Path
from tempfile import TemporaryFile

import numpy as np

SMALL = 2**26
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
