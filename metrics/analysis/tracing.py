"""Curves of every entry over all thresholds."""

from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from metrics.analysis.options import ScoreOptions
from metrics.analysis.strata import Strata
from metrics.counting.thresholds import Sweep
from metrics.measured import Measured
from metrics.statistics.curves import trace
from metrics.statistics.draws import Draws
from metrics.statistics.rows import Rows, cut
from metrics.storage.allocation import release


def trace_curves(
    measured: Measured, strata: Strata, options: ScoreOptions
) -> dict[str, Any]:
    """Trace mean sensitivity and specificity of images with a lesion."""
    rows = strata.members["all"]
    curves: dict[str, Any] = {
        "thresholds": measured.sweeps[measured.entries[0]].thresholds,
        "entries": {},
    }
    images = np.flatnonzero(rows)
    groups = np.unique(strata.subjects[rows], return_inverse=True)[1]
    clusters = int(groups.max()) + 1 if len(groups) else 1
    draws = Draws(
        clusters, options.resamples, options.seed, "curves", spill=measured.spill
    )
    for name, result in measured.sweeps.items():
        curves["entries"][name] = {
            score: vars(
                trace(_tell(result, score, images), groups, draws, options.level)
            )
            for score in ("sensitivity", "specificity")
        } | {"pooled": _pool_counts(result, rows)}
    return curves


def _tell(sweep: Sweep, score: str, images: Int[np.ndarray, " k"]) -> Rows:
    """Compute a score of some images at all thresholds."""

    def make(rows: Int[np.ndarray, " b"]) -> Float[np.ndarray, "b t"]:
        values: np.ndarray = getattr(sweep.take(images[rows]), score)
        release(sweep.marked_lesion)
        return values

    return Rows((len(images), sweep.marked_lesion.shape[1]), make)


def _pool_counts(sweep: Sweep, rows: Bool[np.ndarray, " n"]) -> dict[str, Any]:
    """Add up marked pixels of images: sensitivity and precision at every threshold.

    Maps without a value are left out. Precision is NaN where nothing is marked.
    """
    known = rows & np.isin(sweep.status, ("ok", "constant_map", "full_mask"))
    lesion, healthy = np.zeros((2, sweep.marked_lesion.shape[1]))
    for part in cut(len(known), len(lesion)):
        rows = known[part]
        lesion += sweep.marked_lesion[part][rows].sum(axis=0, dtype=np.float64)
        healthy += sweep.marked_healthy[part][rows].sum(axis=0, dtype=np.float64)
        release(sweep.marked_lesion)
    marked, total = lesion + healthy, float(sweep.lesion[known].sum())
    unknown = np.full(len(marked), np.nan)
    precision = np.divide(lesion, marked, out=unknown.copy(), where=marked > 0)
    return {
        "images": int(known.sum()),
        "sensitivity": lesion / total if total else unknown,
        "precision": precision,
    }
