"""Add values up by cluster, without a trace of the order they came in.

Values are rounded to a fraction of their column's largest (about 1e-12 of it for
thousands of images), a power of two so small that every sum of them is exact in
float64. So the order of rows, the size of blocks and the number of threads of a
matrix product change no bit of a result.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from metrics.statistics.rows import Rows, cut
from metrics.storage.allocation import allocate, release


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
        found = np.zeros(self.counts.shape[1])
        for _, counts in self.blocks():
            found += counts.sum(axis=0)
        return np.broadcast_to(found, self.sums.shape[1:])

    @cached_property
    def clusters(self) -> Int[np.ndarray, " c"]:
        """Clusters behind each column's mean."""
        found = np.zeros(self.counts.shape[1], np.int64)
        for _, counts in self.blocks():
            found += (counts > 0).sum(axis=0)
        return np.broadcast_to(found, self.sums.shape[1:])

    @cached_property
    def means(self) -> Float[np.ndarray, " c"]:
        """Mean of each column; NaN of nothing."""
        sums = np.zeros(self.sums.shape[1])
        for part, _ in self.blocks():
            sums += part.sum(axis=0)
        result = np.full(self.sums.shape[1], np.nan)
        return np.divide(sums, self.totals, out=result, where=self.totals > 0)

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
        squares = self._square_residuals() * factor
        result = np.full(clusters.shape, np.nan)
        np.divide(np.sqrt(squares), self.totals, out=result, where=self.totals > 0)
        return np.where(result <= 1e-12, 0.0, result)

    def blocks(
        self,
    ) -> Iterator[tuple[Float[np.ndarray, "b c"], Float[np.ndarray, "b w"]]]:
        """Yield sums and counts of some clusters after the others."""
        for part in cut(*self.sums.shape):
            yield self.sums[part], self.counts[part]
            release(self.sums, self.counts)

    def subtract(
        self,
        first: Int[np.ndarray, " p"],
        second: Int[np.ndarray, " p"],
        spill: Path | None = None,
    ) -> "Clustered":
        """Subtract columns from columns whose counts are the same."""
        shape = len(self.sums), len(first)
        sums = allocate(shape, np.dtype(np.float64), spill)
        for part in cut(*shape):
            some = self.sums[part]
            sums[part] = some[:, first] - some[:, second]
            release(self.sums, sums)
        return Clustered(sums, self.counts)

    def _square_residuals(self) -> Float[np.ndarray, " c"]:
        """Add up squared residuals, row after row whatever the blocks."""
        means = np.nan_to_num(self.means)
        if len(means) == 1:  # NumPy adds up a single column in pairs
            return np.asarray((self.residuals**2).sum(axis=0))
        found = np.zeros(len(means))
        for sums, counts in self.blocks():
            squares = (sums - counts * means) ** 2
            squares[0] += found
            found = squares.sum(axis=0)
        return found


def gather(
    values: Float[np.ndarray, "n c"] | Rows,
    groups: Int[np.ndarray, " n"],
    clusters: int,
    spill: Path | None = None,
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
    spill
        Folder on whose disk large sums are kept; None keeps them in memory.
    """
    order = np.argsort(groups, kind="stable")
    sizes = np.bincount(groups, minlength=clusters)
    # The largest sum a resample can have; 16 times all rows does not happen.
    terms = max(min(clusters * int(sizes.max(initial=1)), 16 * len(values)), 1)
    largest, complete = np.zeros(values.shape[1]), True
    for part in cut(*values.shape):
        block = np.abs(values[order[part]])
        known = np.isfinite(block)
        complete = complete and bool(known.all())
        block = np.where(known, block, 0.0)
        np.maximum(largest, block.max(axis=0, initial=0.0), out=largest)
    quantum = _find_quantum(largest, terms)
    shape = clusters, values.shape[1]
    sums = allocate(shape, np.dtype(np.float64), spill)
    counts = sizes[:, None].astype(float)
    if not complete:
        counts = allocate(shape, np.dtype(np.float64), spill)
    for part in cut(*values.shape):
        block, own = values[order[part]], groups[order[part]]
        known = np.isfinite(block)
        if not complete:
            _add_up(known.astype(float), own, counts)
            block = np.where(known, block, 0.0)
        _add_up(np.rint(block / quantum) * quantum, own, sums)
        release(sums, counts)
    return Clustered(sums, counts)


def round_for_sums(
    values: Float[np.ndarray, "n c"], terms: int
) -> Float[np.ndarray, "n c"]:
    """Round each column so that sums of up to ``terms`` of its values are exact."""
    quantum = _find_quantum(np.abs(values).max(axis=0, initial=0.0), terms)
    return np.rint(values / quantum) * quantum


def _find_quantum(
    largest: Float[np.ndarray, " c"], terms: int
) -> Float[np.ndarray, " c"]:
    """Return what values up to the largest must be multiples of."""
    exponents = np.frexp(largest * terms)[1]
    return np.ldexp(1.0, exponents - 52)


def same_pattern(values: Float[np.ndarray, "m n"]) -> bool:
    """Whether all rows are undefined at the same places."""
    first = np.isfinite(values[0]) if len(values) else np.ones(0, bool)
    return all((np.isfinite(row) == first).all() for row in values)


def _add_up(
    values: Float[np.ndarray, "b c"],
    groups: Int[np.ndarray, " b"],
    result: Float[np.ndarray, "g c"],
) -> None:
    """Add runs of rows of one cluster to what is there."""
    starts = np.flatnonzero(np.diff(groups, prepend=-1))
    if len(starts) < len(values):
        values = np.add.reduceat(values, starts, axis=0)
    result[groups[starts]] += values
