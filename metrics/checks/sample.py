"""Choose the images to look at: some with a lesion, evenly over all of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy import ndimage

from metrics.checks.ranks import choose_block, pool
from metrics.counting.truth import Truth
from metrics.sources.intake import read_masks
from metrics.sources.source import MaskSource

IMAGES = 64
"""Images with a lesion that are looked at, at most."""

_Cells = Float[np.ndarray, "..."]
_Known = Bool[np.ndarray, "..."]
_READ = 16 * IMAGES
_BATCH_PIXELS = 2**20


@dataclass(frozen=True, eq=False)
class Sample:
    """Images with lesion and healthy pixels, on a grid of blocks.

    Attributes
    ----------
    ids
        The images, sorted.
    size
        Size of an image in pixels.
    block
        Pixels of a block along each axis.
    lesion
        Share of each block that is lesion, (n, ...).
    counted
        Whether any pixel of a block counts, (n, ...).
    """

    ids: tuple[str, ...]
    size: tuple[int, ...]
    block: tuple[int, ...]
    lesion: Float[np.ndarray, "n ..."]
    counted: Bool[np.ndarray, "n ..."]

    @property
    def cells(self) -> tuple[int, ...]:
        """Size of an image in blocks."""
        return self.lesion.shape[1:]

    @cached_property
    def weights(self) -> Float[np.ndarray, "n ..."]:
        """Share of each image's lesion that lies in each block."""
        axes = tuple(range(1, self.lesion.ndim))
        inside = self.lesion.sum(axis=axes, keepdims=True)
        return (self.lesion / inside).astype(np.float32)

    @cached_property
    def healthy(self) -> Float[np.ndarray, " n"]:
        """Share of what counts in each image that is healthy."""
        axes = tuple(range(1, self.lesion.ndim))
        return 1 - self.lesion.sum(axis=axes) / self.counted.sum(axis=axes)

    @cached_property
    def scatter(self) -> Float[np.ndarray, " axes"]:
        """Standard deviation of the lesions' centers along each axis, in sides."""
        found = self.coordinates
        share = self.weights[tuple(found.T)][:, None]
        centers = np.zeros((len(self.ids), len(self.cells)))
        np.add.at(centers, found[:, 0], share * found[:, 1:])
        return centers.std(axis=0) / self.cells

    @cached_property
    def coordinates(self) -> Int[np.ndarray, "p axes"]:
        """Image and place of every block with lesion, image by image."""
        return np.argwhere(self.lesion > 0)

    @cached_property
    def away(self) -> Float[np.ndarray, "p axes"]:
        """How far from the image's center the middle of each block's lesion lies.

        A lesion is a connected part, corners included.
        """
        corners = np.ones((3,) * len(self.cells), bool)
        found = self.coordinates
        number = np.empty(len(found), np.int64)
        start = total = 0
        for mask in self.lesion > 0:
            labels, parts = ndimage.label(mask, corners)
            count = int(np.count_nonzero(mask))
            number[start : start + count] = labels[mask] + total - 1
            start, total = start + count, total + parts
        sums = np.zeros((total, len(self.cells)))
        np.add.at(sums, number, found[:, 1:])
        middle = sums / np.bincount(number, minlength=total)[:, None]
        return middle[number] - (np.array(self.cells) - 1) / 2

    def take(self, rows: Bool[np.ndarray, " n"]) -> "Sample":
        """Keep some of the images."""
        ids = tuple(key for key, keep in zip(self.ids, rows, strict=True) if keep)
        return Sample(ids, self.size, self.block, self.lesion[rows], self.counted[rows])


def draw(masks: MaskSource, ids: Sequence[str], images: int = IMAGES) -> Sample | None:
    """Choose images with a lesion, evenly over the sorted ids; None if there is none.

    The choice depends on the ids and masks only. At most sixteen times as many masks
    are read as images wanted. Where images differ in size, those are taken that are as
    large as the first one with a lesion.
    """
    names = sorted(ids)
    order = spread(len(names))[:_READ]
    found: dict[str, tuple[_Cells, _Known]] = {}
    size: tuple[int, ...] = ()
    step = 1
    while order.size and len(found) < images:
        keys = sorted(names[place] for place in order[:step])
        order = order[step:]
        for batch, truth in read_masks(masks, keys):
            step = max(1, min(images, _BATCH_PIXELS // prod(truth.size)))
            if size and truth.size != size:
                continue
            both = zip(batch, *_pool(truth, choose_block(truth.size)), strict=True)
            useful = {
                key: (lesion, counted)
                for key, lesion, counted in both
                if 0 < lesion.sum() < counted.sum()
            }
            size = truth.size if useful else size
            found |= dict(list(useful.items())[: images - len(found)])
    if not found:
        return None
    chosen = tuple(sorted(found))
    lesion = np.stack([found[key][0] for key in chosen])
    counted = np.stack([found[key][1] for key in chosen])
    return Sample(chosen, size, choose_block(size), lesion, counted)


def batches(sample: Sample) -> Iterator[slice]:
    """Cut the sample into batches of about a million pixels."""
    step = max(1, _BATCH_PIXELS // prod(sample.size))
    for start in range(0, len(sample.ids), step):
        yield slice(start, start + step)


def spread(count: int) -> Int[np.ndarray, " count"]:
    """Order places so that the first few, however many, lie evenly among all.

    Multiples of the golden ratio, so that no period of the images is met: classes often
    alternate.
    """
    turns = np.arange(count) * ((np.sqrt(5) - 1) / 2) % 1
    return np.argsort(np.argsort(turns, kind="stable"), kind="stable")


def _pool(
    truth: Truth, block: tuple[int, ...]
) -> tuple[Float[np.ndarray, "n ..."], Bool[np.ndarray, "n ..."]]:
    """Share of each block that is lesion, and whether any of it counts."""
    lesion = pool(truth.marked, block)
    if truth.ignored is None:
        return lesion, np.ones(lesion.shape, bool)
    return lesion, pool(truth.ignored, block) < 1
