"""Whether two numbers rise together, over things that come in clusters."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.stats import rankdata

from metrics.statistics.draws import draw_weights
from metrics.statistics.intervals import FEWEST


@dataclass(frozen=True)
class Association:
    """A rank correlation with its interval.

    Attributes
    ----------
    estimate, low, high
        Spearman's correlation and a percentile interval; NaN where undefined: fewer
        than three pairs or no spread, fewer than five clusters for the interval.
    count, clusters
        Pairs and clusters behind it.
    """

    estimate: float
    low: float
    high: float
    count: int
    clusters: int


def rank_correlation(
    first: Float[np.ndarray, " n"], second: Float[np.ndarray, " n"]
) -> float:
    """Return Spearman's correlation, ties at their mean rank.

    NaN with fewer than two pairs or where one side has no spread.
    """
    if len(first) < 2:
        return float("nan")
    ones, others = (rankdata(x) - (len(x) + 1) / 2 for x in (first, second))
    length = float(np.sqrt((ones**2).sum() * (others**2).sum()))
    return float(ones @ others) / length if length > 0 else float("nan")


def partial_correlation(
    first: Float[np.ndarray, " n"],
    second: Float[np.ndarray, " n"],
    given: Float[np.ndarray, " n"],
) -> float:
    """Return the rank correlation that is left when a third number is held fixed.

    Of the ranks' parts that are no linear function of its ranks; NaN where one side has
    no such part.
    """
    both = rank_correlation(first, second)
    one, other = rank_correlation(first, given), rank_correlation(second, given)
    # With a part of 1e-9 of the whole left, the rest is rounding.
    left = max(1 - one**2, 0.0) * max(1 - other**2, 0.0)
    return (both - one * other) / float(np.sqrt(left)) if left > 1e-18 else float("nan")


def associate(
    first: Float[np.ndarray, " n"],
    second: Float[np.ndarray, " n"],
    groups: Int[np.ndarray, " n"],
    given: Float[np.ndarray, " n"] | None = None,
    *,
    resamples: int = 1000,
    seed: int = 0,
) -> Association:
    """Correlate ranks over pairs that come in clusters.

    Parameters
    ----------
    first, second
        The two numbers; pairs with NaN are left out.
    groups
        Number of each pair's cluster. Whole clusters are drawn, with replacement, for
        the 95 % percentile interval; a resample without spread is left out.
    given
        A third number that is held fixed, or None.
    resamples, seed
        Of the bootstrap.
    """
    columns = [first, second] if given is None else [first, second, given]
    known = np.isfinite(np.stack(columns)).all(axis=0)
    columns = [column[known] for column in columns]
    correlate: Callable[..., float] = (
        rank_correlation if given is None else partial_correlation
    )
    clusters, member = np.unique(groups[known], return_inverse=True)
    count = len(columns[0])
    estimate = correlate(*columns) if count >= 3 else float("nan")
    low = high = float("nan")
    if len(clusters) >= FEWEST and np.isfinite(estimate):
        weights = draw_weights(len(clusters), resamples, seed, "association")
        times = weights.astype(np.int64)[:, member]
        drawn = [np.repeat(np.arange(count), row) for row in times]
        found = np.array([correlate(*(c[k] for c in columns)) for k in drawn])
        low, high = (float(q) for q in np.nanquantile(found, (0.025, 0.975)))
    return Association(estimate, low, high, count, len(clusters))
