"""Correct p values for the number of comparisons made."""

from collections.abc import Iterable

import numpy as np
from jaxtyping import Float
from scipy import special

from metrics.statistics.deviations import scale, spread_of

_BLOCK = 100


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
    tested = np.flatnonzero(np.isfinite(p_values) & (p_values < 1))
    chosen, centers = resampled[:, tested], means[tested]
    spread = spread_of(chosen)
    blocks = (
        scale(chosen[begin : begin + _BLOCK] - centers, spread)
        for begin in range(0, len(chosen), _BLOCK)
    )
    result = p_values.copy()
    result[tested] = step_down(p_values[tested], blocks)
    return result


def step_down(
    p_values: Float[np.ndarray, " c"], blocks: Iterable[Float[np.ndarray, "b c"]]
) -> Float[np.ndarray, " c"]:
    """Adjust p values by resampled deviations that come block by block.

    Parameters
    ----------
    p_values
        Raw, two-sided, below 1.
    blocks
        Some resamples' absolute deviations in units of their spread, each.

    Returns
    -------
    array
        (1 + resamples in which the largest deviation among this and all less clear
        comparisons is at least as large) / (1 + resamples), made to rise with the raw
        value and never below it.
    """
    order = np.argsort(p_values, kind="stable")
    observed = -special.ndtri(p_values[order] / 2)
    exceeding, total = np.zeros(len(order), dtype=np.int64), 0
    for block in blocks:
        ordered = block[:, order[::-1]]
        np.maximum.accumulate(ordered, axis=1, out=ordered)
        exceeding += (ordered[:, ::-1] >= observed).sum(axis=0)
        total += len(block)
    adjusted = np.maximum.accumulate((exceeding + 1) / (total + 1))
    result = np.empty(len(order))
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


def adjust_by_discoveries(p_values: Float[np.ndarray, " c"]) -> Float[np.ndarray, " c"]:
    """Adjust a family by Benjamini and Hochberg's rule for false discoveries.

    NaN stays NaN and is not counted.
    """
    result = np.full(p_values.shape, np.nan)
    known = np.flatnonzero(np.isfinite(p_values))
    order = known[np.argsort(-p_values[known], kind="stable")]
    factors = len(order) / np.arange(len(order), 0, -1)
    result[order] = np.minimum(np.minimum.accumulate(factors * p_values[order]), 1)
    return result
