"""The pixels of a DICOM image, decoded once their size is known."""

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Integer

from simbench.readers.medical.codestreams import sizes_of, unpacked_bytes
from simbench.readers.medical.limits import load_library
from simbench.readers.root import BombError, PictureError

_RLE = "1.2.840.10008.1.2.5"
_PADDING = 16
"""Segments of a frame are even, so some may unpack to a byte more."""


def decode_frame(path: Path, dataset: Any) -> Integer[np.ndarray, "h w"]:
    """Decode the one frame of a gray image, as stored.

    Parameters
    ----------
    path
        What it is called in messages.
    dataset
        Its elements, pixels among them.

    Raises
    ------
    PictureError
        If it is compressed in a way that needs a further library.
    BombError
        If it would unpack to something larger than its elements say.
    """
    pixels = load_library("pydicom.pixels", "DICOM")
    if dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        _check(path, dataset, pixels)
    decoded: Integer[np.ndarray, "h w"] = pixels.pixel_array(dataset, raw=True)
    return decoded


def _check(path: Path, dataset: Any, pixels: Any) -> None:
    """Look at a compressed frame before it is decoded."""
    syntax = dataset.file_meta.TransferSyntaxUID
    if not pixels.get_decoder(syntax).is_available:
        msg = (
            f"{path} must be compressed so that it can be read here, got "
            f"{syntax.name}; decompress it, or pip install pylibjpeg with its plugins"
        )
        raise PictureError(msg)
    size = int(dataset.Rows), int(dataset.Columns)
    encaps = load_library("pydicom.encaps", "DICOM")
    frame = encaps.get_frame(dataset.PixelData, 0, number_of_frames=1)
    if syntax == _RLE:
        most = size[0] * size[1] * int(dataset.BitsAllocated) // 8
        if (got := unpacked_bytes(frame)) > most + _PADDING:
            msg = f"{path} must unpack to {most} bytes, got {got}: a bomb"
            raise BombError(msg)
    elif set(sizes_of(frame)) != {size}:
        told = [f"{rows} x {columns}" for rows, columns in sizes_of(frame)]
        msg = (
            f"{path} must hold {size[0]} x {size[1]} pixels, got a frame of "
            f"{' and '.join(told) or 'unknown size'}"
        )
        raise BombError(msg)
