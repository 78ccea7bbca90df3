"""Scores of the pixels of all images in one pool: large lesions weigh more."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Num

from metrics.counting.statuses import LOST
from metrics.counting.thresholds import Sweep


@dataclass(frozen=True)
class Pool:
    """Pixels of many images added up, a pool a row.

    Attributes
    ----------
    marked_lesion, marked_healthy
        Marked pixels at rising thresholds, the first of which marks all, (b, t).
    lesion, healthy
        Pixels inside and outside the masks, (b,).
    """

    marked_lesion: Num[np.ndarray, "b t"]
    marked_healthy: Num[np.ndarray, "b t"]
    lesion: Num[np.ndarray, " b"]
    healthy: Num[np.ndarray, " b"]

    def at(self, places: Sequence[int]) -> "Pool":
        """Return the pools at some thresholds only."""
        chosen = list(places)
        return Pool(
            self.marked_lesion[:, chosen],
            self.marked_healthy[:, chosen],
            self.lesion,
            self.healthy,
        )


def stack(
    sweep: Sweep, rows: Bool[np.ndarray, " n"], worst: bool = False
) -> Float[np.ndarray, "r c"]:
    """Lay the counts of images side by side, so that weighted sums of rows are pools.

    Parameters
    ----------
    sweep
        Counts of each image.
    rows
        Images to take.
    worst
        Whether a lost map counts as the worst there can be: all healthy pixels come
        before the first lesion pixel. Else its image is left out.
    """
    lesion, healthy = (
        part[rows].astype(float) for part in (sweep.lesion, sweep.healthy)
    )
    inside, outside = (
        part[rows].astype(float) for part in (sweep.marked_lesion, sweep.marked_healthy)
    )
    lost = np.isin(sweep.status[rows], LOST)
    inside[lost] = outside[lost] = 0.0
    if worst:
        inside[lost, 0] = lesion[lost]
        outside[lost] = healthy[lost, None]
    else:
        lesion[lost] = healthy[lost] = 0.0
    return np.column_stack([inside, outside, lesion, healthy])


def unstack(sums: Float[np.ndarray, "b c"]) -> Pool:
    """Return the pools whose counts lie side by side."""
    half = (sums.shape[1] - 2) // 2
    return Pool(sums[:, :half], sums[:, half:-2], sums[:, -2], sums[:, -1])


def pooled_average_precision(pool: Pool) -> Float[np.ndarray, "b 1"]:
    """Area under precision over recall of all pixels, by the step rule (PxAP).

    Levels are the thresholds k/100 of the min-max normalized maps.
    """
    recall = _share(pool.marked_lesion, pool.lesion[:, None])[:, ::-1]
    precision = pooled_precision(pool)[:, ::-1]
    steps = np.diff(recall, axis=1, prepend=0.0)
    # Where nothing is marked precision is not defined, and the step is 0.
    areas = np.where(steps > 0, steps * precision, 0.0).sum(axis=1, keepdims=True)
    return np.where(pool.lesion[:, None] > 0, areas, np.nan)


def pooled_sensitivity(pool: Pool) -> Float[np.ndarray, "b t"]:
    """Share of all lesion pixels that is marked."""
    return _share(pool.marked_lesion, pool.lesion[:, None])


def pooled_specificity(pool: Pool) -> Float[np.ndarray, "b t"]:
    """Share of all healthy pixels that is not marked."""
    healthy = pool.healthy[:, None]
    return _share(healthy - pool.marked_healthy, healthy)


def pooled_precision(pool: Pool) -> Float[np.ndarray, "b t"]:
    """Share of all marked pixels that is lesion; NaN without a lesion pixel."""
    marked = pool.marked_lesion + pool.marked_healthy
    return _share(pool.marked_lesion, np.where(pool.lesion[:, None] > 0, marked, 0))


def pooled_dice(pool: Pool) -> Float[np.ndarray, "b t"]:
    """Twice the marked lesion pixels over marked and lesion pixels together.

    NaN without a lesion pixel.
    """
    lesion = pool.lesion[:, None]
    marked = pool.marked_lesion + pool.marked_healthy
    return _share(2 * pool.marked_lesion, np.where(lesion > 0, marked + lesion, 0))


def _share(
    part: Num[np.ndarray, "b t"], whole: Num[np.ndarray, "b w"]
) -> Float[np.ndarray, "b t"]:
    """Divide counts; NaN of nothing."""
    result = np.full(np.broadcast_shapes(part.shape, whole.shape), np.nan)
    return np.divide(part, whole, out=result, where=whole > 0)


POOLED: dict[str, Callable[[Pool], Float[np.ndarray, "b c"]]] = {
    part.__name__: part
    for part in (
        pooled_average_precision,
        pooled_sensitivity,
        pooled_specificity,
        pooled_precision,
        pooled_dice,
    )
}
"""Scores of pools: one value each, or one per threshold."""

CURVES = frozenset({"pooled_average_precision"})
"""Those that have one value, of all thresholds together."""
