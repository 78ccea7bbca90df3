"""Mean threshold curves with bands that hold for all thresholds at once."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from metrics.statistics.bootstrap import resample_means
from metrics.statistics.intervals import FEWEST


@dataclass(frozen=True)
class Curve:
    """A mean over images at each threshold and its simultaneous band, each (t,)."""

    mean: Float[np.ndarray, " t"]
    low: Float[np.ndarray, " t"]
    high: Float[np.ndarray, " t"]


def trace(
    values: Float[np.ndarray, "n t"],
    groups: Int[np.ndarray, " n"],
    weights: Float[np.ndarray, "b g"],
    level: float = 0.95,
) -> Curve:
    """Average curves and surround the mean by a sup-t band.

    Parameters
    ----------
    values
        A curve per image on [0, 1]; images whose curve is not defined are left out.
    groups
        Cluster of each image, a column of ``weights``.
    weights
        From :func:`metrics.statistics.bootstrap.draw_weights`.
    level
        Chance that the band holds the whole mean curve.

    Returns
    -------
    Curve
        NaN without a defined curve; a NaN band with fewer than five clusters.
    """
    known = np.isfinite(values).all(axis=1)
    values, groups = values[known], groups[known]
    unknown = np.full(values.shape[1], np.nan)
    if not len(values):
        return Curve(unknown, unknown, unknown)
    mean = values.mean(axis=0)
    if len(np.unique(groups)) < FEWEST:
        return Curve(mean, unknown, unknown)
    resampled = resample_means(values, groups, weights)
    resampled = resampled[np.isfinite(resampled[:, 0])]
    error = resampled.std(axis=0, ddof=1)
    error[error <= 1e-12] = 0.0
    deviations = np.zeros_like(resampled)
    np.divide(np.abs(resampled - mean), error, out=deviations, where=error > 0)
    reach = np.quantile(deviations.max(axis=1), level) * error
    return Curve(mean, np.clip(mean - reach, 0, 1), np.clip(mean + reach, 0, 1))
