"""Multifocal lesions: a random number of small spots, apart from one another."""

from functools import lru_cache
from math import lgamma, log
from typing import Literal

import numpy as np
from jaxtyping import Float, Float32
from pydantic import Field

from simbench.additive import Additive, added, strengths
from simbench.body import Body
from simbench.geometry.regions import Shape, places, softness
from simbench.parameters import LesionCount, NonNegative, Positive
from simbench.scene import Lesion, Place
from simbench.streams import Stream


class Multifocal(Additive):
    """A table ``[lesions.NAME]`` of kind ``multifocal``."""

    kind: Literal["multifocal"]
    rate: Positive = 6.0
    """Mean of the Poisson law of the number of lesions, before ``count`` cuts it."""
    count: LesionCount = (2, 20)
    """Fewest and most lesions of an image: the Poisson law is cut to these."""
    distance: NonNegative = 0.06
    """Least distance of any two centers, as a share of the frame's shorter side."""
    shape: Shape = Field(default_factory=lambda: Shape(radius=(0.015, 0.04)))


def place(
    parameters: Multifocal, body: Body, stream: Stream, sign: int
) -> tuple[Place, ...]:
    """Draw how many lesions an image has, and where they lie.

    Given their number, each is uniform over the tissue that lies far enough from those
    before it: hard-core points as those of Matérn's second process (Matérn 1960), but
    none is deleted, so that the number keeps its Poisson law. Only where the tissue is
    full are there fewer.
    """
    chances = _cumulative(parameters.rate, parameters.count)
    chance = stream.uniform(1)[0]
    count = parameters.count[0] + int(np.searchsorted(chances, chance, side="right"))
    drawn = strengths(parameters, count, stream, sign)
    apart = parameters.distance * min(body.home.shape)
    found = places(stream, body.home, count, parameters.shape, distance=apart)
    return tuple(
        {**spot, **strength} for spot, strength in zip(found, drawn, strict=False)
    )


def pattern(
    parameters: Multifocal, place: Place, size: tuple[int, int]
) -> Float32[np.ndarray, "h w"]:
    """Return one soft spot: 1 inside, 0 outside."""
    return softness(place, size, parameters.shape.edge)


@lru_cache(maxsize=64)
def _cumulative(rate: float, limits: tuple[int, int]) -> Float[np.ndarray, " counts"]:
    """Tabulate the probability of at most fewest, fewest + 1, …, most - 1 lesions."""
    counts = range(limits[0], limits[1] + 1)
    terms = np.array([k * log(rate) - lgamma(k + 1) for k in counts])
    weights = np.exp(terms - terms.max())
    return np.cumsum(weights)[:-1] / weights.sum()


LESION = Lesion("multifocal", Multifocal, place, added(pattern))
