"""Compare two entries on the same images.

Differences are paired by image and their errors follow clusters (subjects), so
several slices of one patient do not pass for several patients.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from metrics.statistics.intervals import average
from metrics.statistics.verdicts import IDENTICAL, INCONCLUSIVE, judge


@dataclass(frozen=True)
class Difference:
    """First minus second entry, over images where both are defined.

    Attributes
    ----------
    count, clusters
        Images and subjects behind it.
    difference, low, high, low90, high90
        Mean and its intervals: the wide one for differences, the narrow one
        (twice the tail; 90 % by default) for equivalence.
    win_rate
        Share of images where the first is higher, ties counting one half.
    p_value
        Of no difference; NaN where not tested.
    verdict, reason
        One of :data:`~metrics.statistics.verdicts.VERDICTS`, and why if it is a special
        case.
    """

    count: int
    clusters: int
    difference: float
    low: float
    high: float
    low90: float
    high90: float
    win_rate: float
    p_value: float
    verdict: str
    reason: str


def subtract(
    first: Float[np.ndarray, "..."], second: Float[np.ndarray, "..."]
) -> Float[np.ndarray, "..."]:
    """Subtract paired scores, rounded at 1e-12 so that noise is not a difference."""
    return np.round(first - second, 12) + 0.0  # no negative zero


def contrast(
    first: Float[np.ndarray, " n"],
    second: Float[np.ndarray, " n"],
    groups: Int[np.ndarray, " n"],
    margin: float = 0.02,
    level: float = 0.95,
) -> Difference:
    """Compare paired scores.

    Parameters
    ----------
    first, second
        Scores of the same images in the same order, NaN where undefined.
    groups
        Subject of each image.
    margin
        Largest difference that does not matter.
    level
        Coverage of the wide interval.

    Examples
    --------
    >>> a = np.array([0.5, 0.7, 0.6, 0.9, 0.8, 0.7])
    >>> contrast(a, a, np.arange(6)).verdict
    'identical'
    """
    both = np.isfinite(first) & np.isfinite(second)
    values = subtract(first[both], second[both])
    mean = average(values, groups[both])
    wins = np.nan
    if mean.count:
        wins = float((values > 0).mean() + (values == 0).mean() / 2)
    wide, narrow = mean.interval(level), mean.interval(2 * level - 1)
    p_value, reason = mean.p_value(), ""
    if not mean.enough:
        verdict = INCONCLUSIVE
        reason = mean.shortage
    elif not values.any():
        verdict, p_value = IDENTICAL, 1.0
    else:
        verdict = judge(wide, narrow, margin)
        if mean.error == 0:
            reason = "no variance: the difference is the same everywhere"
    return Difference(
        mean.count,
        mean.clusters,
        mean.estimate,
        *wide,
        *narrow,
        wins,
        p_value,
        verdict,
        reason,
    )
