"""Maps and masks in files that anybody wrote, of any format of the table."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from metrics.counting.truth import Truth
from metrics.sources.band import leave_out_band
from metrics.sources.formats.image import Header, Image, ImageError, Images
from metrics.sources.opening import look_at, open_images
from metrics.sources.reading import MapReading, MaskReading, to_truth
from metrics.sources.truths import alike, join


@dataclass(frozen=True)
class FolderMaps:
    """Maps of one method: a folder of files, or one file of many images.

    Parameters
    ----------
    path
        Where they are; ``FILE::PATH`` for an array inside HDF5 or Zarr. See
        :data:`metrics.sources.formats.FORMATS`.
    name
        What to call the method.
    reading
        What images are called, and how their axes lead.

    Raises
    ------
    FileNotFoundError, ValueError
        If there is nothing to read or two images have one name.
    """

    path: Path | str
    name: str
    reading: MapReading = field(default_factory=MapReading)
    images: Images = field(init=False, repr=False, compare=False)
    ids: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        images = open_images(Path(self.path), self.reading)
        object.__setattr__(self, "images", images)
        object.__setattr__(self, "ids", tuple(self.images.ids))

    @property
    def names(self) -> Mapping[str, str]:
        """Names of the entry; its kind is ``external``."""
        return {"method": self.name, "label": self.name, "kind": "external"}

    def header(self, key: str) -> Header:
        """Look at one map without reading its pixels."""
        return self.images.header(key)

    def each(self, ids: Sequence[str]) -> Iterator[Float[np.ndarray, "..."]]:
        """Read one map after another; they may differ in size."""
        for key, image in zip(ids, self.images.walk(ids), strict=True):
            if image.kind not in ("values", "shares"):
                msg = (
                    f"map of {key} in {self.path} must have values, got a label image; "
                    "save it without a palette"
                )
                raise ImageError(msg)
            pixels = np.asarray(image.pixels)
            wide = np.result_type(pixels.dtype, np.float32)
            yield np.ascontiguousarray(pixels, min(wide, np.dtype(np.float64)))

    def read(self, ids: Sequence[str]) -> Float[np.ndarray, "n ..."]:
        """Read maps of one size in the order of ``ids``."""
        maps = list(self.each(ids))
        sizes = [one.shape for one in maps]
        _check_sizes(self.path, ids, sizes)
        return np.stack(maps)


@dataclass(frozen=True)
class FolderMasks:
    """Masks in a folder of files, or in one file of many images.

    Parameters
    ----------
    path
        As of :class:`FolderMaps`.
    reading
        What counts as lesion; every pixel that is not 0 unless it says otherwise.
    like
        Maps that say how large images are, and where they lie, if the masks do not:
        boxes without sizes, and segmentations that leave out slices.

    Raises
    ------
    FileNotFoundError, ValueError
        As :class:`FolderMaps`.
    """

    path: Path | str
    reading: MaskReading = field(default_factory=MaskReading)
    like: Any = field(default=None, repr=False, compare=False)
    images: Images = field(init=False, repr=False, compare=False)
    ids: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        images = open_images(
            Path(self.path),
            self.reading,
            self.reading.labels,
            look_at(self.like),
            masks=True,
        )
        object.__setattr__(self, "images", images)
        object.__setattr__(self, "ids", tuple(images.ids))

    def header(self, key: str) -> Header:
        """Look at one mask without reading its pixels."""
        return self.images.header(key)

    def each(self, ids: Sequence[str]) -> Iterator[Truth]:
        """Read the truth of one image after another; they may differ in size."""
        for key, image in zip(ids, self.images.walk(ids), strict=True):
            ignored = None if image.ignored is None else image.ignored[None]
            pixels = np.ascontiguousarray(image.pixels)[None]
            row = Image(pixels, image.grid, image.kind, ignored)
            truth = to_truth(row, self.reading, f"mask of {key} in {self.path}")
            yield leave_out_band(truth, self.reading.band)

    def read(self, ids: Sequence[str]) -> Truth:
        """Read the truth of images of one size in the order of ``ids``."""
        return read_truth(self.path, ids, list(self.each(ids)))


def read_truth(path: Path | str, ids: Sequence[str], truths: Sequence[Truth]) -> Truth:
    """Put the truths of images together.

    Raises
    ------
    ImageError
        If they differ in size, spacing or what is known.
    """
    _check_sizes(path, ids, [truth.size for truth in truths])
    if not all(alike(truths[0], truth) for truth in truths):
        msg = f"masks in {path} must be alike to be read at once; read them one by one"
        raise ImageError(msg)
    return join(truths)


def _check_sizes(
    path: Path | str, ids: Sequence[str], sizes: Sequence[tuple[int, ...]]
) -> None:
    for key, size in zip(ids, sizes, strict=True):
        if size != sizes[0]:
            msg = (
                f"images in {path} must have one shape to be read at once, got "
                f"{sizes[0]} for {ids[0]} and {size} for {key}; read them one by one"
            )
            raise ImageError(msg)
