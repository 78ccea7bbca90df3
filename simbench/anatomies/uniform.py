"""A uniform medium that fills the frame: texture only, where theory is exact."""

from typing import Literal

import numpy as np
from pydantic import Field

from simbench.body import Anatomy, Body
from simbench.parameters import KindParameters, NonNegative, Positive
from simbench.streams import Stream


class Uniform(KindParameters):
    """The table ``[anatomy]`` of kind ``uniform``."""

    kind: Literal["uniform"]
    intensity: Positive = 0.7
    """Everywhere, in the mean of all images."""
    spread: NonNegative = 0.05
    """Standard deviation of the intensity between images, which keeps an image's mean
    from telling its class; 0 makes all equal."""
    texture: NonNegative = 1.0
    """Standard deviation of a texture of contrast 1, whatever the intensity."""
    margin: float = Field(default=0.0, ge=0, lt=0.45)
    """Width of the border where no lesion lies, as a share of the shorter side."""


def draw(parameters: Uniform, size: tuple[int, int], stream: Stream) -> Body:
    """Draw one uniform frame.

    Parameters
    ----------
    parameters
        The recipe's ``[anatomy]``.
    size
        Height and width in pixels.
    stream
        Where the one number, the intensity, comes from.

    Returns
    -------
    The frame; a uniform medium looks the same however it is moved.
    """
    level = parameters.intensity + stream.gauss(parameters.spread)
    level = max(level, parameters.intensity / 10)
    border = round(parameters.margin * min(size))
    home = np.zeros(size, bool)
    home[border : size[0] - border, border : size[1] - border] = True
    body = Body(
        intensity=np.full((1, *size), level, np.float32),
        texture=np.full((1, *size), parameters.texture, np.float32),
        tissue=np.ones(size, np.uint8),
        home=home,
        factors={"intensity": level},
        redraw=lambda _down, _right: body,
    )
    return body


ANATOMY = Anatomy("uniform", Uniform, ("medium",), draw)
