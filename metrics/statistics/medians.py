"""Medians of resamples, by weights rather than copies."""

import numpy as np
from jaxtyping import Float, Int

from metrics.statistics.draws import Draws

_BLOCK = 250


def resample_medians(
    values: Float[np.ndarray, " n"], draws: Draws, numbers: Int[np.ndarray, " n"]
) -> Float[np.ndarray, " b"]:
    """Return the median of every resample of subjects."""
    order = np.argsort(values, kind="stable")
    ordered, places = values[order], numbers[order]
    found = []
    for start in range(0, draws.resamples, _BLOCK):
        weights = draws.weights(start, min(start + _BLOCK, draws.resamples))
        found.append(weigh_medians(ordered, weights[:, places]))
    return np.concatenate(found)


def weigh_medians(
    ordered: Float[np.ndarray, " n"], weights: Float[np.ndarray, "b n"]
) -> Float[np.ndarray, " b"]:
    """Return the median of values, each as often as its whole weight says.

    Examples
    --------
    >>> weigh_medians(np.array([1.0, 2.0, 5.0]), np.array([[1.0, 0, 1], [0, 2, 1]]))
    array([3., 2.])
    """
    sums = weights.cumsum(axis=1)
    half = sums[:, -1:] / 2
    low = (sums < half).sum(axis=1)
    high = (sums <= half).sum(axis=1)
    return (ordered[low] + ordered[high]) / 2
