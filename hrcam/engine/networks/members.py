"""What may be in a ``.keras`` file, which is a ZIP archive, before Keras opens it."""

import stat
import zipfile
from pathlib import Path

MOST = 2**34
"""Bytes that all members may unpack to."""


def check_members(path: Path) -> None:
    """Refuse members that lead elsewhere, and archives that unpack to too much.

    Raises
    ------
    ValueError
        Naming the member, or what is no archive.
    """
    try:
        with path.open("rb") as stream, zipfile.ZipFile(stream) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        msg = f"{path} must be a Keras model, got: {error}"
        raise ValueError(msg) from error
    for member in members:
        name = member.filename.replace("\\", "/")
        link = stat.S_ISLNK(member.external_attr >> 16)
        if link or name.startswith("/") or ":" in name or ".." in name.split("/"):
            msg = f"{path} must hold files of its own, got a member {name!r}"
            raise ValueError(msg)
    whole = sum(member.file_size for member in members)
    if whole > MOST:
        msg = f"{path} must unpack to at most {MOST} bytes, got {whole}"
        raise ValueError(msg)
