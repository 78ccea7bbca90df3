"""How far resampled means lie from the means, and how far intervals must reach."""

import numpy as np
from jaxtyping import Float
from scipy import special


def scale(
    deviations: Float[np.ndarray, "b ..."], spread: Float[np.ndarray, "..."]
) -> Float[np.ndarray, "b ..."]:
    """Absolute deviations in units of the spread; 0 without spread or value."""
    result = np.zeros_like(deviations)
    np.divide(np.abs(deviations), spread, out=result, where=spread > 0)
    return np.nan_to_num(result, copy=False)


def spread_of(resampled: Float[np.ndarray, "b c"]) -> Float[np.ndarray, " c"]:
    """Return each column's standard deviation over the resamples with a value.

    Below 1e-12 it is rounding and counts as none.
    """
    known = np.isfinite(resampled)
    if known.all():
        result = resampled.std(axis=0, ddof=1)
    else:
        counts = known.sum(axis=0)
        shifted = np.where(known, resampled, 0.0)
        means = shifted.sum(axis=0) / np.maximum(counts, 1)
        squares = np.where(known, (resampled - means) ** 2, 0.0).sum(axis=0)
        result = np.sqrt(squares / np.maximum(counts - 1, 1))
    return np.where(result <= 1e-12, 0.0, result)


def reach(largest: Float[np.ndarray, " b"], clusters: int, level: float) -> float:
    """How many errors a simultaneous interval reaches.

    Parameters
    ----------
    largest
        Largest standardized distance in each resample.
    clusters
        Clusters behind the errors.
    level
        Chance that all intervals hold at once.

    Notes
    -----
    The quantile of the largest distance is that of a normal law. It is carried over to
    the t law with one degree of freedom less than clusters, tail for tail, so that for
    a single mean the interval is the t interval. Of b resamples it is the one of place
    (b + 1) ``level``, so that few resamples do not shorten the reach.
    """
    tail = special.ndtr(-np.quantile(largest, level, method="weibull"))
    return float(-special.stdtrit(clusters - 1, tail))
