"""Compare every pair of methods at every threshold, from one joint bootstrap.

Differences, errors and raw p values of a pair are computed from that pair's images
alone; only the adjusted values and the bands know of the other pairs or thresholds.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from metrics.statistics.bootstrap import resample_means
from metrics.statistics.clusters import gather, same_pattern
from metrics.statistics.comparison import subtract
from metrics.statistics.deviations import reach, scale, spread_of
from metrics.statistics.draws import Draws
from metrics.statistics.intervals import find_p_values, find_reaches
from metrics.statistics.multiplicity import adjust_by_holm, step_down
from metrics.statistics.rows import Rows, cut
from metrics.storage.allocation import release

_BLOCK = 50


@dataclass(frozen=True, eq=False)
class Pairs:
    """First minus second method, for each pair (p) at each column (c).

    Attributes
    ----------
    first, second
        Places of the methods, (p,).
    count, clusters
        Images where both are defined, and their subjects.
    difference, error, low, high
        Mean, its cluster-robust error, and its interval.
    win_rate
        Share of images where the first is higher, ties counting one half.
    p_value
        Raw; 1 where no image has a difference, NaN where not tested.
    p_adjusted, p_holm
        By max-T and by Holm, over all pairs and columns together.
    band_low, band_high
        Interval that holds for all columns of a pair at once.
    """

    first: Int[np.ndarray, " p"]
    second: Int[np.ndarray, " p"]
    count: Float[np.ndarray, "p c"]
    clusters: Int[np.ndarray, "p c"]
    difference: Float[np.ndarray, "p c"]
    error: Float[np.ndarray, "p c"]
    low: Float[np.ndarray, "p c"]
    high: Float[np.ndarray, "p c"]
    win_rate: Float[np.ndarray, "p c"]
    p_value: Float[np.ndarray, "p c"]
    p_adjusted: Float[np.ndarray, "p c"]
    p_holm: Float[np.ndarray, "p c"]
    band_low: Float[np.ndarray, "p c"]
    band_high: Float[np.ndarray, "p c"]


def compare_pairs(
    values: Float[np.ndarray, "m n c"],
    groups: Int[np.ndarray, " n"],
    draws: Draws,
    level: float = 0.95,
) -> Pairs:
    """Compare all pairs of methods.

    Parameters
    ----------
    values
        Scores of each method and image, at each threshold or of each kind; NaN where
        undefined.
    groups
        Subject of each image, from 0 to ``draws.clusters - 1``.
    draws
        Of the bootstrap.
    level
        Coverage of the intervals, and of the bands.
    """
    pairs = np.triu_indices(len(values), 1)
    columns = range(values.shape[2])
    parts = [_compare(values[:, :, c], groups, draws) for c in columns]
    found = {
        name: np.stack([part[name] for part in parts], axis=1) for name in parts[0]
    }
    difference, error = found["difference"], found["error"]
    clusters, same = found["clusters"], found.pop("same")
    half = find_reaches(clusters, level) * error
    p_value = find_p_values(difference, error, clusters)
    p_value[same & np.isfinite(half)] = 1.0
    deviations = Deviations(values, groups, draws, difference)
    tested = np.isfinite(p_value) & (p_value < 1)
    adjusted, largest = p_value.copy(), []

    def blocks() -> Iterator[Float[np.ndarray, "b t"]]:
        for block in deviations:
            largest.append(block.max(axis=2))
            yield block[:, tested]

    adjusted[tested] = step_down(p_value[tested], blocks())
    band = _reach_all(np.concatenate(largest), clusters, level) * error
    return Pairs(
        *pairs,
        **found,
        low=difference - half,
        high=difference + half,
        p_value=p_value,
        p_adjusted=adjusted,
        p_holm=adjust_by_holm(p_value.ravel()).reshape(p_value.shape),
        band_low=difference - band,
        band_high=difference + band,
    )


def _compare(
    values: Float[np.ndarray, "m n"], groups: Int[np.ndarray, " n"], draws: Draws
) -> dict[str, np.ndarray]:
    """Compare all pairs at one column, each on its own images."""
    differences = _subtract(values)
    gathered = gather(differences, groups, draws.clusters, draws.spill)
    count = gathered.totals
    wins = np.zeros(len(count))
    same = np.ones(len(count), bool)
    for part in cut(*differences.shape):
        some = differences[np.arange(part.start, part.stop)]
        wins += (some > 0).sum(axis=0) + (some == 0).sum(axis=0) / 2
        same &= ~(np.nan_to_num(some) != 0).any(axis=0)
    rate = np.full(len(wins), np.nan)
    np.divide(wins, count, out=rate, where=count > 0)
    return {
        "count": count,
        "clusters": gathered.clusters,
        "difference": gathered.means,
        "error": gathered.errors,
        "win_rate": rate,
        "same": same,
    }


def _subtract(values: Float[np.ndarray, "m n"]) -> Rows:
    """Subtract methods from methods, a row an image, a column a pair."""
    first, second = np.triu_indices(len(values), 1)

    def make(rows: Int[np.ndarray, " k"]) -> Float[np.ndarray, "k p"]:
        some = values[:, rows]
        release(values)
        return subtract(some[first], some[second]).T

    return Rows((values.shape[1], len(first)), make)


def _reach_all(
    largest: Float[np.ndarray, "b p"], clusters: Int[np.ndarray, "p c"], level: float
) -> Float[np.ndarray, "p 1"]:
    """How many errors each pair's band reaches, by its fewest clusters."""
    fewest = clusters.min(axis=1)
    enough = np.isfinite(find_reaches(fewest, level))
    reaches = [
        reach(column, int(number), level) if able else np.nan
        for column, number, able in zip(largest.T, fewest, enough, strict=True)
    ]
    return np.array(reaches)[:, None]


