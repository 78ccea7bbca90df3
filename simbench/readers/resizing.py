"""Bring pictures of any size to the one size of a dataset, and to its channels.

Images are filtered: Pillow's bilinear filter, whose triangle is as wide as the step
between the new pixels, so that nothing aliases. Of masks the nearest pixel is taken.
Both stretch the picture to the new size; centers of pixels keep their place.
"""

import numpy as np
from jaxtyping import Shaped, UInt8
from PIL import Image

#: Weights of red, green and blue in gray (ITU-R BT.601), as Pillow has them.
LUMA = (0.299, 0.587, 0.114)


def fit_image(
    pixels: Shaped[np.ndarray, "h w *rgb"], size: tuple[int, int], channels: int
) -> UInt8[np.ndarray, "rows columns *channels"]:
    """Return an image of the given size with 1 (no axis) or 3 channels."""
    if pixels.dtype != np.uint8:
        pixels = pixels.astype(np.float32)
    if channels == 1 and pixels.ndim == 3:
        pixels = _gray(pixels)
    if channels == 3 and pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    if pixels.shape[:2] == size:
        return _bytes(pixels)
    if pixels.dtype == np.uint8:
        return np.asarray(_resized(pixels, size))
    planes = pixels[..., None] if pixels.ndim == 2 else pixels
    fitted = np.stack(
        [np.asarray(_resized(planes[..., k], size)) for k in range(planes.shape[2])],
        axis=2,
    )
    return _bytes(fitted[..., 0] if pixels.ndim == 2 else fitted)


def fit_mask(
    pixels: Shaped[np.ndarray, "h w"], size: tuple[int, int]
) -> UInt8[np.ndarray, "rows columns"]:
    """Return a mask of the given size: 1 where the nearest pixel is not 0, else 0."""
    marked = (pixels != 0).astype(np.uint8)
    if marked.shape == size:
        return marked
    # the pixel that a new one's center lies in, in whole numbers: (r + 1/2) h / rows
    rows, columns = (
        (2 * np.arange(new) + 1) * old // (2 * new)
        for new, old in zip(size, marked.shape, strict=True)
    )
    return marked[np.ix_(rows, columns)]


def _gray(pixels: Shaped[np.ndarray, "h w 3"]) -> Shaped[np.ndarray, "h w"]:
    if pixels.dtype == np.uint8:
        return np.asarray(Image.fromarray(pixels).convert("L"))
    return pixels @ np.array(LUMA, np.float32)


def _resized(
    pixels: Shaped[np.ndarray, "h w *rgb"], size: tuple[int, int]
) -> Image.Image:
    height, width = size
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    return picture.resize((width, height), Image.Resampling.BILINEAR)


def _bytes(
    pixels: Shaped[np.ndarray, "h w *rgb"],
) -> UInt8[np.ndarray, "h w *rgb"]:
    if pixels.dtype == np.uint8:
        return pixels
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
