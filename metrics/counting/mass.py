"""Add up what a map puts where, on its own scale."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from metrics.counting.loops import add_mass
from metrics.counting.truth import Truth

_LARGE = 1e290


@dataclass(frozen=True)
class Mass:
    """Sums over the pixels that count, NaN for a map that is not finite, each (n,).

    Attributes
    ----------
    positive_inside, positive
        Of the map's positive part, in the lesion and everywhere.
    absolute_inside, absolute
        Of the map's absolute value, in the lesion and everywhere.
    """

    positive_inside: Float[np.ndarray, " n"]
    positive: Float[np.ndarray, " n"]
    absolute_inside: Float[np.ndarray, " n"]
    absolute: Float[np.ndarray, " n"]


def weigh(maps: Float[np.ndarray, "n ..."], truth: Truth) -> Mass:
    """Add up each map's mass in the written order of its pixels, in float64.

    A map with values whose sum would leave float64 is divided by 2**64 first, which is
    exact: shares stay what they are.
    """
    pixels = maps.reshape(len(maps), -1)
    sums = np.zeros((len(maps), 4))
    for index, values in enumerate(pixels):
        largest = max(abs(float(values.max())), abs(float(values.min())))
        if not np.isfinite(largest):
            sums[index] = np.nan
            continue
        scaled = values if largest < _LARGE else values * 2.0**-64
        add_mass(scaled, truth.codes[index], truth.shares[index], sums[index])
    return Mass(*sums.T)
