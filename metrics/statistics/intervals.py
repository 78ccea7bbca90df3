"""Intervals for means and medians of images that come in clusters."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Int
from scipy import special

FEWEST = 5
"""Fewer values or clusters than this are described, not tested."""


@dataclass(frozen=True)
class Mean:
    """A mean with its cluster-robust standard error.

    Attributes
    ----------
    estimate, error
        Mean and standard error; NaN where there is nothing to estimate from.
    count, clusters
        Values and clusters behind it.
    """

    estimate: float
    error: float
    count: int
    clusters: int

    @property
    def enough(self) -> bool:
        """Whether there is enough to test."""
        return self.clusters >= FEWEST

    @property
    def shortage(self) -> str:
        """Say what there is too little of to test."""
        what, number = "subjects", self.clusters
        if self.count < FEWEST:
            what, number = "images", self.count
        return f"too few {what} to test: {number}, {FEWEST} are needed"

    def interval(self, level: float) -> tuple[float, float]:
        """Interval by the t law with one degree of freedom less than clusters.

        NaN with fewer than five clusters.
        """
        if not self.enough:
            return np.nan, np.nan
        reach = float(special.stdtrit(self.clusters - 1, (1 + level) / 2)) * self.error
        return self.estimate - reach, self.estimate + reach

    def p_value(self) -> float:
        """Two-sided p of the mean being 0; NaN without spread or with too few."""
        if not self.enough or self.error == 0:
            return np.nan
        ratio = abs(self.estimate) / self.error
        return float(2 * special.stdtr(self.clusters - 1, -ratio))


def average(values: Float[np.ndarray, " n"], groups: Int[np.ndarray, " n"]) -> Mean:
    """Average values that come in clusters.

    Parameters
    ----------
    values
        Finite values.
    groups
        Number of each value's cluster.

    Notes
    -----
    Equal to the intercept of an ordinary least squares fit with cluster-robust
    covariance; with one value per cluster, to the paired t interval. A spread
    below 1e-12 is rounding and counts as none.
    """
    count = len(values)
    if count == 0:
        return Mean(np.nan, np.nan, 0, 0)
    estimate = float(values.mean())
    if np.ptp(values) <= 1e-12:
        estimate = float(values[0])
    number, inverse = np.unique(groups, return_inverse=True)
    clusters = len(number)
    if clusters < 2:
        return Mean(estimate, np.nan, count, clusters)
    sums = np.bincount(inverse, values - estimate, minlength=clusters)
    error = float(np.sqrt(clusters / (clusters - 1) * (sums**2).sum()) / count)
    return Mean(estimate, error if error > 1e-12 else 0.0, count, clusters)


def find_reaches(
    clusters: Int[np.ndarray, "..."], level: float
) -> Float[np.ndarray, "..."]:
    """How many errors the intervals of means reach; NaN with too few clusters."""
    enough = clusters >= FEWEST
    freedom = np.where(enough, clusters - 1, 1).astype(np.float64)
    return np.where(enough, special.stdtrit(freedom, (1 + level) / 2), np.nan)


def find_p_values(
    estimates: Float[np.ndarray, "*c"],
    errors: Float[np.ndarray, "*c"],
    clusters: Int[np.ndarray, "*c"],
) -> Float[np.ndarray, "*c"]:
    """Two-sided p of means being 0; NaN without spread or with too few clusters."""
    able = (clusters >= FEWEST) & (errors > 0)
    ratio = np.zeros(errors.shape)
    np.divide(np.abs(estimates), errors, out=ratio, where=able)
    freedom = np.where(able, clusters - 1, 1).astype(np.float64)
    return np.where(able, 2 * special.stdtr(freedom, -ratio), np.nan)


def median_interval(
    values: Float[np.ndarray, " n"], groups: Int[np.ndarray, " n"], level: float
) -> tuple[float, float]:
    """Interval of the median from order statistics.

    With one value per cluster it is the exact binomial interval; otherwise
    Woodruff's: the cluster-robust interval of the share of values up to the median,
    read off the ordered values. NaN with fewer than five clusters or where the
    exact interval does not exist.
    """
    if not len(values):
        return np.nan, np.nan
    median = np.median(values)
    # Many values may equal the median: the share below it still varies then.
    upto = average((values <= median).astype(float), groups)
    below = average((values < median).astype(float), groups)
    share = max(upto, below, key=lambda mean: mean.error)
    if not share.enough:
        return np.nan, np.nan
    ordered = np.sort(values)
    count = len(values)
    if share.clusters == count:
        low = _binomial_rank(count, (1 - level) / 2) - 1
        if low < 0:
            return np.nan, np.nan
        return float(ordered[low]), float(ordered[count - 1 - low])
    reach = Mean(0.5, share.error, count, share.clusters).interval(level)
    # As many values are left out above as below: negating the values mirrors it.
    low = max(int(np.floor(reach[0] * count)), 1)
    return float(ordered[low - 1]), float(ordered[count - low])


@lru_cache(maxsize=256)
def _binomial_rank(count: int, tail: float) -> int:
    """Smallest k with P(X <= k) >= tail for X of ``count`` fair coins."""
    ranks = np.arange(count + 1)
    return int(np.searchsorted(special.bdtr(ranks, count, 0.5), tail))
