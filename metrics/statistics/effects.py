"""How large a paired difference is, in several units and robustly."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from metrics.statistics.comparison import subtract
from metrics.statistics.intervals import median_interval
from metrics.statistics.midranks import midranks
from metrics.statistics.pseudomedian import hodges_lehmann


@dataclass(frozen=True)
class Effects:
    """Sizes of a paired difference; NaN where undefined. No size is called anything.

    Attributes
    ----------
    median, median_low, median_high
        Median difference and its interval.
    pseudo_median
        Hodges and Lehmann's: the median of the means of all pairs of differences.
    dz, gz
        Mean difference over the standard deviation of the differences, and the same
        with Hedges' factor for few images.
    d_av
        Mean difference over the root mean square of both standard deviations: does not
        depend on how much the two entries agree image by image.
    rank_biserial
        (sum of ranks of the positive - of the negative) / sum of all, images without a
        difference left out.
    reason
        Why which of them is undefined; empty if none is.
    """

    median: float
    median_low: float
    median_high: float
    pseudo_median: float
    dz: float
    gz: float
    d_av: float
    rank_biserial: float
    reason: str


def measure_effects(
    first: Float[np.ndarray, " n"],
    second: Float[np.ndarray, " n"],
    groups: Int[np.ndarray, " n"],
    level: float = 0.95,
) -> Effects:
    """Measure how large a paired difference is.

    Parameters
    ----------
    first, second
        Scores of the same images in the same order; pairs with an undefined one are
        left out.
    groups
        Subject of each image, for the interval of the median.
    level
        Its coverage.

    Examples
    --------
    >>> a = np.array([0.5, 0.7, 0.6, 0.9, 0.8, 0.7])
    >>> found = measure_effects(a, a - 0.1, np.arange(6))
    >>> round(found.pseudo_median, 3), found.rank_biserial, found.reason
    (0.1, 1.0, 'dz and gz: all differences are the same')
    """
    both = np.isfinite(first) & np.isfinite(second)
    a, b = first[both], second[both]
    values = subtract(a, b)
    count = len(values)
    reasons: list[str] = []

    def over(spread: float, what: str, why: str) -> float:
        if count < 2 or spread <= 1e-12:
            reasons.append(f"{what}: {'fewer than 2 images' if count < 2 else why}")
            return float("nan")
        return float(values.mean() / spread)

    dz = over(_spread(values), "dz and gz", "all differences are the same")
    common = float(np.hypot(_spread(a), _spread(b)) / np.sqrt(2))
    d_av = over(common, "d_av", "neither entry's scores vary")
    biserial = _rank_biserial(values)
    if np.isnan(biserial):
        reasons.append("rank_biserial: no image has a difference")
    low, high = median_interval(values, groups[both], level)
    if np.isnan(low):
        reasons.append("interval of the median: too few images or subjects")
    return Effects(
        float(np.median(values)) if count else float("nan"),
        *(low, high),
        hodges_lehmann(values),
        *(dz, dz * _hedges(count), d_av, biserial),
        "; ".join(reasons),
    )


def _spread(values: Float[np.ndarray, " n"]) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else float("nan")


def _hedges(count: int) -> float:
    """Factor that takes the upward bias of a standardized mean of few values away."""
    return 1 - 3 / (4 * (count - 1) - 1) if count > 2 else float("nan")


def _rank_biserial(values: Float[np.ndarray, " n"]) -> float:
    """Return the matched rank-biserial correlation; NaN if all values are 0."""
    values = values[values != 0]
    if not len(values):
        return float("nan")
    ranks = midranks(np.abs(values))
    return float((ranks * np.sign(values)).sum() / ranks.sum())
