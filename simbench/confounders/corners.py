"""Dark corners: the round field of view of a lens."""

from typing import Literal

import numpy as np
from jaxtyping import UInt8

from simbench.confounders.confounder import Confounder, ConfounderParameters, Layer
from simbench.parameters import Color, Positive, PositiveLimits
from simbench.streams import Stream


class Corners(ConfounderParameters):
    """A table ``[confounders.NAME]`` of kind ``corners``."""

    kind: Literal["corners"]
    radius: PositiveLimits = (0.85, 1.0)
    """Of the field of view, as a share of half the frame's diagonal."""
    edge: Positive = 0.04
    """Width of the transition, as a share of half the diagonal."""
    color: Color = (0.0,)


def draw(
    parameters: Corners, tissue: UInt8[np.ndarray, "h w"], stream: Stream
) -> Layer:
    """Darken what lies beyond the radius."""
    radius = stream.between(parameters.radius)
    height, width = tissue.shape
    y = np.arange(height, dtype=np.float32)[:, None] - np.float32((height - 1) / 2)
    x = np.arange(width, dtype=np.float32)[None] - np.float32((width - 1) / 2)
    away = np.hypot(y, x) / np.float32(np.hypot(height, width) / 2)
    opacity = np.clip((away - np.float32(radius)) / np.float32(parameters.edge), 0, 1)
    return Layer(opacity, np.array(parameters.color, np.float32), {"radius": radius})


CONFOUNDER = Confounder("corners", Corners, draw)
