"""Score the order of pixels in a map, whatever its scale.

Both scores follow from the ranks of the lesion's pixels, so one sort per image
serves them; pixels of one value are one group and share its rank.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float


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
    """

    auroc: Float[np.ndarray, " n"]
    average_precision: Float[np.ndarray, " n"]


def rank(maps: Float[np.ndarray, "n h w"], masks: Bool[np.ndarray, "n h w"]) -> Ranking:
    """Rank each map's pixels and see where the lesion's stand.

    A map with NaN or infinity scores NaN and leaves the others alone.

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
    >>> rank(maps, masks)
    Ranking(auroc=array([0.75]), average_precision=array([0.83333333]))
    """
    if maps.shape != masks.shape:
        msg = f"maps and masks must have one shape, got {maps.shape} and {masks.shape}"
        raise ValueError(msg)
    scores = [_rank(m.ravel(), k.ravel()) for m, k in zip(maps, masks, strict=True)]
    auroc, precision = np.array(scores, dtype=np.float64).reshape(-1, 2).T
    return Ranking(auroc, precision)


def _rank(
    values: Float[np.ndarray, " p"], inside: Bool[np.ndarray, " p"]
) -> tuple[float, float]:
    """Return AUROC and average precision of one image."""
    lesion = np.sort(values[inside])
    total, count = len(values), len(lesion)
    if count == 0 or not np.isfinite(values).all():
        return np.nan, np.nan
    everything = np.sort(values)
    below = np.searchsorted(everything, lesion, side="left")
    upto = np.searchsorted(everything, lesion, side="right")
    lesion_below = np.searchsorted(lesion, lesion, side="left")
    lesion_upto = np.searchsorted(lesion, lesion, side="right")
    precision = float(np.mean((count - lesion_below) / (total - below)))
    if count == total:
        return np.nan, precision
    # Healthy pixels below count twice and equal ones once: an exact integer.
    twice = int((below - lesion_below + upto - lesion_upto).sum())
    return twice / (2 * count * (total - count)), precision
