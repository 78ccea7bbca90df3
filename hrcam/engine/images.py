"""Images on their way into a network, and its predictions back."""

import keras
import numpy as np
from jaxtyping import Float, Shaped

Images = Shaped[np.ndarray, "n h w *c"]


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


def as_batch(images: Images) -> Float[np.ndarray, "n h w c"]:
    """Return images as float32 with a channel axis."""
    pixels = images.astype(np.float32)
    return pixels[..., None] if pixels.ndim == 3 else pixels
