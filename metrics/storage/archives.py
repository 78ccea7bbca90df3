"""Write arrays into a ``.npz`` whose bytes depend on the arrays only."""

import io
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write arrays by name; ``numpy.load`` reads them.

    ``numpy.savez`` stamps the time into the archive, this does not.
    """
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(arrays):
            stream = io.BytesIO()
            np.lib.format.write_array(stream, arrays[name], allow_pickle=False)
            member = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, stream.getvalue())


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Read arrays by name; never pickled objects.

    Raises
    ------
    ValueError
        If the archive is truncated or damaged.
    """
    try:
        # NumPy would leave a damaged file open.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        msg = f"{path.name} must be a complete archive, got {error}"
        raise ValueError(msg) from error