@dataclass(frozen=True, eq=False)
class Deviations:
    """Resampled differences less the estimates, in units of their spread.

    Blocks of resamples, (b, p, c), are made as they are asked for. Where all methods
    are defined on the same images, a resampled difference is that of resampled means;
    elsewhere each pair's own differences are resampled.
    """

    values: Float[np.ndarray, "m n c"]
    groups: Int[np.ndarray, " n"]
    draws: Draws
    difference: Float[np.ndarray, "p c"]

    def __iter__(self) -> Iterator[Float[np.ndarray, "b p c"]]:
        first, second = np.triu_indices(len(self.values), 1)
        methods, images, width = self.values.shape
        columns = range(width)
        shared = np.array([same_pattern(self.values[:, :, c]) for c in columns])
        together = Rows((images, methods * width), self._take)
        means = resample_means(together, self.groups, self.draws)
        means = means.reshape(-1, methods, width)
        own = {c: self._resample(c) for c in np.flatnonzero(~shared).tolist()}
        spread = np.stack(
            [
                spread_of(
                    own[c] if c in own else means[:, first, c] - means[:, second, c]
                )
                for c in columns
            ],
            axis=1,
        )
        for begin in range(0, self.draws.resamples, _BLOCK):
            rows = slice(begin, begin + _BLOCK)
            block = means[rows][:, first] - means[rows][:, second]
            for c, resampled in own.items():
                block[:, :, c] = resampled[rows]
            yield scale(block - self.difference, spread)

    def _take(self, rows: Int[np.ndarray, " k"]) -> Float[np.ndarray, "k x"]:
        """Return all columns of all methods on some images."""
        some = self.values[:, rows].transpose(1, 0, 2).reshape(len(rows), -1)
        release(self.values)
        return np.asarray(some)

    def _resample(self, column: int) -> Float[np.ndarray, "b p"]:
        differences = _subtract(self.values[:, :, column])
        return resample_means(differences, self.groups, self.draws)
