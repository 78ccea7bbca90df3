"""Add values up by cluster, without a trace of the order they came in.

Values are rounded to a fraction of their column's largest (about 1e-12 of it for
thousands of images), a power of two so small that every sum of them is exact in
float64. So the order of rows, the size of blocks and the number of threads of a
matrix product change no bit of a result.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Bool, Float, Int

_BLOCK = 64  # columns at a time, to bound what is copied


@dataclass(frozen=True, eq=False)
class Clustered:
    """Sums of columns of values by cluster.

    Attributes
    ----------
    sums
        Exact sums of each cluster's defined values, (g, c).
    counts
        How many these are, (g, c); (g, 1) if all columns have the same.
    """

    sums: Float[np.ndarray, "g c"]
    counts: Float[np.ndarray, "g w"]

    @cached_property
    def totals(self) -> Float[np.ndarray, " c"]:
        """Values behind each column's mean."""
        return np.broadcast_to(self.counts.sum(axis=0), self.sums.shape[1:])

    @cached_property
    def clusters(self) -> Int[np.ndarray, " c"]:
        """Clusters behind each column's mean."""
        return np.broadcast_to((self.counts > 0).sum(axis=0), self.sums.shape[1:])

    @cached_property
    def means(self) -> Float[np.ndarray, " c"]:
        """Mean of each column; NaN of nothing."""
        result = np.full(self.sums.shape[1], np.nan)
        return np.divide(
            self.sums.sum(axis=0), self.totals, out=result, where=self.totals > 0
        )

    @property
    def residuals(self) -> Float[np.ndarray, "g c"]:
        """Sums of what is left of each cluster's values without the mean."""
        return self.sums - self.counts * np.nan_to_num(self.means)

    @cached_property
    def errors(self) -> Float[np.ndarray, " c"]:
        """Cluster-robust standard error of each mean; NaN with one cluster.

        As :func:`metrics.statistics.intervals.average`: below 1e-12 it counts as none.
        """
        clusters = self.clusters.astype(np.float64)
        factor = np.full(clusters.shape, np.nan)
        np.divide(clusters, clusters - 1, out=factor, where=clusters > 1)
        squares = (self.residuals**2).sum(axis=0) * factor
        result = np.full(clusters.shape, np.nan)
        np.divide(np.sqrt(squares), self.totals, out=result, where=self.totals > 0)
        return np.where(result <= 1e-12, 0.0, result)


def gather(
    values: Float[np.ndarray, "n c"],
    groups: Int[np.ndarray, " n"],
    clusters: int,
) -> Clustered:
    """Add the defined values of each column up by cluster.

    Parameters
    ----------
    values
        NaN where undefined.
    groups
        Number of each row's cluster, from 0.
    clusters
        How many clusters there are.
    """
    order = np.argsort(groups, kind="stable")
    present, starts = np.unique(groups[order], return_index=True)
    sizes = np.bincount(groups, minlength=clusters)
    # The largest sum a resample can have; 16 times all rows does not happen.
    terms = max(min(clusters * int(sizes.max(initial=1)), 16 * len(values)), 1)
    sums = np.zeros((clusters, values.shape[1]))
    counts = np.empty((clusters, 0))
    complete = True
    for begin in range(0, values.shape[1], _BLOCK):
        part = slice(begin, begin + _BLOCK)
        block = values[order, part]
        known = np.isfinite(block)
        if complete and not known.all():
            complete = False
            counts = np.repeat(sizes[:, None], values.shape[1], axis=1).astype(float)
        if not complete:
            counts[:, part] = _add_up(known.astype(float), present, starts, clusters)
            block = np.where(known, block, 0.0)
        rounded = round_for_sums(block, terms)
        sums[:, part] = _add_up(rounded, present, starts, clusters)
    return Clustered(sums, sizes[:, None].astype(float) if complete else counts)


def round_for_sums(
    values: Float[np.ndarray, "n c"], terms: int
) -> Float[np.ndarray, "n c"]:
    """Round each column so that sums of up to ``terms`` of its values are exact."""
    largest = np.abs(values).max(axis=0, initial=0.0)
    exponents = np.frexp(largest * terms)[1]
    quantum = np.ldexp(1.0, exponents - 52)
    return np.rint(values / quantum) * quantum


def same_pattern(values: Float[np.ndarray, "m n"]) -> bool:
    """Whether all rows are undefined at the same places."""
    known: Bool[np.ndarray, "m n"] = np.isfinite(values)
    return bool((known == known[:1]).all())


def _add_up(
    values: Float[np.ndarray, "n c"],
    present: Int[np.ndarray, " p"],
    starts: Int[np.ndarray, " p"],
    clusters: int,
) -> Float[np.ndarray, "g c"]:
    """Add up runs of rows, one run for each cluster that is there."""
    if len(present) == len(values) == clusters:
        return values
    result = np.zeros((clusters, values.shape[1]))
    if len(present):
        result[present] = np.add.reduceat(values, starts, axis=0)
    return result
