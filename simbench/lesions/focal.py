"""Focal lesions: soft irregular spots, brighter or darker than their surroundings."""

from typing import Literal

import numpy as np
from jaxtyping import Float32
from pydantic import Field

from simbench.additive import Additive, added, strengths
from simbench.body import Body
from simbench.geometry.regions import Shape, places, softness
from simbench.parameters import LesionCount
from simbench.scene import Lesion, Place
from simbench.streams import Stream


class Focal(Additive):
    """A table ``[lesions.NAME]`` of kind ``focal``."""

    kind: Literal["focal"]
    count: LesionCount = (1, 1)
    """Fewest and most lesions of an image."""
    shape: Shape = Field(default_factory=lambda: Shape(radius=(0.04, 0.08)))


def place(
    parameters: Focal, body: Body, stream: Stream, sign: int
) -> tuple[Place, ...]:
    """Draw where the image's lesions lie, how strong they are and of which sign."""
    fewest, most = parameters.count
    count = fewest + stream.integer(most - fewest + 1)
    drawn = strengths(parameters, count, stream, sign)
    found = places(stream, body.home, count, parameters.shape)
    return tuple(
        {**spot, **strength} for spot, strength in zip(found, drawn, strict=False)
    )


def pattern(
    parameters: Focal, place: Place, size: tuple[int, int]
) -> Float32[np.ndarray, "h w"]:
    """Return the soft spot: 1 inside, 0 outside."""
    return softness(place, size, parameters.shape.edge)


LESION = Lesion("focal", Focal, place, added(pattern))
