"""A folder with one DICOM series: slices in the order in which they lie.

They are sorted along the normal of their plane; names and instance numbers, which
need not follow it, are not looked at.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from simbench.readers.medical.axial import Affine, Size, check_affine
from simbench.readers.medical.dicom_file import is_dicom
from simbench.readers.medical.dicom_slice import DicomSlice, decode, look
from simbench.readers.medical.limits import check_size
from simbench.readers.root import PictureError, Root

SUFFIXES = (".dcm", ".dicom", ".ima")
_ROUNDING = 1e-3
"""Millimeters, or shares of an axis, by which files of one series may differ."""
_UNEVEN = 0.01
"""Share of the distance of slices by which one may differ."""


@dataclass(frozen=True, eq=False)
class DicomSeries:
    """A volume of one slice a file, in the order in which they lie."""

    slices: tuple[DicomSlice, ...]
    size: Size
    affine: Affine

    @property
    def names(self) -> tuple[str, ...]:
        """Its files, relative to the root."""
        return tuple(slice_.name for slice_ in self.slices)

    def read(self, root: Root) -> Float32[np.ndarray, "d h w"]:
        """Decode all slices, each rescaled as its own file says.

        Raises
        ------
        PictureError, BombError
            As :func:`simbench.readers.medical.dicom_slice.decode`.
        """
        return np.stack([decode(root, slice_) for slice_ in self.slices])


def find_series(root: Root, folder: str) -> DicomSeries:
    """Look at the files of a folder that are DICOM; others are not looked at.

    Raises
    ------
    ValueError
        If they are no single, complete, evenly spaced series.
    """
    path = root.folder / folder
    names = [
        name
        for name in root.scan(folder)
        if name.lower().endswith(SUFFIXES) or is_dicom(root.find(name))
    ]
    if not names:
        msg = f"{path} must hold the files of a DICOM series, got none"
        raise PictureError(msg)
    slices = [look(root, name) for name in names]
    problem = _mixed(slices) or _unalike(slices)
    if problem:
        msg = f"{path} {problem}"
        raise PictureError(msg)
    try:
        ordered, affine = _stacked(slices)
    except ValueError as error:
        msg = f"{path} {error}"
        raise PictureError(msg) from error
    size = (len(ordered), *ordered[0].size)
    check_size(root, folder, size)
    return DicomSeries(tuple(ordered), size, affine)


def _mixed(slices: Sequence[DicomSlice]) -> str:
    """Say whether there are several series."""
    counts = Counter(slice_.series for slice_ in slices)
    if len(counts) == 1:
        return ""
    each = ", ".join(f"{n} files of {uid}" for uid, n in sorted(counts.items())[:3])
    return (
        f"must hold one series, got {len(counts)}: {each}; give each a folder of its "
        "own"
    )


def _unalike(slices: Sequence[DicomSlice]) -> str:
    """Say whether sizes or directions differ."""
    sizes = Counter(f"{rows} x {cols}" for rows, cols in (s.size for s in slices))
    if len(sizes) > 1:
        each = ", ".join(f"{n} of {size}" for size, n in sorted(sizes.items()))
        return f"must hold slices of one size, got {each}"
    one = slices[0]
    for slice_ in slices[1:]:
        pairs = ((slice_.down, one.down), (slice_.along, one.along))
        if not all(np.allclose(a, b, rtol=0, atol=_ROUNDING) for a, b in pairs):
            return (
                "must hold slices of one direction and pixel size, got others in "
                f"{slice_.stem} than in {one.stem}"
            )
    return ""


def _stacked(slices: Sequence[DicomSlice]) -> tuple[list[DicomSlice], Affine]:
    """Order slices along their normal and find the distance of neighbors."""
    one = slices[0]
    normal = np.cross(one.along, one.down)
    axes = np.column_stack([normal, one.down, one.along, one.start])
    if problem := check_affine(axes):
        raise ValueError(problem)
    normal = normal / np.linalg.norm(normal)
    ordered = sorted(slices, key=lambda slice_: float(normal @ slice_.start))
    starts = np.stack([slice_.start for slice_ in ordered])
    step = _step(ordered, starts @ normal)
    drift = starts - starts[0] - np.outer((starts - starts[0]) @ normal, normal)
    pixel = min(float(np.linalg.norm(one.down)), float(np.linalg.norm(one.along)))
    if float(np.abs(drift).max()) > _UNEVEN * pixel + _ROUNDING:
        msg = (
            "must hold slices that lie straight above one another, got some up to "
            f"{float(np.abs(drift).max()):.4g} mm aside; resample the series"
        )
        raise ValueError(msg)
    axes[:, 0], axes[:, 3] = normal * step, ordered[0].start
    return ordered, axes


def _step(ordered: Sequence[DicomSlice], heights: Float[np.ndarray, " d"]) -> float:
    """Return the distance of slices, which must be the same everywhere."""
    if len(ordered) == 1:
        if not ordered[0].thickness:
            msg = "must say how thick its one slice is, got no SliceThickness"
            raise ValueError(msg)
        return ordered[0].thickness
    gaps = np.diff(heights)
    step = float(np.median(gaps))
    same = int(gaps.argmin())
    if gaps[same] < _ROUNDING:
        pair = (ordered[i].stem for i in (same, same + 1))
        msg = (
            "must hold one slice of each place, got two in "
            f"{' and '.join(sorted(pair))}; give each echo and repetition a folder of "
            "its own"
        )
        raise ValueError(msg)
    odd = int(np.abs(gaps - step).argmax())
    if abs(gaps[odd] - step) > _UNEVEN * step + _ROUNDING:
        msg = (
            f"must have evenly spaced slices, got {step:.4g} mm, and {gaps[odd]:.4g} "
            f"mm after {ordered[odd].stem}; some may be missing"
        )
        raise ValueError(msg)
    return float(np.mean(gaps))
