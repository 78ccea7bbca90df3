"""What DICOM files have in common: opening them, and where their frames lie."""

from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from metrics.sources.formats.image import ImageError, complete, load_library
from metrics.sources.grid import Grid, grid_of

SEGMENTATIONS = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
"""Classes of DICOM-SEG: bits or fractions by segment, and label maps."""

_DEFLATED = "1.2.840.10008.1.2.1.99"
_TO_RAS = np.array([-1.0, -1.0, 1.0])
"""DICOM counts to the left and to the back; we count to the right and the front."""


def open_file(path: Path, tags: tuple[str, ...] = (), pixels: bool = True) -> Any:
    """Read a DICOM file's elements.

    Parameters
    ----------
    path
        The file.
    tags
        Elements to read; empty for all.
    pixels
        Whether its pixels are read as well.

    Raises
    ------
    ImageError
        If it is none, or packed as a whole: its size could not be told beforehand.
    """
    pydicom = load_library("pydicom", "DICOM", "medical")
    with complete(str(path)):
        meta = pydicom.filereader.read_file_meta_info(path)
        if meta.get("TransferSyntaxUID") == _DEFLATED:
            msg = f"{path} must not be deflated; save it with another transfer syntax"
            raise ImageError(msg)
        return pydicom.dcmread(
            path, stop_before_pixels=not pixels, specific_tags=list(tags) or None
        )


def decode(dataset: Any, path: Path, index: int | None = None) -> np.ndarray:
    """Decode the pixels of an image, or of one of its frames.

    Raises
    ------
    ImageError
        If they are broken, or compressed in a way that needs a further library.
    """
    pixels = load_library("pydicom.pixels", "DICOM", "medical")
    with complete(str(path)):
        syntax = dataset.file_meta.TransferSyntaxUID
        if syntax.is_encapsulated and not pixels.get_decoder(syntax).is_available:
            msg = (
                f"{path} must be compressed so that it can be read here, got "
                f"{syntax.name}; decompress it or pip install pylibjpeg with its "
                "plugins"
            )
            raise ImageError(msg)
        return pixels.pixel_array(dataset, index=index)


def is_segmentation(dataset: Any) -> bool:
    """Say whether a file holds segments."""
    with complete(str(dataset.filename)):  # elements are read when they are asked for
        return str(dataset.get("SOPClassUID", "")) in SEGMENTATIONS


def plane(
    position: Any, orientation: Any, spacing: Any
) -> Float[np.ndarray, "3 3"] | None:
    """Return what takes (row, column, 1) of a frame to its place in the patient.

    Parameters
    ----------
    position
        Image Position (Patient): center of the first pixel.
    orientation
        Image Orientation (Patient): where columns, then rows, count up to.
    spacing
        Pixel Spacing: between rows, then between columns.

    Returns
    -------
    numpy.ndarray or None
        None if any of them is not given.
    """
    if any(given is None for given in (position, orientation, spacing)):
        return None
    along = np.array(orientation, dtype=np.float64).reshape(2, 3)
    between = np.array(spacing, dtype=np.float64)
    start = np.array(position, dtype=np.float64)
    steps = (along[1] * between[0], along[0] * between[1], start)
    return np.column_stack(steps) * _TO_RAS[:, None]


def plane_grid(dataset: Any) -> Grid | None:
    """Return the grid of a single frame, or its distances alone."""
    spacing = dataset.get("PixelSpacing")
    affine = plane(
        dataset.get("ImagePositionPatient"),
        dataset.get("ImageOrientationPatient"),
        spacing,
    )
    if affine is not None:
        return grid_of(affine)
    if spacing is None or not all(0 < float(s) < np.inf for s in spacing):
        return None
    return Grid(tuple(float(s) for s in spacing))


def first(dataset: Any, *names: str) -> Any:
    """Follow the first items of sequences to an element; None where a step is missing.

    All names but the last are sequences.
    """
    for name in names[:-1]:
        items = dataset.get(name)
        if not items:
            return None
        dataset = items[0]
    return dataset.get(names[-1])
