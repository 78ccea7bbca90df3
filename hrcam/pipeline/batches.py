"""Stack the batches of a loader, of whatever library, as arrays."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from jaxtyping import Shaped

#: Words for images and labels in batches that are mappings.
IMAGES = ("image", "images", "pixel_values", "x")
LABELS = ("label", "labels", "target", "y")


def gathered(split: str, given: Any) -> tuple[Any, Any]:
    """Run through a loader and stack its batches."""
    if hasattr(given, "shape"):
        return given, None
    if isinstance(given, tuple) and len(given) == 2 and hasattr(given[0], "shape"):
        return given
    if not isinstance(given, Iterable):
        msg = (
            f"{split} images must be a loader of batches, a tensor or an array, got "
            f"{type(given).__name__}"
        )
        raise ValueError(msg)
    batches = [_batch(batch) for batch in given]
    if not batches:
        msg = f"{split} loader must yield batches, got none"
        raise ValueError(msg)
    images = np.concatenate([as_array(x) for x, _ in batches])
    labels = [y for _, y in batches]
    if any(y is None for y in labels):
        return images, None
    return images, np.concatenate([np.atleast_1d(as_array(y)) for y in labels])


def _batch(batch: Any) -> tuple[Any, Any]:
    """Return images and labels of one batch, labels None where it has none."""
    if isinstance(batch, Mapping):
        images = next((batch[word] for word in IMAGES if word in batch), None)
        if images is None:
            msg = (
                f"batch must hold images as one of {', '.join(IMAGES)}, got "
                f"{', '.join(map(str, batch))}"
            )
            raise ValueError(msg)
        return images, next((batch[word] for word in LABELS if word in batch), None)
    if isinstance(batch, tuple | list):
        return batch[0], batch[1] if len(batch) > 1 else None
    return batch, None


def as_array(given: Any) -> Shaped[np.ndarray, "..."]:
    """Return a tensor of any library as an array, from wherever it lives."""
    for word in ("detach", "cpu"):
        given = getattr(given, word)() if hasattr(given, word) else given
    if str(getattr(given, "dtype", "")) == "torch.bfloat16":  # NumPy has no such
        given = given.float()
    return np.asarray(given)
