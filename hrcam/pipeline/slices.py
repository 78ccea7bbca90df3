"""Pictures of images that are not all flat or of one size: a slice each, one frame."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float

from metrics.counting.truth import Truth


def choose_slice(truth: Truth) -> tuple[int, int] | None:
    """Choose where to cut a volume: across the coarsest axis, most lesion pixels.

    Parameters
    ----------
    truth
        Of one image.

    Returns
    -------
    axis, index
        None for an image of two axes, which is shown whole.
    """
    if len(truth.size) < 3:
        return None
    axis = int(np.argmax(truth.spacing))
    others = tuple(other for other in range(3) if other != axis)
    return axis, int(truth.lesion[0].sum(axis=others).argmax())


def cut(
    image: Float[np.ndarray, "..."] | Bool[np.ndarray, "..."],
    place: tuple[int, int] | None,
) -> Float[np.ndarray, "h w"] | Bool[np.ndarray, "h w"]:
    """Take a slice, or the image as it is."""
    return image if place is None else np.take(image, place[1], axis=place[0])


def frame(
    pictures: Sequence[Float[np.ndarray, "_h _w"] | Bool[np.ndarray, "_h _w"]],
) -> Float[np.ndarray, "n h w"] | Bool[np.ndarray, "n h w"]:
    """Stack pictures; smaller ones are filled up at the bottom and the right.

    With NaN, or False in masks: pixels keep their size and none is interpolated.
    """
    sizes = np.array([picture.shape for picture in pictures])
    height, width = sizes.max(axis=0)
    masks = all(picture.dtype == bool for picture in pictures)
    blank = np.zeros((len(pictures), height, width), bool)
    whole = blank if masks else np.full(blank.shape, np.nan, np.float32)
    for picture, into in zip(pictures, whole, strict=True):
        into[: picture.shape[0], : picture.shape[1]] = picture
    return whole
