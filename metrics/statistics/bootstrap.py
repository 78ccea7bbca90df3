"""One bootstrap of clusters behind every adjusted p value, band and rank.

A resample is a row of weights over clusters, so all resampled means of all columns
are one matrix product; blocks of it bound the memory and change no number.
"""

import numpy as np
from jaxtyping import Float, Int

from metrics.statistics.clusters import Clustered, gather, round_for_sums
from metrics.statistics.draws import FEW, Draws

_BLOCK = 250


def resample_means(
    values: Float[np.ndarray, "n c"],
    groups: Int[np.ndarray, " n"],
    draws: Draws,
) -> Float[np.ndarray, "b c"]:
    """Average each column over its defined values, in every resample.

    Parameters
    ----------
    values
        NaN where undefined.
    groups
        Cluster of each row, from 0 to ``draws.clusters - 1``.
    draws
        What is drawn. With ``multiplier`` a resample is the mean plus the sum of the
        clusters' residuals, each with its random sign, scaled to the spread of the
        cluster-robust error.

    Returns
    -------
    array
        NaN where a resample has no defined value.
    """
    return resample(gather(values, groups, draws.clusters), draws)


def resample(
    clustered: Clustered, draws: Draws, block: int = _BLOCK
) -> Float[np.ndarray, "b c"]:
    """Average columns in every resample, from their sums by cluster.

    Parameters
    ----------
    clustered
        From :func:`~metrics.statistics.clusters.gather`.
    draws
        What is drawn.
    block
        Resamples at a time; changes no number.
    """
    result = np.empty((draws.resamples, clustered.sums.shape[1]))
    shifted = draws.kind == "multiplier"
    parts = _scale_residuals(clustered) if shifted else clustered.sums
    for begin in range(0, draws.resamples, block):
        stop = min(begin + block, draws.resamples)
        weights = draws.weights(begin, stop)
        if shifted:
            result[begin:stop] = clustered.means + weights @ parts
            continue
        counts = weights @ clustered.counts
        sums = weights @ parts
        found = np.full(sums.shape, np.nan)
        result[begin:stop] = np.divide(sums, counts, out=found, where=counts > 0)
    return result


def _scale_residuals(clustered: Clustered) -> Float[np.ndarray, "g c"]:
    """Residuals whose sum with random signs has the cluster-robust variance."""
    clusters = clustered.clusters.astype(np.float64)
    factor = np.zeros(clusters.shape)
    np.divide(clusters, clusters - 1, out=factor, where=clusters > 1)
    scale = np.zeros(clusters.shape)
    totals = clustered.totals
    np.divide(np.sqrt(factor), totals, out=scale, where=totals > 0)
    terms = len(clustered.sums)
    # Webb's weights have 20 binary places, which the exact sums must hold as well.
    return round_for_sums(
        clustered.residuals * scale, terms * 2**21 if terms < FEW else terms
    )
