"""Peaks: does the map tell two lesions apart, or are they one to it."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from metrics.counting.truth import IGNORED
from metrics.scores.findings import count_lesions, number
from metrics.scores.kept import kept
from metrics.scores.saddles import find_saddles
from metrics.scores.score import Compared, Score, by_name

PROMINENCE = 0.05
"""Share of the map's range by which it must dip between two separate lesions."""


def peak_separation(compared: Compared) -> Float[np.ndarray, " n"]:
    """Share of pairs of lesions between which the map dips below both.

    Of all paths from one lesion to the other, through corners too, the best is the one
    whose lowest point, the saddle, is highest. A pair is told apart if the map's mean
    in either lesion stands above the saddle by 5 % of the map's range. Then each lesion
    has a maximum of its own; the means, not the maxima, must stand out because noise
    has maxima everywhere. A lesion on the slope of another's peak is not told apart,
    nor is anything by a constant map. Pixels that do not count may be crossed at will.
    """
    return _dips(compared).separate


def saddle_depth(compared: Compared) -> Float[np.ndarray, " n"]:
    """Depth of the dip between lesions over the lower one's height, mean of pairs.

    One minus saddle over height, not below 0, of the map stretched to [0, 1]; a
    lesion's height is its mean and the saddle is that of ``peak_separation``. 0 where
    the lower lesion is at the map's minimum.
    """
    return _dips(compared).depth


@dataclass(frozen=True)
class Dips:
    """Means over the pairs of lesions of each image; NaN without a pair, (n,)."""

    separate: Float[np.ndarray, " n"]
    depth: Float[np.ndarray, " n"]


@kept
def _dips(compared: Compared) -> Dips:
    """Measure the dips between the lesions of every map."""
    truth = compared.truth
    lesions = count_lesions(truth)
    result = np.full((2, len(truth)), np.nan)
    for index in np.flatnonzero(compared.finite & (lesions > 1)).tolist():
        map = compared.normalized[index]
        if truth.ignored is not None:
            counted = (truth.codes[index] != IGNORED).reshape(map.shape)
            map = np.where(counted, map, np.inf)
        result[:, index] = measure_dips(map, number(truth)[index])
    return Dips(*result)


def measure_dips(
    map: Float[np.ndarray, "..."], lesions: Int[np.ndarray, "..."]
) -> tuple[float, float]:
    """Return the share of pairs that a map tells apart and the mean depth.

    The map has values from 0 to 1, and infinity where it does not count; lesions are
    numbered from 1 without a gap, two at least.
    """
    inside = lesions > 0
    numbers = lesions[inside]
    sizes = np.bincount(numbers)[1:]
    heights = np.bincount(numbers, map[inside])[1:] / sizes
    one, other = np.triu_indices(len(heights), 1)
    lower = np.minimum(heights[one], heights[other])
    saddles = find_saddles(map, lesions, lower.max())[one, other]
    dips = lower - saddles
    depth = np.zeros_like(dips)
    np.divide(dips, lower, out=depth, where=dips > 0)
    return float((dips >= PROMINENCE).mean()), float(depth.mean())


SCORES = by_name(
    Score(
        "peak_separation",
        "Lesions told apart",
        peak_separation,
        undefined=("empty_mask", "single_lesion"),
        source="this project; claim 3 of the HR-CAM paper",
    ),
    Score(
        "saddle_depth",
        "Depth between lesions",
        saddle_depth,
        undefined=("empty_mask", "single_lesion"),
        standard=False,
        source="this project; claim 3 of the HR-CAM paper",
    ),
)
"""Scores of peaks and of what lies between them."""
