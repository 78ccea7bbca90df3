"""Read what a report shows: images, and maps cut as their masks are."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from hrcam.pipeline.slices import cut, frame
from metrics import FolderMaps, MapSource
from metrics.counting.truth import Truth
from simbench.dataset import Dataset

#: Where a volume is cut; None for a flat image.
Place = tuple[int, int] | None


def read_pictures(dataset: Dataset, ids: Sequence[str]) -> np.ndarray:
    """Read images of 256 gray levels a channel, whatever their own depth."""
    images = dataset.read("image", ids)
    if images.dtype == np.uint8:
        return images
    bits = dataset.recipe.acquisition.bits if dataset.recipe else 16
    return (images >> (bits - 8)).astype(np.uint8)


def read_maps(
    source: MapSource, truths: Sequence[Truth], places: Mapping[str, Place]
) -> np.ndarray:
    """Read maps; an image that a method has no map for becomes NaN."""
    have = set(source.ids)
    sizes = dict(zip(places, (truth.size for truth in truths), strict=True))
    known = [image for image in places if image in have]
    maps = dict(zip(known, _read(source, known, sizes), strict=True))
    whole = [maps.get(image, np.full(size, np.nan)) for image, size in sizes.items()]
    return frame([cut(*pair) for pair in zip(whole, places.values(), strict=True)])


def _read(
    source: MapSource, ids: Sequence[str], sizes: Mapping[str, tuple[int, ...]]
) -> list[np.ndarray]:
    """Read flat maps of one size at once: small reads cost more than their bytes."""
    shapes = {sizes[image] for image in ids}
    if len(shapes) == 1 and len(next(iter(shapes))) == 2:
        return list(source.read(ids))
    return [source.read([image])[0] for image in ids]


def open_folder(folder: Path) -> FolderMaps:
    """Open a folder of images to draw on.

    Raises
    ------
    FileNotFoundError
        If there is none.
    """
    return FolderMaps(folder, "images")


def read_folder(folder: Path, places: Mapping[str, Place]) -> np.ndarray:
    """Read images to draw on, scaled to bytes together."""
    images = open_folder(folder).each(list(places))
    pixels = frame([cut(*pair) for pair in zip(images, places.values(), strict=True)])
    low, high = float(np.nanmin(pixels)), float(np.nanmax(pixels))
    span = high - low if high > low else 1.0
    return np.round((np.nan_to_num(pixels, nan=low) - low) / span * 255).astype(
        np.uint8
    )
