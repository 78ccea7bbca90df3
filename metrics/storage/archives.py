"""Write arrays into a ``.npz`` whose bytes depend on the arrays only."""

import io
import zipfile
from collections.abc import Mapping
from math import prod
from pathlib import Path

import numpy as np

from metrics.sources.formats.image import ImageError, complete
from metrics.sources.formats.limits import BYTES
from metrics.sources.formats.npy import read_header


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
    """Read arrays by name, of numbers or words; never pickled objects.

    Raises
    ------
    ValueError
        If the archive is truncated, damaged or too large, or holds anything else.
    """
    with complete(str(path)), zipfile.ZipFile(path) as archive:
        whole = sum(member.file_size for member in archive.infolist())
        if whole > BYTES.most:
            msg = (
                f"{path} must unpack to at most {BYTES.most} bytes, got {whole}; "
                f"{BYTES.hint}"
            )
            raise ImageError(msg)
        return dict(_read_member(archive, m, path) for m in archive.infolist())


def _read_member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, path: Path
) -> tuple[str, np.ndarray]:
    """Read one array, if the archive holds as many bytes as it is to have."""
    key = member.filename.removesuffix(".npy")
    name = f"{path}[{key}]"
    with complete(name), archive.open(member) as stream:
        shape, dtype = read_header(stream, name)
        if dtype.kind not in "buifUS":
            msg = f"{name} must hold numbers or words, got dtype {dtype}"
            raise ImageError(msg)
        if min(shape, default=0) < 0 or prod(shape) * dtype.itemsize > member.file_size:
            msg = f"{name} must be whole, got less than shape {shape} of {dtype}"
            raise ImageError(msg)
        stream.seek(0)
        return key, np.lib.format.read_array(stream, allow_pickle=False)
