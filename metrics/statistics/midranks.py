"""Ranks of values, those of equal values shared."""

import numpy as np
from jaxtyping import Float


def midranks(
    values: Float[np.ndarray, "..."], axis: int = -1
) -> Float[np.ndarray, "..."]:
    """Rank values along an axis from 1, equal ones by the mean of their ranks."""
    from scipy.stats import rankdata  # slow to import

    return np.asarray(rankdata(values, axis=axis), dtype=np.float64)


def least_ranks(
    values: Float[np.ndarray, "..."], axis: int = -1
) -> Float[np.ndarray, "..."]:
    """Rank values along an axis from 1, equal ones by the least of their ranks."""
    from scipy.stats import rankdata

    return np.asarray(rankdata(values, method="min", axis=axis), dtype=np.float64)
