"""Draw one annotation of COCO: a polygon, run lengths or a box."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Bool

from metrics.sources.formats.boxes import fill
from metrics.sources.formats.image import ImageError, complete
from metrics.sources.formats.rle import decode


def draw(
    annotation: Mapping[str, Any], size: tuple[int, int], name: str
) -> Bool[np.ndarray, "h w"]:
    """Make the mask of an annotation: its segmentation, else its box."""
    shape = annotation.get("segmentation")
    if not shape:
        if "bbox" not in annotation:
            msg = f"{name} must have a segmentation or a bbox, got neither"
            raise ImageError(msg)
        with complete(name):
            x, y, width, height = map(float, annotation["bbox"])
        return fill((x, y, width, height), size, name)
    if isinstance(shape, Mapping):
        mask = decode(shape, name)
        if mask.shape != size:
            msg = f"{name} must have its image's size {size}, got {mask.shape}"
            raise ImageError(msg)
        return mask
    with complete(name):
        mask = np.zeros(size, bool)
        for points in shape:
            mask |= _fill_polygon(points, size)
    return mask


def _fill_polygon(points: Any, size: tuple[int, int]) -> Bool[np.ndarray, "h w"]:
    """Mark the pixels whose centers lie in a polygon of corners x, y, x, y and so on.

    One too thin to hold any marks the pixel of its middle.
    """
    from skimage import draw as drawing  # only who has polygons needs it

    fill_in: Any = drawing.polygon

    corners = np.array(points, dtype=np.float64).reshape(-1, 2)
    if len(corners) < 3 or not np.isfinite(corners).all():
        msg = f"a polygon of {len(corners)} points"
        raise ValueError(msg)
    mask = np.zeros(size, bool)
    mask[fill_in(corners[:, 1] - 0.5, corners[:, 0] - 0.5, size)] = True
    if not mask.any():
        x, y = map(math.floor, corners.mean(axis=0))
        if not (0 <= y < size[0] and 0 <= x < size[1]):
            msg = f"a polygon outside its {size[0]} x {size[1]} pixels"
            raise ValueError(msg)
        mask[y, x] = True
    return mask
