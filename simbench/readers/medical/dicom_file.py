"""Read a DICOM file: the elements that describe an image, and no others.

Private ones are passed over by their length, and so is whatever names the patient.
"""

from pathlib import Path
from typing import Any

from simbench.readers.medical.limits import load_library
from simbench.readers.root import PictureError

_DESCRIPTION = (
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "RescaleSlope",
    "RescaleIntercept",
)
PLACE = (
    "SeriesInstanceUID",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
    "SpacingBetweenSlices",
    "SliceThickness",
)
_DEFLATED = "1.2.840.10008.1.2.1.99"
_SYNTAX = [0x00020010]
"""Transfer Syntax UID."""


def is_dicom(path: Path) -> bool:
    """Say whether a file begins as DICOM files do."""
    with path.open("rb") as stream:
        return stream.read(132)[128:] == b"DICM"


def read_elements(path: Path, content: Any, *, pixels: bool) -> Any:
    """Read the elements that describe an image, never more bytes than there are.

    Parameters
    ----------
    path
        What the file is called in messages.
    content
        Its bytes, to be read and sought in.
    pixels
        Whether its pixels are read as well.

    Raises
    ------
    PictureError
        If it is no DICOM file, or packed as a whole: its size could not be told.
    """
    pydicom = load_library("pydicom", "DICOM")
    content.seek(0)
    head = content.read(138)[128:]
    if head[:4] != b"DICM" or head[8:] not in (b"UL", b"OB", b"UI"):
        msg = f"{path} must be a DICOM file, got something else"
        raise PictureError(msg)
    content.seek(132)
    meta = pydicom.filereader.read_dataset(
        content,
        is_implicit_VR=False,
        is_little_endian=True,
        stop_when=lambda tag, *_: tag >> 16 != 2,
        specific_tags=_SYNTAX,
    )
    if meta.get("TransferSyntaxUID", _DEFLATED) == _DEFLATED:  # of unknown size
        msg = f"{path} must not be deflated; save it with another transfer syntax"
        raise PictureError(msg)
    content.seek(0)
    tags = [*_DESCRIPTION, *PLACE, *(["PixelData"] if pixels else [])]
    return pydicom.dcmread(content, stop_before_pixels=not pixels, specific_tags=tags)
