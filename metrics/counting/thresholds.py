"""Count hits and misses of saliency maps at every threshold.

Sensitivity and specificity are computed from a :class:`Sweep`, so maps are
compared with masks at thresholds once, here, and nowhere else.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int, Num, Shaped

from metrics.counting.loops import count_levels, weigh_levels
from metrics.counting.truth import IGNORED, Truth, as_truth


@dataclass(frozen=True)
class Sweep:
    """How many pixels each map marks at each threshold.

    Attributes
    ----------
    marked_lesion, marked_healthy
        Marked pixels inside and outside the mask, (n, t); -1 where the map is
        not finite or missing. Against a soft truth, sums of their shares.
    lesion, healthy
        Pixels inside and outside the mask that count, (n,).
    status
        ``nonfinite``, ``missing``, ``constant_map``, ``empty_mask``, ``full_mask`` or
        ``ok`` per image, (n,). A fault of the map is named before one of the mask.
    """

    marked_lesion: Num[np.ndarray, "n t"]
    marked_healthy: Num[np.ndarray, "n t"]
    lesion: Num[np.ndarray, " n"]
    healthy: Num[np.ndarray, " n"]
    status: Shaped[np.ndarray, " n"]

    def take(self, rows: Int[np.ndarray, " k"]) -> "Sweep":
        """Return the counts of some images."""
        return Sweep(*(getattr(self, part.name)[rows] for part in fields(self)))

    @property
    def thresholds(self) -> Float[np.ndarray, " t"]:
        """Thresholds in rising order, 0 and 1 included."""
        return grid(self.marked_lesion.shape[1])

    @property
    def sensitivity(self) -> Float[np.ndarray, "n t"]:
        """Share of lesion pixels that is marked; NaN where there are none."""
        return divide(self.marked_lesion, self.lesion[:, None])

    @property
    def specificity(self) -> Float[np.ndarray, "n t"]:
        """Share of healthy pixels left unmarked; NaN where there are none."""
        left = self.healthy[:, None] - self.marked_healthy
        left = np.where(self.marked_healthy < 0, -1, left)
        return divide(left, self.healthy[:, None])


def grid(thresholds: int = 101) -> Float[np.ndarray, " t"]:
    """Place thresholds k / (thresholds - 1) on [0, 1]."""
    if thresholds < 2:
        msg = f"thresholds must be at least 2, got {thresholds}"
        raise ValueError(msg)
    return np.arange(thresholds) / (thresholds - 1)


def normalize(maps: Float[np.ndarray, "n ..."]) -> Float[np.ndarray, "n ..."]:
    """Stretch each map to [0, 1] in float64.

    A constant map becomes 0 everywhere, a map with NaN or infinity NaN everywhere.
    """
    frames, finite = _frame(maps)
    low, span, scale = (
        part.reshape(-1, *(1,) * (maps.ndim - 1)) for part in frames.T.copy()
    )
    scaled = maps.astype(np.float64)
    scaled[~finite] = 0.0
    scaled = (scaled * scale - low) / span
    scaled[~finite] = np.nan
    return scaled


def sweep(
    maps: Float[np.ndarray, "n ..."],
    masks: Truth | Bool[np.ndarray, "n ..."],
    thresholds: int = 101,
) -> Sweep:
    """Compare maps with masks at evenly spaced thresholds.

    A pixel is marked when ``(value - min) / (max - min) >= threshold``, evaluated
    in float64.

    Parameters
    ----------
    maps
        Raw saliency, any finite scale; each is min-max normalized to [0, 1] first, over
        all its pixels.
    masks
        True on lesion pixels, or a :class:`~metrics.counting.truth.Truth`.
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
    truth = _paired(maps, masks)
    frames, finite = _frame(maps)
    constant = finite & (_extremes(maps, np.min) == _extremes(maps, np.max))
    return _count(maps, truth, frames, ~finite, constant, thresholds)


