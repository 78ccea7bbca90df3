"""Blotches: patches of random outline scattered over a soft region.

They are where a Gaussian random field of their own exceeds a threshold. The field is
part of the lesion's geometry: its seed is drawn with the place, so a counterfactual
keeps or loses these very blotches, and the expected effect is what they add, exactly.
"""

from typing import Literal

import numpy as np
from jaxtyping import Float32
from pydantic import Field, field_validator
from scipy.special import ndtri

from simbench.additive import Additive, strengths
from simbench.body import Body
from simbench.geometry.regions import Shape, places, softness
from simbench.infiltration import infiltrating
from simbench.parameters import Positive, PositiveLimits
from simbench.scene import Lesion, Place
from simbench.seeds import reopened, seed
from simbench.streams import Stream
from simbench.texture import Spectrum, field


class Blotches(Additive):
    """A table ``[lesions.NAME]`` of kind ``blotches``."""

    kind: Literal["blotches"]
    share: PositiveLimits = (0.3, 0.4)
    """Part of the region that blotches cover, on average over their random field."""
    spectrum: Spectrum = Spectrum(slope=6.0, length=16.0)
    """Of the random field; a slope above 4 gives smooth outlines."""
    soft: Positive = 0.5
    """Width of the blotches' borders, in standard deviations of the field."""
    count: int = Field(default=1, ge=1, le=20)
    """Regions in an image, at most."""
    shape: Shape = Field(
        default_factory=lambda: Shape(radius=(0.14, 0.2), inside=0.7, edge=0.4)
    )

    @field_validator("share")
    @classmethod
    def _share_is_a_part(cls, value: tuple[float, float]) -> tuple[float, float]:
        if value[1] >= 1:
            msg = "must be [low, high] with 0 < low <= high < 1"
            raise ValueError(msg)
        return value


def place(
    parameters: Blotches, body: Body, stream: Stream, sign: int
) -> tuple[Place, ...]:
    """Draw regions, strengths, the blotches' share and the seed of their field."""
    drawn = strengths(parameters, parameters.count, stream, sign)
    found = places(stream, body.home, parameters.count, parameters.shape)
    return tuple(
        {
            **spot,
            **strength,
            "share": stream.between(parameters.share),
            "seed": seed(stream),
        }
        for spot, strength in zip(found, drawn, strict=False)
    )


def pattern(
    parameters: Blotches, place: Place, size: tuple[int, int]
) -> Float32[np.ndarray, "h w"]:
    """Return the region's weight times a ramp across the field's threshold.

    The field g has mean 0 and variance 1, so the threshold t = quantile(1 - share) of
    the normal law makes the share of g > t exact on average. A region that would stay
    empty, because g is low all over it, gets its highest point.
    """
    weight = softness(place, size, parameters.shape.edge)
    inside = weight > 0
    values = field(reopened(place["seed"]), size, parameters.spectrum, 0.0)[inside]
    highest = values[weight[inside] >= 0.5].max() - parameters.soft / 2
    threshold = np.float32(min(ndtri(1 - place["share"]), highest))
    ramp = np.clip((values - threshold) / np.float32(parameters.soft) + 0.5, 0, 1)
    weight[inside] *= ramp
    return weight


LESION = Lesion("blotches", Blotches, place, infiltrating(pattern))
