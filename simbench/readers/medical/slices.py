"""Slices of volumes as pictures and masks."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32, UInt8

from simbench.readers.medical.crops import Crop, cut, cut_mask
from simbench.readers.medical.shelf import SLICES
from simbench.readers.medical.volumes import Volume
from simbench.readers.pictures import scaled
from simbench.readers.root import PictureError, Root


@dataclass(frozen=True, eq=False)
class SlicePicture:
    """One slice of a volume, or a box of it.

    Parameters
    ----------
    volume, place
        Which slice, counted from the feet.
    crop
        The box; None for the whole slice.
    window
        Values that become 0 and 255.
    percentiles
        Of the pixels that are shown, which become 0 and 255 if there is no window.
    """

    volume: Volume
    place: int
    crop: Crop | None
    window: tuple[float, float] | None
    percentiles: tuple[float, float]

    @property
    def names(self) -> tuple[str, ...]:
        """The files of the slice."""
        return self.volume.names_of(self.place)

    def read(self, root: Root) -> Float32[np.ndarray, "h w"]:
        """Decode it, in [0, 255].

        Raises
        ------
        PictureError
            If the volume is damaged, or a pixel that is shown is no number.
        """
        return SLICES.take((root, self), lambda: self._decode(root))

    def _decode(self, root: Root) -> Float32[np.ndarray, "h w"]:
        values = _shown(self.volume, self.place, root)
        pixels = values if self.crop is None else cut(self.crop, values)
        if not np.isfinite(pixels).all():
            msg = (
                f"{root.folder / self.names[0]} must have finite values where it is "
                f"shown, got others in slice {self.place}"
            )
            raise PictureError(msg)
        if self.window is not None:
            return scaled(pixels, self.window)
        low, high = (float(x) for x in np.percentile(pixels, self.percentiles))
        flat = np.zeros(pixels.shape, np.float32)
        return scaled(pixels, (low, high)) if high > low else flat


@dataclass(frozen=True, eq=False)
class SliceMask:
    """One slice of a volume of labels, or a box of it.

    Parameters
    ----------
    volume, place, crop
        As of a picture.
    labels
        Numbers that are lesion; empty for all but 0.
    """

    volume: Volume
    place: int
    crop: Crop | None
    labels: tuple[int, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The files of the slice."""
        return self.volume.names_of(self.place)

    def read(self, root: Root) -> UInt8[np.ndarray, "h w"]:
        """Decode it: 255 where half of a pixel or more is lesion.

        Raises
        ------
        PictureError
            If the volume is damaged or holds other numbers than labels.
        """
        return SLICES.take((root, self), lambda: self._decode(root))

    def _decode(self, root: Root) -> UInt8[np.ndarray, "h w"]:
        values = _shown(self.volume, self.place, root)
        if not (values == np.rint(values)).all():
            msg = (
                f"{root.folder / self.names[0]} must hold labels, got other numbers in "
                f"slice {self.place}"
            )
            raise PictureError(msg)
        marked = np.isin(values, self.labels) if self.labels else values != 0
        if self.crop is not None:
            marked = cut_mask(self.crop, marked)
        return marked.astype(np.uint8) * np.uint8(255)


def _shown(volume: Volume, place: int, root: Root) -> Float[np.ndarray, "h w"]:
    return volume.read(root, place).astype(np.float64)


def parse_slices(text: str, count: int) -> list[int]:
    """Read numbers and ranges of slices, such as ``12-18`` or ``3 5-7``.

    Raises
    ------
    ValueError
        If they are none, fall, or are not there.
    """
    found: set[int] = set()
    for word in text.replace(",", " ").replace(";", " ").split():
        first, dash, last = word.partition("-")
        ends = [first, last] if dash else [first, first]
        if not all(end.isascii() and end.isdecimal() and len(end) < 6 for end in ends):
            found.add(-1)
            continue
        start, stop = map(int, ends)
        found |= set(range(start, stop + 1)) or {-1}
    if not found or min(found) < 0 or max(found) >= count:
        msg = f"must be numbers or rising ranges of 0 to {count - 1}, got {text!r}"
        raise ValueError(msg)
    return sorted(found)
