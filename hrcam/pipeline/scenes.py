"""From a dataset to what methods may know of its images, batch by batch."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, Int, Shaped

from simbench.dataset import Dataset

if TYPE_CHECKING:
    from hrcam.engine.explanation import Scene


def noise(ids: Sequence[str], size: tuple[int, int]) -> Float[np.ndarray, "n h w"]:
    """Return uniform numbers in [0, 1), one stateless stream per image."""
    rows = []
    for image in ids:
        digest = hashlib.sha256(f"random map of {image}".encode()).digest()
        stream = np.random.Philox(key=int.from_bytes(digest[:16], "little"))
        words = stream.random_raw(size[0] * size[1]) >> np.uint64(40)
        rows.append((words / 2.0**24).astype(np.float32).reshape(size))
    return np.stack(rows)


def labels_of(dataset: Dataset, ids: Sequence[str]) -> Int[np.ndarray, " n"]:
    """Return the class of each of the named images."""
    labels = dataset.index.set_index("image_id")["label"]
    return labels.loc[list(ids)].to_numpy().astype(np.int64)


def shape_of(dataset: Dataset) -> tuple[int, int, int]:
    """Return rows, columns and channels of a dataset's images."""
    rows, columns, channels = (*dataset.arrays["image"].shape[1:], 1)[:3]
    return rows, columns, channels


def tissues(dataset: Dataset, ids: Sequence[str]) -> Float[np.ndarray, "n h w"]:
    """Return 1 inside the body and 0 outside; 1 everywhere if the dataset is silent."""
    if "tissue" in dataset.arrays:
        return (dataset.read("tissue", ids) > 0).astype(np.float32)
    return np.ones((len(ids), *dataset.arrays["image"].shape[1:3]), np.float32)


def medians(
    grays: Float[np.ndarray, "n h w"], tissue: Float[np.ndarray, "n h w"]
) -> Float[np.ndarray, " n"]:
    """Return each image's median gray value inside the tissue."""
    pairs = zip(grays, tissue > 0, strict=True)
    return np.array(
        [np.median(g[t] if t.any() else g) for g, t in pairs], dtype=np.float32
    )


def scenes(
    dataset: Dataset,
    ids: Sequence[str],
    targets: Float[np.ndarray, "n k"],
    batch: int,
    *,
    truth: bool,
) -> Iterator["Scene"]:
    """Yield a dataset's images with what methods may know of them.

    ``targets`` holds each image's coefficients on the logits.
    """
    from hrcam.engine.explanation import Scene
    from hrcam.engine.training import as_batch

    for start in range(0, len(ids), batch):
        some = list(ids[start : start + batch])
        pixels = as_batch(dataset.read("image", some))
        tissue = tissues(dataset, some)
        yield Scene(
            pixels=pixels,
            target=targets[start : start + batch],
            tissue=tissue,
            tissue_median=medians(pixels.mean(axis=-1), tissue),
            noise=noise(some, pixels.shape[1:3]),
            truth=_truth(dataset, some) if truth else None,
        )


def has_truth(dataset: Dataset) -> bool:
    """Say whether the dataset knows masks and effects."""
    return {"mask", "effect"} <= set(dataset.arrays)


def _truth(dataset: Dataset, ids: Sequence[str]) -> Shaped[np.ndarray, "2 n h w"]:
    mask = dataset.read("mask", ids).astype(np.float32)
    return np.stack([mask, dataset.read("effect", ids).astype(np.float32)])
