"""The masks that maps are scored against: a dataset's, or anybody's files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

import metrics
from hrcam.pipeline.known_masks import known_ids
from hrcam.pipeline.opening import open_data
from metrics import MaskReading
from metrics.counting.truth import Truth
from simbench.dataset import Dataset
from simbench.opening import is_dataset
from simbench.urls import is_url

#: The truths of a dataset: all lesions, those that no other class may have, or how much
#: of each pixel is lesion (the expected effect over its largest value).
REGIONS = ("mask", "distinctive", "effect")


@dataclass(frozen=True)
class DatasetMasks:
    """The masks of a dataset's images, as a source for scoring."""

    dataset: Dataset
    ids: tuple[str, ...]
    region: str = "mask"

    def read(self, ids: Sequence[str]) -> Truth:
        """Return the truth of images in the order of ``ids``, lesions numbered."""
        soft = self.region == "effect"
        masks = self.dataset.read("mask" if soft else self.region, ids)
        shares = _shares(self.dataset.read("effect", ids)) if soft else None
        if "instances" not in self.dataset.arrays:
            return Truth(masks, shares)
        numbers = self.dataset.read("instances", ids)
        return Truth(masks, shares, numbered=numbers.astype(np.int64))


def _shares(effects: Float[np.ndarray, "n h w"]) -> Float[np.ndarray, "n h w"]:
    """Divide each image's effect by its largest size; 0 where there is none."""
    sizes = np.abs(effects).astype(np.float64)
    largest = sizes.max(axis=(1, 2), keepdims=True)
    shares = np.zeros_like(sizes)
    return np.divide(sizes, largest, out=shares, where=largest > 0)


def find_masks(
    truth: Any,
    split: str,
    region: str = "mask",
    reading: MaskReading | None = None,
    like: Any = None,
) -> tuple[Any, Dataset | None]:
    """Return a source of masks, and the dataset it belongs to or None.

    Parameters
    ----------
    truth, split, region
        As of :func:`score`.
    reading
        What counts as lesion in files; a dataset knows.
    like
        Maps that say how large images are where masks do not.

    Raises
    ------
    FileNotFoundError
        If a path does not exist.
    ValueError
        If there is no such split or region, none of its masks is known, or a dataset is
        to be read otherwise.
    """
    if region not in REGIONS:
        msg = f"region must be one of {', '.join(REGIONS)}, got {region!r}"
        raise ValueError(msg)
    if is_url(truth):
        truth = open_data(truth)
    if isinstance(truth, str | Path):
        path = Path(truth)
        if not path.exists() and "::" not in str(path):
            msg = f"--masks must be a dataset or a folder of masks, got no {path}"
            raise FileNotFoundError(msg)
        if not is_dataset(path):
            return metrics.open_masks(path, reading, like), None
        truth = open_data(path)
    if isinstance(truth, list | tuple) and all(
        isinstance(path, str | Path) for path in truth
    ):
        return metrics.open_masks(truth, reading, like), None
    if isinstance(truth, Dataset):
        if reading not in (None, MaskReading()):
            msg = (
                "masks of a dataset must be read as it says, got other choices of "
                "reading; export them first, or choose a region"
            )
            raise ValueError(msg)
        return DatasetMasks(truth, tuple(known_ids(truth, split)), region), truth
    return truth, None
