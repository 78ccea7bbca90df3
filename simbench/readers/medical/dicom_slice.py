"""One DICOM image of a series: what its elements say, and its pixels.

A size is checked before its pixels are decoded.
"""

import io
import mmap
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Float32

from simbench.readers.medical.dicom_file import PLACE, read_elements
from simbench.readers.medical.dicom_frame import decode_frame
from simbench.readers.medical.limits import whole
from simbench.readers.root import PictureError, Root

_TO_RAS = np.array([-1.0, -1.0, 1.0])
"""DICOM counts to the left and to the back; we count to the right and the front."""

Vector = Float[np.ndarray, "3"]


@dataclass(frozen=True, eq=False)
class DicomSlice:
    """What a file says of its one image.

    Parameters
    ----------
    name
        The file, relative to the root.
    series
        Series Instance UID.
    size
        Rows and columns.
    start
        Center of the first pixel, in millimeters to the right, to the front and up.
    down, along
        From a row, and from a column, to the next.
    thickness
        Distance of slices, should there be one only; 0 if it is not told.
    slope, intercept
        What stored numbers are rescaled by.
    """

    name: str
    series: str
    size: tuple[int, int]
    start: Vector
    down: Vector
    along: Vector
    thickness: float
    slope: float
    intercept: float

    @property
    def stem(self) -> str:
        """The file in its folder."""
        return self.name.rpartition("/")[2]


def look(root: Root, name: str) -> DicomSlice:
    """Read the elements of a file, not its pixels.

    Raises
    ------
    PictureError
        If it is no gray image of one frame that says where it lies.
    BombError
        If it has more pixels than the root allows.
    """
    path = root.find(name)
    with (
        whole(path),
        path.open("rb") as file,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content,
    ):
        return _described(root, name, read_elements(path, content, pixels=False))


def decode(root: Root, slice_: DicomSlice) -> Float32[np.ndarray, "h w"]:
    """Decode and rescale the pixels of a file.

    Raises
    ------
    PictureError, BombError
        If they are broken, packed in a way that needs a further library, or not what
        the elements say.
    """
    path, content = root.folder / slice_.name, root.read(slice_.name)
    with whole(path):
        dataset = read_elements(path, io.BytesIO(content), pixels=True)
        now = _described(root, slice_.name, dataset)
        same = (now.size, now.series) == (slice_.size, slice_.series)
        if not same or not np.array_equal(now.start, slice_.start):
            msg = f"{path} must stay as it was looked at, got another header"
            raise PictureError(msg)
        stored = decode_frame(path, dataset).astype(np.float64)
        return (stored * now.slope + now.intercept).astype(np.float32)


def _described(root: Root, name: str, dataset: Any) -> DicomSlice:
    """Check the elements of a file and take what is needed."""
    _check(root, name, dataset)
    between = [float(x) for x in dataset.PixelSpacing]
    axes = np.array([float(x) for x in dataset.ImageOrientationPatient]).reshape(2, 3)
    start = np.array([float(x) for x in dataset.ImagePositionPatient])
    slope, intercept = dataset.get("RescaleSlope"), dataset.get("RescaleIntercept")
    return DicomSlice(
        name=name,
        series=str(dataset.get("SeriesInstanceUID") or ""),
        size=(int(dataset.Rows), int(dataset.Columns)),
        start=start * _TO_RAS,
        down=axes[1] * _TO_RAS * between[0],
        along=axes[0] * _TO_RAS * between[1],
        thickness=_thickness(dataset),
        slope=1.0 if slope is None else float(slope),
        intercept=0.0 if intercept is None else float(intercept),
    )


def _check(root: Root, name: str, dataset: Any) -> None:
    """Refuse what is no gray image of one frame with a place."""
    path = root.folder / name
    lost = [tag for tag in ("Rows", "Columns") if dataset.get(tag) is None]
    if lost:
        msg = f"{path} must be an image, got no {', '.join(lost)}; take it away"
        raise PictureError(msg)
    samples = int(dataset.get("SamplesPerPixel") or 1)
    kind = str(dataset.get("PhotometricInterpretation") or "MONOCHROME2")
    if samples != 1 or kind != "MONOCHROME2":
        msg = f"{path} must be gray with high values bright, got {kind}"
        raise PictureError(msg)
    size = int(dataset.Rows), int(dataset.Columns)
    frames = int(dataset.get("NumberOfFrames") or 1)
    root.allow(name, (frames, *size))
    if frames != 1 or min(size) < 1:
        msg = (
            f"{path} must hold one image, got {frames} of {size[0]} x {size[1]} "
            "pixels; convert it to NIfTI"
        )
        raise PictureError(msg)
    unsaid = [tag for tag in PLACE[1:4] if not dataset.get(tag)]
    if unsaid:
        msg = f"{path} must say where it lies, got no {', '.join(unsaid)}"
        raise PictureError(msg)


def _thickness(dataset: Any) -> float:
    """Return the distance of slices that an element tells, or 0."""
    told = (dataset.get(name) for name in ("SpacingBetweenSlices", "SliceThickness"))
    return next((abs(float(x)) for x in told if x is not None and float(x)), 0.0)
