"""Compare methods over several trained networks: seeds are a second factor.

Images say how sure a difference is for the network at hand; only other trainings say
how sure it is for the next one. Every seed's maps are scored on the same images, so the
two factors are crossed.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Num
from scipy import special

from metrics.statistics.comparison import subtract
from metrics.statistics.intervals import Mean, average
from metrics.statistics.verdicts import IDENTICAL, INCONCLUSIVE, judge

_HALVINGS = 52


@dataclass(frozen=True, eq=False)
class SeedDifference:
    """First minus second entry, over images and seeds where both are defined.

    Attributes
    ----------
    seeds, count, clusters
        Networks, images that are defined in all of them, and their subjects.
    by_seed
        Mean difference of each network, (s,).
    difference, low, high, low90, high90
        Mean of all and its intervals, as of
        :class:`~metrics.statistics.comparison.Difference`.
    error_images, error_seeds
        Standard error that comes from the subjects, and from the trainings.
    p_value
        Of no difference; NaN where not tested.
    verdict, reason
        As of :class:`~metrics.statistics.comparison.Difference`.
    """

    seeds: int
    count: int
    clusters: int
    by_seed: Float[np.ndarray, " s"]
    difference: float
    low: float
    high: float
    low90: float
    high90: float
    error_images: float
    error_seeds: float
    p_value: float
    verdict: str
    reason: str


def contrast_seeds(
    first: Float[np.ndarray, "s n"],
    second: Float[np.ndarray, "s n"],
    groups: Int[np.ndarray, " n"],
    margin: float = 0.02,
    level: float = 0.95,
) -> SeedDifference:
    """Compare paired scores of several networks.

    Parameters
    ----------
    first, second
        Scores of the same images, a network a row, NaN where undefined. Images that
        are undefined in any network are left out.
    groups
        Subject of each image.
    margin
        Largest difference that does not matter.
    level
        Coverage of the wide interval.

    Raises
    ------
    ValueError
        If there are fewer than two networks.

    Notes
    -----
    Two errors stand beside each other: the cluster-robust one of the differences
    averaged over seeds, and that of the seeds' means. Each is stretched by the quantile
    of its own t law, with one degree of freedom less than subjects, or seeds, and the
    interval reaches the root of the sum of their squares, which covers at least as
    often as it says (Banerjee 1960). Both errors hold what seeds and images do
    together, so that is counted twice: it errs on the careful side. The p value is the
    smallest size at which the interval leaves out 0.
    """
    seeds = len(first)
    if seeds < 2:
        msg = f"seeds must be at least 2, got {seeds}; train with another --seed"
        raise ValueError(msg)
    differences = subtract(first, second)
    known = np.isfinite(differences).all(axis=0)
    differences, groups = differences[:, known], groups[known]
    if not known.any():
        return _nothing(seeds)
    mean = average(differences.mean(axis=0), groups)
    by_seed = differences.mean(axis=1)
    spread = float(by_seed.std(ddof=1) / np.sqrt(seeds))
    spread = spread if spread > 1e-12 else 0.0
    errors = np.array([mean.error, spread])
    freedoms = np.array([mean.clusters - 1, seeds - 1])
    estimate = float(by_seed.mean())
    wide = narrow = (np.nan, np.nan)
    p_value, reason, verdict = np.nan, "", INCONCLUSIVE
    if not mean.enough:
        reason = mean.shortage
    elif not differences.any():
        wide = narrow = (0.0, 0.0)
        verdict, p_value = IDENTICAL, 1.0
    else:
        far, near = (reach(errors, freedoms, c) for c in (level, 2 * level - 1))
        wide, narrow = ((estimate - half, estimate + half) for half in (far, near))
        verdict = judge(wide, narrow, margin)
        if not errors.any():
            reason = "no variance: the difference is the same everywhere"
        else:
            p_value = find_p(estimate, errors, freedoms)
    return SeedDifference(
        seeds,
        mean.count,
        mean.clusters,
        by_seed,
        estimate,
        *wide,
        *narrow,
        mean.error,
        spread,
        p_value,
        verdict,
        reason,
    )


def reach(
    errors: Float[np.ndarray, " 2"], freedoms: Num[np.ndarray, " 2"], level: float
) -> float:
    """Return half of the interval of two independent errors."""
    quantiles = special.stdtrit(freedoms, (1 + level) / 2)
    return float(np.hypot(*(quantiles * errors)))


def find_p(
    estimate: float, errors: Float[np.ndarray, " 2"], freedoms: Num[np.ndarray, " 2"]
) -> float:
    """Find the size at which the interval ends at 0, by halving."""
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        within = reach(errors, freedoms, 1 - middle) >= abs(estimate)
        low, high = (middle, high) if within else (low, middle)
    return high


def _nothing(seeds: int) -> SeedDifference:
    reason = Mean(np.nan, np.nan, 0, 0).shortage
    unknown = (np.nan,) * 8
    by_seed = np.full(seeds, np.nan)
    return SeedDifference(seeds, 0, 0, by_seed, *unknown, INCONCLUSIVE, reason)
