"""Count hits and misses of saliency maps at every threshold.

Sensitivity and specificity are computed from a :class:`Sweep`, so maps are
compared with masks at thresholds once, here, and nowhere else.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

STATUSES = (
    "ok",
    "empty_mask",
    "full_mask",
    "constant_map",
    "nonfinite",
    "missing",
)
"""What can be said of a map and its mask; every score's row carries one."""


@dataclass(frozen=True)
class Sweep:
    """How many pixels each map marks at each threshold.

    Attributes
    ----------
    marked_lesion, marked_healthy
        Marked pixels inside and outside the mask, (n, t); -1 where the map is
        not finite or missing.
    lesion, healthy
        Pixels inside and outside the mask, (n,).
    status
        One of :data:`STATUSES` per image, (n,). A fault of the map is named
        before an empty or full mask.
    """

    marked_lesion: Int[np.ndarray, "n t"]
    marked_healthy: Int[np.ndarray, "n t"]
    lesion: Int[np.ndarray, " n"]
    healthy: Int[np.ndarray, " n"]
    status: Shaped[np.ndarray, " n"]

    @property
    def thresholds(self) -> Float[np.ndarray, " t"]:
        """Thresholds in rising order, 0 and 1 included."""
        return grid(self.marked_lesion.shape[1])

    @property
    def sensitivity(self) -> Float[np.ndarray, "n t"]:
        """Share of lesion pixels that is marked; NaN where there are none."""
        return _share(self.marked_lesion, self.lesion)

    @property
    def specificity(self) -> Float[np.ndarray, "n t"]:
        """Share of healthy pixels left unmarked; NaN where there are none."""
        left = self.healthy[:, None] - self.marked_healthy
        return _share(np.where(self.marked_healthy < 0, -1, left), self.healthy)


def grid(thresholds: int = 101) -> Float[np.ndarray, " t"]:
    """Place thresholds k / (thresholds - 1) on [0, 1]."""
    if thresholds < 2:
        msg = f"thresholds must be at least 2, got {thresholds}"
        raise ValueError(msg)
    return np.arange(thresholds) / (thresholds - 1)


def normalize(maps: Float[np.ndarray, "n h w"]) -> Float[np.ndarray, "n h w"]:
    """Stretch each map to [0, 1] in float64.

    A constant map becomes 0 everywhere, a map with NaN or infinity NaN everywhere.
    """
    values = maps.astype(np.float64)
    low = values.min(axis=(1, 2), keepdims=True)
    high = values.max(axis=(1, 2), keepdims=True)
    finite = np.isfinite(low) & np.isfinite(high)
    low, high = np.where(finite, low, 0.0), np.where(finite, high, 0.0)
    with np.errstate(over="ignore"):
        # Halving is exact and keeps the span of the largest floats finite.
        scale = np.where(np.isfinite(high - low), 1.0, 0.5)
    span = high * scale - low * scale
    if (scale < 1).any():
        values *= scale
    scaled = np.zeros_like(values)
    np.subtract(values, low * scale, out=scaled, where=span > 0)
    np.divide(scaled, span, out=scaled, where=span > 0)
    scaled[~finite[:, 0, 0]] = np.nan
    return scaled


def sweep(
    maps: Float[np.ndarray, "n h w"],
    masks: Bool[np.ndarray, "n h w"],
    thresholds: int = 101,
) -> Sweep:
    """Compare maps with masks at evenly spaced thresholds.

    A pixel is marked when ``(value - min) / (max - min) >= threshold``, evaluated
    in float64.

    Parameters
    ----------
    maps
        Raw saliency, any finite scale; each is min-max normalized to [0, 1] first.
    masks
        True on lesion pixels.
    thresholds
        How many thresholds to place on [0, 1], both ends included.

    Raises
    ------
    ValueError
        If shapes differ or ``thresholds`` < 2. A map with NaN or infinity does not
        raise: its row is NaN and its status ``nonfinite``.

    Notes
    -----
    Pixelwise sensitivity and specificity as in the HR-CAM paper (PeerJ Computer
    Science 7:e622, 2021). A constant map marks nothing above threshold 0.

    Examples
    --------
    >>> maps = np.array([[[0.0, 1.0, 2.0, 4.0]]])
    >>> masks = np.array([[[False, False, True, True]]])
    >>> sweep(maps, masks, thresholds=5).sensitivity
    array([[1. , 1. , 1. , 0.5, 0.5]])
    """
    if maps.shape != masks.shape:
        msg = f"maps and masks must have one shape, got {maps.shape} and {masks.shape}"
        raise ValueError(msg)
    marks = grid(thresholds)
    count = len(maps)
    scaled = normalize(maps).reshape(count, -1)
    inside = masks.reshape(count, -1)
    nonfinite = np.isnan(scaled[:, 0])
    scaled[nonfinite] = 0.0
    levels = _levels(scaled, marks)
    constant = (levels[:, :1] == 0).all(axis=1) & (scaled.max(axis=1) == 0)
    bins = levels + thresholds * inside
    bins += np.arange(count)[:, None] * (2 * thresholds)
    counts = np.bincount(bins.ravel(), minlength=count * 2 * thresholds)
    # Pixels at or above each level: sums from the top.
    above = counts.reshape(count, 2, thresholds)[:, :, ::-1].cumsum(axis=2)[:, :, ::-1]
    above[nonfinite] = -1
    lesion = inside.sum(axis=1)
    healthy = inside.shape[1] - lesion
    status = np.select(
        [nonfinite, constant, lesion == 0, healthy == 0],
        ["nonfinite", "constant_map", "empty_mask", "full_mask"],
        "ok",
    )
    return Sweep(above[:, 1], above[:, 0], lesion, healthy, status)


def _levels(
    scaled: Float[np.ndarray, "n p"], marks: Float[np.ndarray, " t"]
) -> Int[np.ndarray, "n p"]:
    """Index of the highest mark that each value reaches."""
    last = len(marks) - 1
    levels = (scaled * last).astype(np.int64)
    # The product may round across a mark; comparing with the marks settles it.
    levels += np.append(marks[1:], np.inf)[levels] <= scaled
    levels -= marks[levels] > scaled
    return levels


def _share(
    part: Int[np.ndarray, "n t"], whole: Int[np.ndarray, " n"]
) -> Float[np.ndarray, "n t"]:
    """Divide counts, NaN where the whole is empty or the part unknown."""
    known = (whole[:, None] > 0) & (part >= 0)
    result = np.full(part.shape, np.nan)
    np.divide(part, whole[:, None], out=result, where=known)
    return result
