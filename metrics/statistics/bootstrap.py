"""One bootstrap of clusters behind every adjusted p value and band.

A resample is a row of weights over clusters, so all resampled means of all columns
are one matrix product.
"""

from zlib import crc32

import numpy as np
from jaxtyping import Float, Int


def draw_weights(
    clusters: int, resamples: int, seed: int, name: str
) -> Float[np.ndarray, "b g"]:
    """Draw how often each resample takes each cluster.

    The stream depends on the seed and the analysis' name only.
    """
    generator = np.random.default_rng([seed, crc32(name.encode())])
    shares = np.full(clusters, 1 / clusters)
    return generator.multinomial(clusters, shares, size=resamples).astype(np.float64)


def resample_means(
    values: Float[np.ndarray, "n c"],
    groups: Int[np.ndarray, " n"],
    weights: Float[np.ndarray, "b g"],
) -> Float[np.ndarray, "b c"]:
    """Average each column over its defined values, in every resample.

    Parameters
    ----------
    values
        NaN where undefined.
    groups
        Cluster of each row, a column of ``weights``.
    weights
        From :func:`draw_weights`.

    Returns
    -------
    array
        NaN where a resample has no defined value.
    """
    known = np.isfinite(values)
    sums = _sum_clusters(np.where(known, values, 0.0), groups, weights.shape[1])
    if known.all():
        counts = weights @ np.bincount(groups, minlength=weights.shape[1])
        counts = np.broadcast_to(counts[:, None], (len(weights), values.shape[1]))
    else:
        known_in = _sum_clusters(known.astype(np.float64), groups, weights.shape[1])
        counts = weights @ known_in
    result = np.full(counts.shape, np.nan)
    np.divide(weights @ sums, counts, out=result, where=counts > 0)
    return result


def _sum_clusters(
    values: Float[np.ndarray, "n c"], groups: Int[np.ndarray, " n"], clusters: int
) -> Float[np.ndarray, "g c"]:
    """Add up the rows of each cluster."""
    result = np.zeros((clusters, values.shape[1]))
    np.add.at(result, groups, values)
    return result
