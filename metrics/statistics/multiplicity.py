"""Correct p values for the number of comparisons made."""

import numpy as np
from jaxtyping import Float
from scipy import special


def adjust_by_maximum(
    p_values: Float[np.ndarray, " c"],
    means: Float[np.ndarray, " c"],
    resampled: Float[np.ndarray, "b c"],
) -> Float[np.ndarray, " c"]:
    """Adjust a family by the step-down distribution of its largest statistic.

    Parameters
    ----------
    p_values
        Raw, two-sided; NaN for comparisons that were not tested.
    means
        Estimates the resamples scatter around.
    resampled
        Joint bootstrap of the estimates.

    Returns
    -------
    array
        Never below the raw values; NaN where they are.

    Notes
    -----
    Resampled deviations are standardized by their own spread. The observed side is
    the normal deviate of the raw p, which carries the t law of few clusters over.
    """
    result = p_values.copy()
    tested = np.flatnonzero(np.isfinite(p_values) & (p_values < 1))
    if not len(tested):
        return result
    order = tested[np.argsort(p_values[tested], kind="stable")]
    observed = -special.ndtri(p_values[order] / 2)
    deviations = np.abs(resampled[:, order] - means[order])
    spread = np.nanstd(resampled[:, order], axis=0, ddof=1)
    scaled = np.zeros_like(deviations)
    np.divide(deviations, spread, out=scaled, where=spread > 1e-12)
    scaled = np.nan_to_num(scaled)
    largest = np.maximum.accumulate(scaled[:, ::-1], axis=1)[:, ::-1]
    exceeding = (largest >= observed).sum(axis=0)
    adjusted = np.maximum.accumulate((exceeding + 1) / (len(resampled) + 1))
    result[order] = np.maximum(adjusted, p_values[order])
    return result


def adjust_by_holm(p_values: Float[np.ndarray, " c"]) -> Float[np.ndarray, " c"]:
    """Adjust a family by Holm's step-down rule; NaN stays NaN and is not counted."""
    result = np.full(p_values.shape, np.nan)
    known = np.flatnonzero(np.isfinite(p_values))
    order = known[np.argsort(p_values[known], kind="stable")]
    factors = len(order) - np.arange(len(order))
    result[order] = np.minimum(np.maximum.accumulate(factors * p_values[order]), 1)
    return result
