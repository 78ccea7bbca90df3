"""Labelled images to train on, batch by batch."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from hrcam.engine.images import Images, as_batch
from hrcam.engine.training.augmentation import Augmentation, transforms

Labels = Int[np.ndarray, " n"]


@dataclass(frozen=True)
class Samples:
    """Labelled images.

    Parameters
    ----------
    images
        Gray (n, h, w) or color (n, h, w, c) values in [0, 255].
    labels
        Class of each image.
    classes
        How many there are.
    """

    images: Images
    labels: Labels
    classes: int

    def __len__(self) -> int:
        """Return how many images there are."""
        return len(self.images)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Rows, columns and channels of an image."""
        height, width, *rest = self.images.shape[1:]
        return height, width, rest[0] if rest else 1


@dataclass(frozen=True)
class Batch:
    """Images with the warp each is to get, their classes and weights (None: equal)."""

    pixels: Float[np.ndarray, "n h w c"]
    warps: Float[np.ndarray, "n 8"]
    labels: Labels
    weights: Float[np.ndarray, " n"] | None


@dataclass(frozen=True)
class Order:
    """How one epoch's images are shuffled, moved and weighted."""

    seed: int
    epoch: int
    batch: int
    augmentation: Augmentation
    weights: Float[np.ndarray, " k"] | None = None


def batches(samples: Samples, order: Order) -> Iterator[Batch]:
    """Yield one epoch of shuffled images; seed and epoch alone decide the stream."""
    count, size = len(samples), samples.shape[:2]
    rng = np.random.default_rng([order.seed, order.epoch])
    places = rng.permutation(count)
    warps = transforms(rng, count, size, order.augmentation)
    for start in range(0, count, order.batch):
        rows = places[start : start + order.batch]
        labels = samples.labels[rows]
        weights = None if order.weights is None else order.weights[labels]
        yield Batch(as_batch(samples.images[rows]), warps[rows], labels, weights)


def class_weights(samples: Samples, kind: str) -> Float[np.ndarray, " k"] | None:
    """Return the weight of each class in the loss: None, or ``balanced``.

    Balanced weights are n / (k n_c) for the k classes that occur, n_c images of n:
    every class has the same sum of weights, and the mean weight is 1.
    """
    if kind == "none":
        return None
    counts = np.bincount(samples.labels, minlength=samples.classes).astype(np.float64)
    shares = counts * np.count_nonzero(counts)
    weights = np.divide(
        counts.sum(), shares, out=np.zeros_like(counts), where=counts > 0
    )
    return weights.astype(np.float32)
