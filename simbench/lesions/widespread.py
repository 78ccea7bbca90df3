"""Widespread lesions: a faint change of intensity without a border to be seen."""

from typing import Literal

import numpy as np
from jaxtyping import Float32
from pydantic import Field

from simbench.additive import Additive, strengths
from simbench.body import Body
from simbench.geometry.regions import Shape, places, softness
from simbench.infiltration import infiltrating
from simbench.scene import Lesion, Place
from simbench.streams import Stream


class Widespread(Additive):
    """A table ``[lesions.NAME]`` of kind ``widespread``."""

    kind: Literal["widespread"]
    count: int = Field(default=1, ge=1, le=20)
    """Regions in an image, at most."""
    shape: Shape = Field(
        default_factory=lambda: Shape(
            radius=(0.14, 0.2), elongation=1.4, irregularity=0.15, edge=0.9, inside=0.7
        )
    )
    """The edge is nearly as wide as the region: most of it lies on the slope."""


def place(
    parameters: Widespread, body: Body, stream: Stream, sign: int
) -> tuple[Place, ...]:
    """Draw where the regions lie, how strong they are and of which sign."""
    drawn = strengths(parameters, parameters.count, stream, sign)
    found = places(stream, body.home, parameters.count, parameters.shape)
    return tuple(
        {**spot, **strength} for spot, strength in zip(found, drawn, strict=False)
    )


def pattern(
    parameters: Widespread, place: Place, size: tuple[int, int]
) -> Float32[np.ndarray, "h w"]:
    """Return the region's weight w, smoothed to 3 w**2 - 2 w**3.

    Neither end of the slope then has a kink, which the eye would see as a line (Mach
    band), and the half maximum stays where it is.
    """
    weight = softness(place, size, parameters.shape.edge)
    return weight * weight * (3 - 2 * weight)


LESION = Lesion("widespread", Widespread, place, infiltrating(pattern))
