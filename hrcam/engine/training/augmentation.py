"""Shift, flip and rotate training images: the paper's augmentation, in one warp.

The parameters come from one stateless stream per epoch; the warp itself is one bilinear
interpolation on the device, so an image that is only shifted and flipped stays sharp.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class Augmentation:
    """How far training images are moved.

    Parameters
    ----------
    shift
        Largest shift in each direction, as a share of the side; whole pixels.
    flip
        Mirror left and right with probability one half. None leaves it to the dataset:
        :func:`hrcam.train` mirrors no images that may show letters. Here, where nothing
        is known of them, None mirrors.
    rotation
        Largest rotation in degrees, either way.
    rotated
        Share of the images that are rotated at all.
    """

    shift: float = 0.06
    flip: bool | None = None
    rotation: float = 10.0
    rotated: float = 0.2


def transforms(
    rng: np.random.Generator, count: int, size: tuple[int, int], how: Augmentation
) -> Float[np.ndarray, "count 8"]:
    """Draw projective transforms (output to input) about the image's center.

    Returns rows ``a0 a1 a2 b0 b1 b2 c0 c1`` as ``keras.ops.image.affine_transform``
    takes them: x' = a0 x + a1 y + a2 and y' = b0 x + b1 y + b2.
    """
    height, width = size
    angle = np.deg2rad(rng.uniform(-how.rotation, how.rotation, count))
    angle *= rng.random(count) < how.rotated
    flip = how.flip is not False
    mirror = np.where((rng.random(count) < 0.5) & flip, -1.0, 1.0)
    reach = np.floor(np.array([width, height]) * how.shift).astype(int)
    shift = rng.integers(-reach, reach + 1, (count, 2))
    cos, sin = np.cos(angle), np.sin(angle)
    a0, a1, b0, b1 = cos * mirror, -sin, sin * mirror, cos
    x, y = (width - 1) / 2, (height - 1) / 2
    a2 = x - a0 * x - a1 * y + shift[:, 0]
    b2 = y - b0 * x - b1 * y + shift[:, 1]
    none = np.zeros(count)
    return np.stack([a0, a1, a2, b0, b1, b2, none, none], axis=1).astype(np.float32)
