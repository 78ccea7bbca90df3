"""Mean threshold curves with bands that hold for all thresholds at once."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from metrics.statistics.bootstrap import resample
from metrics.statistics.clusters import gather
from metrics.statistics.deviations import reach, scale, spread_of
from metrics.statistics.draws import Draws
from metrics.statistics.intervals import FEWEST
from metrics.statistics.rows import Rows, cut


@dataclass(frozen=True)
class Curve:
    """A mean over images at each threshold and its simultaneous band, each (t,)."""

    mean: Float[np.ndarray, " t"]
    low: Float[np.ndarray, " t"]
    high: Float[np.ndarray, " t"]


def trace(
    values: Float[np.ndarray, "n t"] | Rows,
    groups: Int[np.ndarray, " n"],
    draws: Draws,
    level: float = 0.95,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> Curve:
    """Average curves and surround the mean by a sup-t band.

    Parameters
    ----------
    values
        A curve per image; images whose curve is not defined are left out. Give
        differences of curves for the band of a difference.
    groups
        Cluster of each image, from 0 to ``draws.clusters - 1``.
    draws
        Of the bootstrap.
    level
        Chance that the band holds the whole mean curve.
    bounds
        What the mean cannot leave.

    Returns
    -------
    Curve
        NaN without a defined curve; a NaN band with fewer than five clusters.

    Notes
    -----
    The band is the mean and :func:`reach` times its cluster-robust error.
    """
    every = np.arange(len(values))
    known = np.zeros(len(values), bool)
    for part in cut(*values.shape):
        known[part] = np.isfinite(values[every[part]]).all(axis=1)
    unknown = np.full(values.shape[1], np.nan)
    if not known.any():
        return Curve(unknown, unknown, unknown)
    places = np.flatnonzero(known)
    defined = Rows((len(places), len(unknown)), lambda rows: values[places[rows]])
    clustered = gather(defined, groups[known], draws.clusters, draws.spill)
    mean, clusters = clustered.means, int(clustered.clusters[0])
    if clusters < FEWEST:
        return Curve(mean, unknown, unknown)
    resampled = resample(clustered, draws)
    deviations = scale(resampled - mean, spread_of(resampled))
    half = reach(deviations.max(axis=1), clusters, level) * clustered.errors
    low, high = bounds
    return Curve(mean, np.maximum(mean - half, low), np.minimum(mean + half, high))