def count(
    values: Float[np.ndarray, "n ..."],
    masks: Truth | Bool[np.ndarray, "n ..."],
    thresholds: int = 101,
) -> Sweep:
    """Compare values that already lie in [0, 1] with masks at thresholds.

    As :func:`sweep`, without the normalization; a map with NaN is ``nonfinite``.

    Raises
    ------
    ValueError
        If shapes differ, values leave [0, 1] or ``thresholds`` < 2.
    """
    truth = _paired(values, masks)
    low, high = _extremes(values, np.min), _extremes(values, np.max)
    lost = np.isnan(low)
    if not ((low >= 0) & (high <= 1) | lost).all():
        odd = low[~lost].min(), high[~lost].max()
        msg = f"values must lie in [0, 1], got {odd[0]:g} to {odd[1]:g}; normalize them"
        raise ValueError(msg)
    frames = np.tile([0.0, 1.0, 1.0], (len(values), 1))
    return _count(values, truth, frames, lost, low == high, thresholds)


def _paired(
    maps: Float[np.ndarray, "n ..."], masks: Truth | Bool[np.ndarray, "n ..."]
) -> Truth:
    truth = as_truth(masks)
    if maps.shape != truth.lesion.shape:
        msg = (
            f"maps and masks must have one shape, got {maps.shape} and "
            f"{truth.lesion.shape}"
        )
        raise ValueError(msg)
    return truth


def _extremes(
    maps: Float[np.ndarray, "n ..."], find: Callable[..., Any]
) -> Float[np.ndarray, " n"]:
    """Return the least or the greatest value of each map; NaN if it has one."""
    return find(maps.reshape(len(maps), -1), axis=1).astype(np.float64)


def _frame(
    maps: Float[np.ndarray, "n ..."],
) -> tuple[Float[np.ndarray, "n 3"], Bool[np.ndarray, " n"]]:
    """Return low, span and scale of each map, and whether it is finite.

    Where the span of large floats is not finite, halving, which is exact, keeps it so.
    """
    low, high = _extremes(maps, np.min), _extremes(maps, np.max)
    finite = np.isfinite(low) & np.isfinite(high)
    low, high = np.where(finite, low, 0.0), np.where(finite, high, 0.0)
    with np.errstate(over="ignore"):
        scale = np.where(np.isfinite(high - low), 1.0, 0.5)
    span = high * scale - low * scale
    span[span == 0] = 1.0  # a constant map: every value stands at 0
    return np.stack([low * scale, span, scale], axis=1), finite


def _count(
    maps: Float[np.ndarray, "n ..."],
    truth: Truth,
    frames: Float[np.ndarray, "n 3"],
    lost: Bool[np.ndarray, " n"],
    constant: Bool[np.ndarray, " n"],
    thresholds: int,
) -> Sweep:
    """Count every map in its frame and name its status."""
    marks = np.append(grid(thresholds), np.inf)
    pixels = maps.reshape(len(maps), -1)
    hard = truth.soft is None
    counts = np.zeros((len(maps), 3, thresholds), np.int64 if hard else np.float64)
    for index in np.flatnonzero(~lost).tolist():
        frame = tuple(frames[index].tolist())
        if hard:
            codes = truth.codes[index]
            count_levels(pixels[index], codes, frame, marks, counts[index])
        else:
            shares = np.where(truth.codes[index] == IGNORED, -1, truth.shares[index])
            weigh_levels(pixels[index], shares, frame, marks, counts[index, :2])
    # Pixels at or above each level: sums from the top.
    above = counts[:, :, ::-1].cumsum(axis=2)[:, :, ::-1]
    above[lost] = -1
    lesion, healthy = truth.lesion_size, truth.healthy_size
    status = np.select(
        [lost, constant, lesion == 0, healthy == 0],
        ["nonfinite", "constant_map", "empty_mask", "full_mask"],
        "ok",
    )
    return Sweep(above[:, 1], above[:, 0], lesion, healthy, status)


def divide(
    part: Num[np.ndarray, "*n"], whole: Num[np.ndarray, "*m"]
) -> Float[np.ndarray, "*n"]:
    """Divide counts, NaN where the whole is empty or the part unknown (below 0)."""
    known = (whole > 0) & (part >= 0)
    result = np.full(known.shape, np.nan)
    np.divide(part, whole, out=result, where=known)
    return result
