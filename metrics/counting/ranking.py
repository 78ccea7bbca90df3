"""Score the order of pixels in a map, whatever its scale.

One sort per image serves every score; pixels of one value are one group, and what a
group's order would decide is taken by expectation.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Shaped

from metrics.counting.loops import gather, merge, split, walk
from metrics.counting.truth import HEALTHY, IGNORED, LESION, Truth, as_truth

SPECIFICITY = 0.95
"""Specificity at which sensitivity is matched."""

TOPS = (0.01, 0.05)
"""Shares of the pixels that are marked by rank."""


@dataclass(frozen=True)
class Ranking:
    """Threshold-free scores of each image, NaN where undefined.

    Attributes
    ----------
    auroc
        Probability that a lesion pixel has a higher value than a healthy one,
        ties counting one half, (n,). Undefined without lesion or healthy pixels.
    average_precision
        Step-rule area under precision and recall, (n,): the mean over lesion pixels
        of the precision at their value. A constant map scores the prevalence.
        Undefined without lesion pixels.
    matched
        Largest sensitivity of a threshold whose specificity is at least
        :data:`SPECIFICITY`, (n,); thresholds lie at values of the map, nothing is
        interpolated. Undefined without lesion or healthy pixels.
    overlap
        Lesion pixels expected among as many top pixels as the lesion has, (n,).
    tops
        Lesion pixels expected among the top :data:`TOPS` of the pixels, (n, 2).
    """

    auroc: Float[np.ndarray, " n"]
    average_precision: Float[np.ndarray, " n"]
    matched: Float[np.ndarray, " n"]
    overlap: Float[np.ndarray, " n"]
    tops: Float[np.ndarray, "n 2"]


def rank(
    maps: Float[np.ndarray, "n ..."],
    masks: Truth | Bool[np.ndarray, "n ..."],
) -> Ranking:
    """Rank each map's pixels and see where the lesion's stand.

    A map with NaN or infinity scores NaN and leaves the others alone. Against a soft
    truth a pixel is a lesion pixel and a healthy one with its two shares as weights.

    Raises
    ------
    ValueError
        If shapes differ.

    Notes
    -----
    Equal to scikit-learn's ``roc_auc_score`` and ``average_precision_score``.
    The trapezoid rule is not used: it gives a constant map about one half.

    Examples
    --------
    >>> maps = np.array([[[0.0, 1.0, 2.0, 4.0]]])
    >>> masks = np.array([[[False, True, False, True]]])
    >>> found = rank(maps, masks)
    >>> found.auroc, found.average_precision
    (array([0.75]), array([0.83333333]))
    """
    truth = as_truth(masks)
    if maps.shape != truth.lesion.shape:
        msg = (
            f"maps and masks must have one shape, got {maps.shape} and "
            f"{truth.lesion.shape}"
        )
        raise ValueError(msg)
    pixels = maps.reshape(len(maps), -1)
    finite = np.isfinite(pixels).all(axis=1)
    rows = np.full((len(maps), 6), np.nan)
    for index in np.flatnonzero(finite & (truth.lesion_size > 0)).tolist():
        rows[index] = _score(_group(pixels[index], truth, index))
    return Ranking(rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3], rows[:, 4:])


def _group(
    values: Float[np.ndarray, " p"], truth: Truth, index: int
) -> Shaped[np.ndarray, "2 g"]:
    """Count the healthy and the lesion pixels of each value, highest first."""
    codes = truth.codes[index]
    if truth.soft is None:
        lesion = np.empty(np.count_nonzero(codes == LESION), values.dtype)
        healthy = np.empty(np.count_nonzero(codes == HEALTHY), values.dtype)
        split(values, codes, lesion, healthy)
        lesion.sort()
        healthy.sort()
        groups = np.empty((2, len(lesion) + len(healthy)), np.int64)
        return groups[:, : merge(lesion, healthy, groups)]
    known = codes != IGNORED
    order = np.argsort(values[known], kind="stable")[::-1]
    shares = np.empty((2, len(order)))
    found = gather(values[known][order], truth.shares[index][known][order], shares)
    return shares[:, :found]


def _score(groups: Shaped[np.ndarray, "2 g"]) -> tuple[float, ...]:
    """Return the six numbers of a ranking."""
    healthy, lesion = (float(side.sum()) for side in groups)
    sizes = np.array([lesion, *((healthy + lesion) * top for top in TOPS)])
    overlaps = np.empty(len(sizes))
    # Rounded so that 5 % of 100 healthy pixels are five.
    spared = round(healthy * (1 - SPECIFICITY), 9)
    twice, precision, within = walk(groups, sizes, overlaps, spared)
    known = healthy > 0
    return (
        twice / (2 * lesion * healthy) if known else np.nan,
        precision / lesion,
        within / lesion if known else np.nan,
        *overlaps.tolist(),
    )
