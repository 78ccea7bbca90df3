"""How many orders of two methods depend on how maps are normalized."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from metrics.analysis.families import drop_twins
from metrics.analysis.options import ScoreOptions
from metrics.analysis.strata import Strata
from metrics.normalization.rescoring import Rescored
from metrics.scores.score import Score
from metrics.scores.table import SCORES
from metrics.statistics.clusters import gather
from metrics.statistics.comparison import subtract
from metrics.statistics.intervals import find_reaches
from metrics.statistics.ranking import agree, order

AT_THRESHOLDS = ("sensitivity", "specificity", "dice")
"""What is scored again beside the primary score."""

_ROUNDING = 1e-12


def list_rescored(options: ScoreOptions) -> tuple[Score, ...]:
    """Return the scores that are computed under every normalization."""
    names = dict.fromkeys((*AT_THRESHOLDS, options.primary))
    return tuple(SCORES[name] for name in names)


def audit_normalizations(
    rescored: Rescored | None, strata: Strata, options: ScoreOptions
) -> list[dict[str, Any]]:
    """Compare the order of every pair of entries with that under the default.

    Over images with a lesion. The interval of a paired difference is that of its mean,
    by subjects; an order is *clear* where it leaves out 0.

    Returns
    -------
    list of dict
        Rows of ``normalizations`` in ``results.json``, one for a normalization and a
        score: how many ``pairs`` are ordered, how many orders are other than under the
        default (``flips``); how many are ``clear`` there, of these no longer clear
        (``lost``) or clear the other way (``overturned``); Kendall's tau-b of both
        rankings; every flip with both differences; every entry's mean and rank.
    """
    if rescored is None:
        return []
    rows = strata.members["all"]
    groups = np.unique(strata.subjects[rows], return_inverse=True)[1]
    names = drop_twins(rescored.entries)
    places = [rescored.entries.index(name) for name in names]
    result = []
    for c, column in enumerate(rescored.columns):
        sign = 1 if SCORES[column.score].higher_is_better else -1
        values = sign * np.asarray(rescored.values[:, places, c][:, :, rows])
        usual = _pair(values[0], groups, options.level)
        for k, name in enumerate(rescored.normalizations):
            found = _pair(values[k], groups, options.level)
            result.append(
                {
                    "normalization": name,
                    "score": column.score,
                    "threshold": column.threshold,
                    **_compare(usual, found, names, sign),
                }
            )
    return result


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Means of methods; differences of all pairs and half their intervals."""

    means: Float[np.ndarray, " m"]
    difference: Float[np.ndarray, " p"]
    half: Float[np.ndarray, " p"]

    @property
    def signs(self) -> Int[np.ndarray, " p"]:
        """Which of two is better: 1 the first, -1 the second, 0 neither."""
        return np.sign(np.nan_to_num(self.difference)).astype(np.int64)

    @property
    def clear(self) -> Int[np.ndarray, " p"]:
        """The same, 0 where the interval holds 0."""
        sure = np.abs(self.difference) > self.half
        return np.where(sure, self.signs, 0)


def _pair(
    values: Float[np.ndarray, "m n"], groups: Int[np.ndarray, " n"], level: float
) -> _Pairs:
    """Compare all pairs, each on the images where both are defined."""
    first, second = np.triu_indices(len(values), 1)
    clusters = int(groups.max(initial=-1)) + 1
    means = gather(values.T, groups, clusters).means
    pairs = gather(subtract(values[first], values[second]).T, groups, clusters)
    half = find_reaches(pairs.clusters, level) * pairs.errors
    difference = np.where(np.abs(pairs.means) <= _ROUNDING, 0.0, pairs.means)
    return _Pairs(means, difference, half)


def _compare(
    usual: _Pairs, found: _Pairs, names: list[str], sign: int
) -> dict[str, Any]:
    """Count what differs, and list it."""
    first, second = np.triu_indices(len(names), 1)
    flips = usual.signs * found.signs < 0
    clear = usual.clear != 0
    rank = _rank(found.means)
    return {
        "pairs": int((usual.signs != 0).sum()),
        "flips": int(flips.sum()),
        "clear": int(clear.sum()),
        "lost": int((clear & (found.clear == 0)).sum()),
        "overturned": int((usual.clear * found.clear < 0).sum()),
        "agreement": agree(_rank(usual.means), rank[None])[0],
        "flipped": [
            {
                "first": names[first[p]],
                "second": names[second[p]],
                "usual": sign * usual.difference[p],
                "usual_half": usual.half[p],
                "difference": sign * found.difference[p],
                "half": found.half[p],
            }
            for p in np.flatnonzero(flips)
        ],
        "entries": [
            {"name": name, "mean": sign * found.means[m], "rank": rank[m]}
            for m, name in enumerate(names)
        ],
    }


def _rank(means: Float[np.ndarray, " m"]) -> Int[np.ndarray, " m"]:
    """Rank means, the highest first; one that is undefined last."""
    return order(np.nan_to_num(means, nan=-np.inf)[None])[0]
