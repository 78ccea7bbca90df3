"""Rank methods, and say how sure each rank is.

Rank 1 is the best. How often a resample gives a method a rank is a description; the
simultaneous rank sets are the confidence statement (after Mogstad, Romano, Shaikh and
Wilhelm, *Review of Economic Studies* 2024): with the given chance they hold the true
ranks of all methods at once.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int

from metrics.statistics.bootstrap import resample
from metrics.statistics.clusters import Clustered, gather
from metrics.statistics.deviations import reach, scale, spread_of
from metrics.statistics.draws import Draws
from metrics.statistics.intervals import FEWEST
from metrics.statistics.midranks import least_ranks
from metrics.statistics.rows import Rows


@dataclass(frozen=True, eq=False)
class Ranking:
    """Ranks of methods (m) on the images where all of them are defined.

    Attributes
    ----------
    count, clusters
        Images and subjects behind it.
    mean
        What is ranked; the higher the better.
    rank
        1 + methods that are better.
    low, high
        Simultaneous rank set; NaN with fewer than five subjects.
    frequency
        How often a resample gives a method a rank, (m, m): methods down, ranks across.
    first
        How often it is the best, shared where several are.
    agreement
        Kendall's tau-b of each resample's order with that of the means, (b,).
    """

    count: int
    clusters: int
    mean: Float[np.ndarray, " m"]
    rank: Int[np.ndarray, " m"]
    low: Float[np.ndarray, " m"]
    high: Float[np.ndarray, " m"]
    frequency: Float[np.ndarray, "m m"]
    first: Float[np.ndarray, " m"]
    agreement: Float[np.ndarray, " b"]


def rank_methods(
    values: Float[np.ndarray, "m n"],
    groups: Int[np.ndarray, " n"],
    draws: Draws,
    level: float = 0.95,
) -> Ranking:
    """Rank methods by their means over the images where all of them are defined.

    Parameters
    ----------
    values
        Scores, the higher the better (negate those that are not).
    groups
        Subject of each image, from 0 to ``draws.clusters - 1``.
    draws
        Of the bootstrap.
    level
        Chance that all rank sets hold.
    """
    complete = find_complete(values)
    count, methods = len(complete), len(values)
    if not count:
        nothing = np.full(methods, np.nan)
        ranks = np.ones(methods, dtype=np.int64)
        table = np.full((methods, methods), np.nan)
        return Ranking(
            0, 0, nothing, ranks, nothing, nothing, table, nothing, nothing[:0]
        )
    rows = Rows((count, methods), lambda rows: values[:, complete[rows]].T)
    gathered = gather(rows, groups[complete], draws.clusters, draws.spill)
    resampled = resample(gathered, draws)
    resampled = resampled[np.isfinite(resampled[:, 0])]
    ranks = order(resampled)
    best = ranks == 1
    low, high = find_rank_sets(gathered, resampled, level, draws.spill)
    rank = order(gathered.means[None])[0]
    return Ranking(
        count,
        int(gathered.clusters[0]),
        gathered.means,
        rank,
        low,
        high,
        np.stack([(ranks == k + 1).mean(axis=0) for k in range(methods)], axis=1),
        (best / best.sum(axis=1, keepdims=True)).mean(axis=0),
        agree(rank, ranks),
    )


def find_complete(values: Float[np.ndarray, "m n"]) -> Int[np.ndarray, " k"]:
    """Find the images where all methods are defined."""
    complete = np.ones(values.shape[1], bool)
    for own in values:
        complete &= np.isfinite(own)
    return np.flatnonzero(complete)


def order(means: Float[np.ndarray, "b m"]) -> Int[np.ndarray, "b m"]:
    """Rank the columns of each row, the highest first; equals share the best rank.

    Differences up to 1e-12 are rounding.
    """
    return least_ranks(-np.round(means, 12), axis=1).astype(np.int64)


def agree(
    rank: Int[np.ndarray, " m"], others: Int[np.ndarray, "b m"]
) -> Float[np.ndarray, " b"]:
    """Kendall's tau-b of one ranking with others; NaN where one has a single rank."""
    first, second = np.triu_indices(len(rank), 1)
    own = np.sign(rank[first] - rank[second]).astype(np.float64)
    signs = np.sign(others[:, first] - others[:, second]).astype(np.float64)
    length = np.sqrt((own**2).sum() * (signs**2).sum(axis=1))
    result = np.full(len(others), np.nan)
    return np.divide(signs @ own, length, out=result, where=length > 0)


def find_rank_sets(
    gathered: Clustered,
    resampled: Float[np.ndarray, "b m"],
    level: float,
    spill: Path | None = None,
) -> tuple[Float[np.ndarray, " m"], Float[np.ndarray, " m"]]:
    """Find the sets of ranks that hold all true ranks at once.

    A method's best rank is 1 + the methods that are surely better: the interval of
    their difference, wide enough to hold for all pairs at once, lies above 0.

    Parameters
    ----------
    gathered
        Sums of complete columns, one a method.
    resampled
        Their bootstrap.
    level
        Chance that all sets hold.
    spill
        Folder on whose disk large sums are kept.
    """
    methods = len(gathered.means)
    clusters = int(gathered.clusters[0])
    if clusters < FEWEST:
        return np.full(methods, np.nan), np.full(methods, np.nan)
    surely = np.zeros((methods, methods), dtype=bool)
    if methods > 1:
        surely = _find_surely_better(gathered, resampled, level, spill)
    return 1.0 + surely.sum(axis=0), float(methods) - surely.sum(axis=1)


def _find_surely_better(
    gathered: Clustered,
    resampled: Float[np.ndarray, "b m"],
    level: float,
    spill: Path | None,
) -> Bool[np.ndarray, "m m"]:
    """Whether the row's method is surely better than the column's."""
    first, second = np.triu_indices(len(gathered.means), 1)
    pairs = gathered.subtract(first, second, spill)
    deviations = resampled[:, first] - resampled[:, second] - pairs.means
    largest = scale(deviations, spread_of(deviations)).max(axis=1)
    half = reach(largest, int(gathered.clusters[0]), level) * pairs.errors
    difference = np.round(pairs.means, 12)
    surely = np.zeros((len(gathered.means),) * 2, dtype=bool)
    surely[first, second] = difference > half
    surely[second, first] = -difference > half
    return surely
