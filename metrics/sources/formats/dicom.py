"""DICOM: a slice, or a file of many frames as a volume, with rescaled values."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from metrics.sources.formats import dicom_seg
from metrics.sources.formats.format import Format, Query
from metrics.sources.formats.frames import (
    decode,
    first,
    is_segmentation,
    open_file,
    plane_grid,
)
from metrics.sources.formats.image import (
    Header,
    Image,
    ImageError,
    Images,
    check_image,
    check_inside,
    check_key,
    complete,
    load_library,
)

SUFFIXES = (".dcm", ".dicom", ".ima")


@dataclass(frozen=True, eq=False)
class Instances:
    """The images of DICOM files by SOP Instance UID.

    A segmentation gives the mask of every image that it refers to.
    """

    files: Mapping[str, Path]
    query: Query

    @property
    def ids(self) -> tuple[str, ...]:
        """Identifiers, sorted."""
        return tuple(sorted(self.files))

    def header(self, key: str) -> Header:
        """Look at one image."""
        dataset = open_file(self.files[key], pixels=False)
        if is_segmentation(dataset):
            return dicom_seg.header_of_source(dataset, self.files[key], key)
        return _look(dataset, self.files[key])

    def walk(self, keys: Sequence[str]) -> Iterator[Image]:
        """Read images; a segmentation is opened once for those that follow."""
        opened: tuple[Path, Any] | None = None
        for key in keys:
            path = self.files[key]
            if opened is None or opened[0] != path:
                opened = path, open_file(path)
            if is_segmentation(opened[1]):
                query = replace(self.query, key=key)
                yield dicom_seg.read_source(opened[1], path, query)
            else:
                yield _decode(opened[1], path)


def _gather(path: Path, query: Query) -> Images:
    """Find the images of a file or a folder by their identifiers."""
    folder = path.is_dir()
    files = sorted(x for x in path.iterdir() if x.is_file()) if folder else [path]
    found: dict[str, Path] = {}
    for file in files:
        if file.name.startswith(".") or not (
            file.name.lower().endswith(SUFFIXES) or is_unnamed(file)
        ):
            continue
        check_inside(file, path)
        for key in _identify(file):
            if key in found:
                msg = (
                    f"{path} must hold one image of each SOP Instance UID, got {key} "
                    f"in {found[key].name} and {file.name}; remove one, or pass one "
                    "folder per rater"
                )
                raise ImageError(msg)
            found[check_key(str(file), key)] = file
    return Instances(found, query)


def is_unnamed(path: Path) -> bool:
    """Say whether a file whose name does not tell begins as DICOM files do."""
    with complete(str(path)), path.open("rb") as stream:
        return stream.read(132)[128:] == b"DICM"


def _identify(path: Path) -> Sequence[str]:
    """Return the images that a file is about."""
    dataset = open_file(path, ("SOPClassUID", "SOPInstanceUID"), pixels=False)
    with complete(str(path)):
        if is_segmentation(dataset):
            return dicom_seg.find_sources(open_file(path, pixels=False))
        return [str(dataset.get("SOPInstanceUID", ""))]


def _look(dataset: Any, path: Path) -> Header:
    """Read the size and the place of an image from its elements."""
    with complete(str(path)):
        if int(dataset.get("SamplesPerPixel", 1)) != 1:
            msg = f"{path} must be gray, got {dataset.PhotometricInterpretation}"
            raise ImageError(msg)
        size = (int(dataset.Rows), int(dataset.Columns))
        frames = int(dataset.get("NumberOfFrames") or 1)
        whole = size if frames == 1 else (frames, *size)
        check_image(str(path), whole, np.float32)
        grid = plane_grid(dataset) if frames == 1 else None
    return Header(whole, grid)


def _decode(dataset: Any, path: Path) -> Image:
    """Decode an image's pixels and rescale them as the file says."""
    pixels = load_library("pydicom.pixels", "DICOM", "medical")
    header = _look(dataset, path)
    with complete(str(path)):
        values = pixels.apply_modality_lut(decode(dataset, path), dataset)
        check_image(str(path), values.shape, values.dtype)
        values = _rescale(values.reshape(header.size), dataset)
    return Image(values, header.grid)


def _rescale(values: np.ndarray, dataset: Any) -> np.ndarray:
    """Apply the slope and intercept that files of many frames keep frame by frame."""
    group = "PixelValueTransformationSequence"
    shared = "SharedFunctionalGroupsSequence"
    frames = dataset.get("PerFrameFunctionalGroupsSequence") or ()
    for name in ("RescaleSlope", "RescaleIntercept"):
        given = [first(frame, group, name) for frame in frames]
        if not any(value is not None for value in given):
            given = [first(dataset, shared, group, name)]
        if None in given:
            continue
        column = np.array(given, dtype=np.float64).reshape(-1, 1, 1)
        column = column if values.ndim == 3 else column[0]
        values = values * column if name == "RescaleSlope" else values + column
    return values


def _header(path: Path, query: Query) -> Header:
    dataset = open_file(path, pixels=False)
    if is_segmentation(dataset):
        return dicom_seg.header_of_volume(dataset, path, query)
    return _look(dataset, path)


def _read(path: Path, query: Query) -> Image:
    dataset = open_file(path)
    if is_segmentation(dataset):
        return dicom_seg.read_volume(dataset, path, query)
    return _decode(dataset, path)


FORMAT = Format(
    "dicom",
    SUFFIXES,
    "a slice, or the frames (d, h, w) of one file, rescaled by slope and intercept; "
    "named by its file or by its SOP Instance UID",
    header=_header,
    read=_read,
    gather=_gather,
    extra="medical",
    has_uids=True,
)
