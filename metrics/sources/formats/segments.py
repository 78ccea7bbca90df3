"""What a DICOM-SEG file holds: which segment each of its frames shows, and where."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Shaped

from metrics.sources.formats.bounds import check_marked
from metrics.sources.formats.format import choose
from metrics.sources.formats.frames import decode, first, plane
from metrics.sources.formats.image import (
    ImageError,
    check_image,
    complete,
)

_SHARED = "SharedFunctionalGroupsSequence"


@dataclass(frozen=True, eq=False)
class Frame:
    """One frame: a segment (0: of all, in a label map) on one slice.

    Attributes
    ----------
    index
        Which frame of the file it is.
    segment
        The segment it shows.
    source
        SOP Instance UID of the image that it was drawn on; empty if it is not said.
    place
        Takes (row, column, 1) to the place in the patient, if it is known.
    """

    index: int
    segment: int
    source: str
    place: Float[np.ndarray, "3 3"] | None


@dataclass(frozen=True, eq=False)
class Segments:
    """Frames and segments of a file.

    Attributes
    ----------
    path, dataset
        Where it is read from.
    size
        Rows and columns of a frame.
    kind
        ``BINARY``, ``FRACTIONAL`` or ``LABELMAP``.
    labels
        Names of the segments by number, background left out.
    frames
        In the order of the file.
    """

    path: Path
    dataset: Any
    size: tuple[int, int]
    kind: str
    labels: dict[int, str]
    frames: tuple[Frame, ...]

    def choose(self, wanted: Sequence[int | str]) -> frozenset[int]:
        """Find the numbers of segments by number or label; all by default."""
        return choose(self.labels, wanted, f"the segments of {self.path}")

    def decode(self, frame: Frame) -> Shaped[np.ndarray, "h w"]:
        """Decode one frame: bits, shares in [0, 1], or numbers of segments."""
        with complete(f"{self.path}, frame {frame.index + 1}"):
            if self.kind == "BINARY" and not _is_encapsulated(self.dataset):
                return _unpack(self.dataset.PixelData, frame.index, self.size)
            stored = decode(self.dataset, self.path, frame.index)
            if self.kind == "FRACTIONAL":
                return stored / float(self.dataset.MaximumFractionalValue)
            return stored.astype(bool) if self.kind == "BINARY" else stored


def find_segments(dataset: Any, path: Path) -> Segments:
    """Read what a segmentation's frames are, not their pixels.

    Raises
    ------
    ImageError
        If it is broken, too large, or tiles of a slide.
    """
    with complete(str(path)):
        if first(dataset, "TotalPixelMatrixOriginSequence", "XOffsetInSlideCoordinate"):
            msg = f"{path} must hold slices, got tiles of a slide; convert it to TIFF"
            raise ImageError(msg)
        size = (int(dataset.Rows), int(dataset.Columns))
        count = int(dataset.get("NumberOfFrames") or 1)
        check_image(str(path), size, np.uint8)
        check_marked(str(path), count, size)
        labels = {
            int(item.SegmentNumber): str(item.get("SegmentLabel", ""))
            for item in dataset.SegmentSequence
            if int(item.SegmentNumber) > 0
        }
        kind = str(dataset.SegmentationType)
        frames = tuple(_list_frames(dataset, kind, count))
    return Segments(path, dataset, size, kind, labels, frames)


def _list_frames(dataset: Any, kind: str, count: int) -> Iterator[Frame]:
    """Read each frame's segment, source and place, its own or shared by all."""
    groups = dataset.get("PerFrameFunctionalGroupsSequence") or ()
    if len(groups) != count:
        msg = f"{len(groups)} descriptions for {count} frames"
        raise ValueError(msg)
    for index, group in enumerate(groups):

        def of(*names: str, group: Any = group) -> Any:
            found = first(group, *names)
            return first(dataset, _SHARED, *names) if found is None else found

        segment = of("SegmentIdentificationSequence", "ReferencedSegmentNumber")
        if segment is None and kind != "LABELMAP":
            msg = f"no segment for frame {index + 1}"
            raise ValueError(msg)
        place = plane(
            of("PlanePositionSequence", "ImagePositionPatient"),
            of("PlaneOrientationSequence", "ImageOrientationPatient"),
            of("PixelMeasuresSequence", "PixelSpacing"),
        )
        source = of(
            "DerivationImageSequence",
            "SourceImageSequence",
            "ReferencedSOPInstanceUID",
        )
        yield Frame(index, int(segment or 0), str(source or ""), place)


def _is_encapsulated(dataset: Any) -> bool:
    return bool(dataset.file_meta.TransferSyntaxUID.is_encapsulated)


def _unpack(data: bytes, index: int, size: tuple[int, int]) -> Bool[np.ndarray, "h w"]:
    """Take one frame's bits; frames follow one another without padding."""
    count = size[0] * size[1]
    start = index * count
    stop = start + count
    packed = np.frombuffer(data, np.uint8)[start // 8 : -(-stop // 8)]
    if 8 * len(packed) < start % 8 + count:
        msg = f"{len(data)} bytes of pixels"
        raise ValueError(msg)
    bits = np.unpackbits(packed, bitorder="little")[start % 8 : start % 8 + count]
    return bits.reshape(size).astype(bool)
