"""Whether a difference is larger in one group of images than in another."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy import special

from metrics.statistics.intervals import FEWEST


@dataclass(frozen=True)
class Interaction:
    """Mean of the first group minus that of the second.

    Attributes
    ----------
    count, clusters
        Images and subjects of each group.
    difference, error, low, high
        The contrast, its cluster-robust error, and its interval.
    freedom
        Degrees of freedom of the t law.
    p_value
        Of no contrast; NaN where not tested, 1 where there is neither contrast nor
        spread.
    """

    count: tuple[int, int]
    clusters: tuple[int, int]
    difference: float
    error: float
    low: float
    high: float
    freedom: float
    p_value: float


def contrast_groups(
    first: tuple[Float[np.ndarray, " n"], Int[np.ndarray, " n"]],
    second: tuple[Float[np.ndarray, " k"], Int[np.ndarray, " k"]],
    level: float = 0.95,
) -> Interaction:
    """Contrast the means of two groups of images that may share subjects.

    Parameters
    ----------
    first, second
        Finite values of each group, such as paired differences of two methods, and the
        subject of each, by one numbering.
    level
        Coverage of the interval.

    Notes
    -----
    The variance is that of both means less twice their covariance over the subjects in
    both. Without shared subjects and with one image each, this is Welch's test; with
    one image in each group of every subject, the paired t test. Degrees of freedom are
    Welch's without shared subjects, else those of the smaller group.
    """
    means, sums, subjects = [], [], []
    for values, groups in (first, second):
        mean = float(values.mean()) if len(values) else float("nan")
        number, member = np.unique(groups, return_inverse=True)
        parts = np.bincount(member, values - mean) / max(len(values), 1)
        factor = np.sqrt(len(number) / (len(number) - 1)) if len(number) > 1 else np.nan
        means.append(mean)
        sums.append(parts * factor)
        subjects.append(number)
    sizes = [len(own) for own in subjects]
    difference = float(np.round(means[0] - means[1], 12) + 0.0)
    squares = [float(np.square(group).sum()) for group in sums]
    _, here, there = np.intersect1d(
        subjects[0], subjects[1], assume_unique=True, return_indices=True
    )
    common = float((sums[0][here] * sums[1][there]).sum())
    squared = max(squares[0] + squares[1] - 2 * common, 0.0)
    error = float(np.sqrt(squared)) if squared > 1e-24 else squared * 0.0
    freedom = float(min(sizes) - 1)
    if not len(here) and squared > 1e-24:
        tails = [s**2 / (g - 1) for s, g in zip(squares, sizes, strict=True) if g > 1]
        freedom = squared**2 / sum(tails)
    low = high = p_value = float("nan")
    if min(sizes) >= FEWEST:
        reach = float(special.stdtrit(freedom, (1 + level) / 2)) * error
        low, high = difference - reach, difference + reach
        if error > 0:
            p_value = float(2 * special.stdtr(freedom, -abs(difference) / error))
        elif difference == 0:
            p_value = 1.0
    counts = len(first[0]), len(second[0])
    return Interaction(
        counts, (sizes[0], sizes[1]), difference, error, low, high, freedom, p_value
    )
