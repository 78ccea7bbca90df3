"""Intervals of a classifier's scores: Wilson's, and by drawing subjects anew.

An image that is drawn twice counts twice, so every score is one of weighted images; the
weights of a resample are how often each subject was drawn.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float, Int
from scipy.stats import binomtest

#: Resamples, and how many are worked on at a time.
RESAMPLES = 2000
CHUNK = 100

Weights = Float[np.ndarray, "b n"]


def percentile_interval(
    score: Callable[[Weights], Float[np.ndarray, "b s"]],
    subjects: Int[np.ndarray, " n"],
) -> Float[np.ndarray, "2 s"]:
    """Return the 95 % percentile bootstrap interval of scores.

    Parameters
    ----------
    score
        Gives every score (axis 1) for each row of weights of the images.
    subjects
        Numbers 0, 1, … of the images' subjects, which are drawn whole.

    Returns
    -------
    interval
        Low and high of each score, over the resamples in which it is defined; NaN
        where it is in none. The resamples are the same in every call.
    """
    rng = np.random.default_rng([0, len(subjects)])
    count = int(subjects.max()) + 1
    found = [
        score(
            rng.multinomial(count, np.full(count, 1 / count), CHUNK)[:, subjects] * 1.0
        )
        for _ in range(RESAMPLES // CHUNK)
    ]
    values = np.concatenate(found)
    low_high = np.full((2, values.shape[1]), np.nan)
    for column, part in enumerate(values.T):
        part = part[np.isfinite(part)]
        if part.size:
            low_high[:, column] = np.percentile(part, [2.5, 97.5])
    return low_high


def wilson(right: int, count: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share; NaN of nothing."""
    if not count:
        return float("nan"), float("nan")
    low, high = binomtest(right, count).proportion_ci(method="wilson")
    return float(low), float(high)


def mean_interval(
    values: Float[np.ndarray, " k"], limits: Float[np.ndarray, "2 k"]
) -> Float[np.ndarray, " 2"]:
    """Return the interval of the mean of independent values from their own."""
    there = np.isfinite(values)
    if not there.any():
        return np.full(2, np.nan)
    reach = np.sqrt(((limits - values)[:, there] ** 2).sum(axis=1)) / there.sum()
    return values[there].mean() + np.array([-1.0, 1.0]) * reach


def numbers(subjects: Any) -> Int[np.ndarray, " n"]:
    """Return the number of each image's subject: 0, 1 and so on."""
    return np.unique(np.asarray(subjects), return_inverse=True)[1]
