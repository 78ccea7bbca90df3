"""One bootstrap of clusters behind every adjusted p value, band and rank.

A resample is a row of weights over clusters, so all resampled means of all columns
are one matrix product; blocks of it bound the memory and change no number.
"""

import numpy as np
from jaxtyping import Float, Int

from metrics.statistics.clusters import Clustered, gather, round_for_sums
from metrics.statistics.draws import FEW, Draws
from metrics.statistics.rows import Rows, cut
from metrics.storage.allocation import release

_BLOCK = 250
_TIMES = 4  # larger blocks for matrix products, whose threads start slowly


def resample_means(
    values: Float[np.ndarray, "n c"] | Rows,
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
    return resample(gather(values, groups, draws.clusters, draws.spill), draws)


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
        if shifted:
            result[begin:stop] = clustered.means + weigh(draws, begin, stop, parts)[0]
            continue
        sums, counts = weigh(draws, begin, stop, parts, clustered.counts)
        found = np.full(sums.shape, np.nan)
        result[begin:stop] = np.divide(sums, counts, out=found, where=counts > 0)
    return result


def weigh(
    draws: Draws, begin: int, stop: int, *tables: Float[np.ndarray, "g _c"]
) -> list[Float[np.ndarray, "b _c"]]:
    """Add up clusters, each as often as the resamples from ``begin`` to ``stop`` say.

    Some clusters at a time: sums that are exact do not show it.
    """
    drawn = draws.drawn(begin, stop)
    widths = [table.shape[1] for table in tables]
    found = [np.zeros((stop - begin, width)) for width in widths]
    for part in cut(draws.clusters, max(stop - begin, *widths), _TIMES):
        weights = drawn[:, part].astype(np.float64)
        for table, sums in zip(tables, found, strict=True):
            sums += weights @ table[part]
        release(drawn, *tables)
    return found


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
