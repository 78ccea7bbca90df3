"""The specification curve as a drawing needs it: thinned, and its choices counted."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from hrcam.pipeline.multiverse.axes import HeadChoice
from hrcam.pipeline.multiverse.plan import Plan

#: Specifications of the curve that are kept for drawing, at evenly spaced ranks.
DRAWN = 480

#: Bins of ranks of the matrix of choices.
BINS = 160

#: The head that comes nearest to the paper's words.
PAPER = HeadChoice("paper", rate=1e-3, epochs=60).name


def drawn(rows: pd.DataFrame, plan: Plan) -> dict[str, Any]:
    """Return what a drawing of the sorted curve needs.

    The curve is thinned to :data:`DRAWN` specifications at evenly spaced ranks; the
    matrix of choices tells of all: the share of the specifications of each of
    :data:`BINS` bins of ranks that have an option.
    """
    known = rows[np.isfinite(rows["difference"])]
    ordered = known.sort_values("difference", kind="stable").reset_index(drop=True)
    count = min(DRAWN, len(ordered))
    ranks = np.linspace(0, max(len(ordered) - 1, 0), count).round().astype(int)
    some = ordered.iloc[ranks]
    bins = np.arange(len(ordered)) * min(BINS, len(ordered)) // max(len(ordered), 1)
    sizes = np.bincount(bins)
    matrix = [
        {
            "axis": axis.name,
            "option": option,
            "share": (np.bincount(bins, ordered[axis.name] == option) / sizes).tolist(),
        }
        for axis in plan.axes
        if len(axis.options) > 1
        for option in axis.options
    ]
    return {
        "specifications": len(ordered),
        "ranks": ranks.tolist(),
        **{k: some[k].astype(float).tolist() for k in ("difference", "low", "high")},
        "matrix": matrix,
        "marks": [
            mark
            for name, choices in readings(plan).items()
            if (mark := _mark(ordered, name, choices))
        ],
    }


def readings(plan: Plan) -> dict[str, dict[str, str]]:
    """Return the readings that are marked: this package's default and the paper's.

    Of the first network, data seed and training seed; where the paper is silent, the
    option that is defended best.
    """
    first = {axis.name: axis.options[0] for axis in plan.axes}
    heads = {"default of this package": "hotelling", "as the paper states it": PAPER}
    return {
        name: {**first, "head": head}
        for name, head in heads.items()
        if head in plan.options("head")
    }


def _mark(
    ordered: pd.DataFrame, name: str, choices: Mapping[str, str]
) -> dict[str, Any] | None:
    """Find a reading on the sorted curve."""
    same = np.ones(len(ordered), dtype=bool)
    for axis, option in choices.items():
        same &= (ordered[axis] == option).to_numpy()
    if not same.any():
        return None
    rank = int(same.argmax())
    row = ordered.iloc[rank]
    numbers = {k: float(row[k]) for k in ("difference", "low", "high")}
    means = {"hr_cam": float(row["hr_cam"]), "rival": float(row["rival_mean"])}
    return {"name": name, "rank": rank, "choices": dict(choices), **numbers, **means}
