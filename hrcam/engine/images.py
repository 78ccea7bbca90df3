"""Images on their way into a network, and its predictions back."""

from typing import Any, Protocol, runtime_checkable

import keras
import numpy as np
from jaxtyping import Float, Shaped

Pixels = Shaped[np.ndarray, "n h w *c"]


@runtime_checkable
class Images(Protocol):
    """Gray (n, h, w) or color (n, h, w, c) images: an array, or what reads some of one.

    Nothing but ``shape`` is asked of images that are not needed, so that memory does
    not grow with their number where they are read when they are indexed.
    """

    @property
    def shape(self) -> tuple[int, ...]: ...
    def __len__(self) -> int: ...
    def __getitem__(self, places: Any, /) -> Any:
        """Return the images of a slice or of an array of places, as an array."""


def predict(
    model: keras.Model, images: Images, batch: int = 64
) -> Float[np.ndarray, "n k"]:
    """Return class probabilities of images, (n, classes)."""
    parts = [
        keras.ops.convert_to_numpy(
            model(as_batch(images[i : i + batch]), training=False)
        )
        for i in range(0, len(images), batch)
    ]
    return np.concatenate(parts)


def as_batch(images: Pixels) -> Float[np.ndarray, "n h w c"]:
    """Return images as float32 with a channel axis."""
    pixels = images.astype(np.float32)
    return pixels[..., None] if pixels.ndim == 3 else pixels
