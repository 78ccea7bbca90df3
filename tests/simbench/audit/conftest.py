"""Datasets in memory, of plain arrays and of phantoms, that audits look at."""

import numpy as np
import pandas as pd
import pytest
from scipy import ndimage

from simbench.dataset import Dataset


def clouds(count, size=(24, 32), seed=0, channels=1, dtype=np.uint8):
    """Draw smooth noise whose brightness varies from image to image."""
    random = np.random.default_rng(seed)
    shape = (count, *size) if channels == 1 else (count, *size, channels)
    noise = ndimage.gaussian_filter(random.normal(size=shape), 1.0, axes=(1, 2))
    offset = random.normal(size=(count, *[1] * (len(shape) - 1)))
    top = np.iinfo(dtype).max
    return np.clip(top / 2 + top / 10 * (3 * noise + offset), 0, top).astype(dtype)


def dataset_of(images, labels, **columns):
    """Make a dataset without a recipe; columns of arrays' shape become arrays."""
    labels = np.asarray(labels)
    arrays = {k: v for k, v in columns.items() if np.ndim(v) > 1}
    rows = {k: v for k, v in columns.items() if np.ndim(v) == 1}
    ids = [f"{n:06d}" for n in range(len(images))]
    index = pd.DataFrame({"image_id": ids, "label": labels, **rows})
    classes = tuple(f"class {k}" for k in range(int(labels.max()) + 1))
    empty = pd.DataFrame({"image_id": [], "name": []})
    return Dataset(
        "made", None, classes, index, empty, empty, {"image": images} | arrays
    )


def row_of(result, name, lesion="all"):
    """Return the row of one check."""
    (row,) = (r for r in result["checks"] if (r["name"], r["lesion"]) == (name, lesion))
    return row


def shuffled(count, classes=2, seed=1):
    """Return labels of equal numbers in a random order."""
    return np.random.default_rng(seed).permutation(np.arange(count) % classes)


@pytest.fixture(scope="session")
def make():
    """Give the functions of this file, which test modules cannot import."""
    from types import SimpleNamespace

    return SimpleNamespace(
        clouds=clouds, dataset=dataset_of, row=row_of, shuffled=shuffled
    )
