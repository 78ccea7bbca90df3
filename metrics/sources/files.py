"""Read one image from a file that anybody may have written.

Shape and type are checked in the header, before the pixels are allocated; pickled
objects are never loaded.
"""

import struct
import zipfile
import zlib
from pathlib import Path
from typing import IO

import numpy as np
from jaxtyping import Shaped

MAX_PIXELS = 2**26
"""More pixels in one image than this are taken for a mistake."""

SUFFIXES = (".npy", ".npz", ".png")
"""Kinds of files that are read."""

_BROKEN = (
    OSError,
    ValueError,
    EOFError,
    SyntaxError,
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
)


def read_image(path: Path) -> Shaped[np.ndarray, "h w"]:
    """Read the one 2-D array of a ``.npy``, ``.npz`` or gray ``.png`` file.

    Raises
    ------
    ValueError
        If the file is truncated or of another kind, or the array is not 2-D, not of
        numbers or too large. One line that names the file.
    """
    suffix = path.suffix.lower()
    if suffix == ".png":
        return _read_png(path)
    if suffix == ".npz":
        with open_archive(path) as archive:
            keys = list_keys(archive)
            if len(keys) != 1:
                msg = (
                    f"{path} must hold one array, got {len(keys)}; "
                    "pass an archive with an array per image as the path itself"
                )
                raise ValueError(msg)
            return read_member(archive, keys[0], path)
    with path.open("rb") as stream:
        return _read_array(stream, str(path))


def open_archive(path: Path) -> zipfile.ZipFile:
    """Open a ``.npz`` archive.

    Raises
    ------
    ValueError
        If it is not a complete archive.
    """
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise ValueError(_incomplete(str(path), error)) from error


def list_keys(archive: zipfile.ZipFile) -> list[str]:
    """Names of the arrays in an archive, sorted."""
    names = archive.namelist()
    return sorted(name[:-4] for name in names if name.endswith(".npy"))


def read_member(
    archive: zipfile.ZipFile, key: str, path: Path
) -> Shaped[np.ndarray, "h w"]:
    """Read one 2-D array of an open archive.

    Raises
    ------
    ValueError
        As :func:`read_image`.
    """
    name = f"{path}[{key}]"
    try:
        stream = archive.open(f"{key}.npy")
    except _BROKEN as error:
        raise ValueError(_incomplete(name, error)) from error
    with stream:
        return _read_array(stream, name)


def check_image(name: str, shape: tuple[int, ...], dtype: np.dtype) -> None:
    """Refuse what is not a 2-D image of real numbers.

    Raises
    ------
    ValueError
        Naming what it is called, the rule and the value.
    """
    if dtype.kind not in "buif":
        msg = f"{name} must hold real numbers, got dtype {dtype}; save it as float32"
        raise ValueError(msg)
    if len(shape) != 2:
        msg = f"{name} must be 2-D (h, w), got shape {shape}; save one image per file"
        raise ValueError(msg)
    if not 0 < shape[0] * shape[1] <= MAX_PIXELS:
        msg = f"{name} must have 1 to {MAX_PIXELS} pixels, got shape {shape}"
        raise ValueError(msg)


def _read_array(
    stream: IO[bytes] | zipfile.ZipExtFile, name: str
) -> Shaped[np.ndarray, "h w"]:
    """Read a ``.npy`` stream after a look at its header."""
    try:
        version = np.lib.format.read_magic(stream)
        read_header = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }.get(version)
        if read_header is None:
            msg = f"format version {version}"
            raise ValueError(msg)
        shape, _, dtype = read_header(stream)
    except _BROKEN as error:
        raise ValueError(_incomplete(name, error)) from error
    check_image(name, shape, dtype)
    try:
        stream.seek(0)
        return np.lib.format.read_array(stream, allow_pickle=False)
    except _BROKEN as error:
        raise ValueError(_incomplete(name, error)) from error


def _read_png(path: Path) -> Shaped[np.ndarray, "h w"]:
    """Read a gray PNG of 1, 8 or 16 bits."""
    from PIL import Image  # only who has PNG files needs it

    with path.open("rb") as stream:
        head = stream.read(24)
    if len(head) < 24 or head[:8] != b"\x89PNG\r\n\x1a\n":
        msg = (
            f"{path} must be a complete PNG file, got {len(head)} bytes of another kind"
        )
        raise ValueError(msg)
    width, height = struct.unpack(">II", head[16:24])
    check_image(str(path), (height, width), np.dtype(np.uint8))
    try:
        with Image.open(path) as image:
            if image.mode not in ("1", "L", "I", "I;16", "I;16B"):
                msg = (
                    f"{path} must be gray (8 or 16 bit), got mode {image.mode}; "
                    "save it with one channel"
                )
                raise _ColorError(msg)
            return np.asarray(image)
    except _ColorError as error:
        raise ValueError(str(error)) from None
    except _BROKEN as error:
        raise ValueError(_incomplete(str(path), error)) from error


class _ColorError(Exception):
    """A picture in color, told apart from a broken one."""


def _incomplete(name: str, error: BaseException) -> str:
    """Say in one line that a file cannot be read."""
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return f"{name} must be a complete file, got {reason!r}; write it again"
