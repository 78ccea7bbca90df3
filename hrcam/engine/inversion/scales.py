"""An image as a sum of smaller images, each enlarged bilinearly to the same size."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from hrcam.enlargement import interpolation

#: How many sizes there are at most, each half the one before.
SCALES = 5


def widths(size: tuple[int, int]) -> list[tuple[int, int]]:
    """Return rows and columns of the images of each scale, large to small."""
    return [(-(-size[0] // 2**k), -(-size[1] // 2**k)) for k in range(SCALES)]


def together(parts: Sequence[Any], sizes: Sequence[tuple[int, int]]) -> Any:
    """Add images of all scales, (n, h, w, c) each, at the size of the first."""
    total = parts[0]
    for scale, (part, size) in enumerate(zip(parts, sizes, strict=True)):
        if scale:
            rows, columns = (
                _matrix(whole, length, scale)
                for whole, length in zip(sizes[0], size, strict=True)
            )
            total = total + keras.ops.einsum("Hh,nhwc,Ww->nHWc", rows, part, columns)
    return total


def _matrix(pixels: int, units: int, scale: int) -> Any:
    line = (2.0**scale, (2.0**scale - 1) / 2)
    return interpolation(pixels, units, line).astype(np.float32)
