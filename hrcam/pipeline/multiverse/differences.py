"""HR-CAM minus its rival under every specification, paired by image, by subject."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from hrcam.pipeline.multiverse.axes import EVERY, TARGETS, measures
from hrcam.pipeline.multiverse.cell import Cell
from hrcam.pipeline.multiverse.plan import CELL, Plan
from metrics.statistics.clusters import gather
from metrics.statistics.intervals import find_reaches
from metrics.statistics.verdicts import judge

#: Coverage of the interval of a difference, and of that of equivalence.
WIDE, NARROW = 0.95, 0.9

#: Axes within a cell, in the order of a table's rows.
INNER = ("head", "layers", "alignment", "rectifier", "target", "lesion")


@dataclass(frozen=True, eq=False)
class Paired:
    """Values by image of one measure against one rival, columns in one order.

    Parameters
    ----------
    own, other
        Of HR-CAM and of the rival, (n, c): the columns are heads, sets of layers,
        alignments, rectifiers, targets and lesions, the last fastest. NaN on images of
        other lesions.
    groups
        Subject of each image.
    """

    own: Float[np.ndarray, "n c"]
    other: Float[np.ndarray, "n c"]
    groups: Int[np.ndarray, " n"]


def pair(cell: Cell, plan: Plan, rival: str, measure: int) -> Paired:
    """Lay a cell's values of one measure out by image."""
    chosen = [TARGETS.index(name) for name in plan.options("target")]
    rows = cell.place[:, chosen]  # (n, t)
    own = cell.found[..., measure][rows]  # (n, t, h, s, a, r)
    other = cell.rivals[:, plan.rivals.index(rival), ..., measure][rows]
    own = np.moveaxis(own, 1, -1).astype(np.float64)  # (n, h, s, a, r, t)
    other = np.moveaxis(other, 1, -1).astype(np.float64)  # (n, a, r, t)
    other = np.broadcast_to(other[:, None, None], own.shape)
    inside = np.stack(
        [
            np.ones(len(cell.ids), bool) if kind == EVERY else cell.lesions == kind
            for kind in plan.options("lesion")
        ],
        axis=1,
    )  # (n, l)
    known = inside.reshape(len(inside), *(1,) * (own.ndim - 1), -1)
    count = len(cell.ids)
    groups = np.unique(cell.subjects, return_inverse=True)[1].astype(np.int64)
    columns = [
        np.where(known, x[..., None], np.nan).reshape(count, -1) for x in (own, other)
    ]
    return Paired(columns[0], columns[1], groups)


def compare(paired: Paired, margin: float) -> pd.DataFrame:
    """Return means, differences, intervals and verdicts, a row for each column."""
    clusters = int(paired.groups.max()) + 1
    # Both are defined on the same images but where one alone is not finite.
    both = np.isfinite(paired.own) & np.isfinite(paired.other)
    own, other = (np.where(both, x, np.nan) for x in (paired.own, paired.other))
    found = gather(own - other, paired.groups, clusters)
    means = [gather(x, paired.groups, clusters).means for x in (own, other)]
    reach, narrow = (
        find_reaches(found.clusters, level) * found.errors for level in (WIDE, NARROW)
    )
    middle = found.means
    low, high = middle - reach, middle + reach
    verdicts = [
        judge((a, b), (m - r, m + r), margin) if np.isfinite(a) else "too few subjects"
        for a, b, m, r in zip(low, high, middle, narrow, strict=True)
    ]
    return pd.DataFrame(
        {
            "hr_cam": means[0],
            "rival_mean": means[1],
            "difference": middle,
            "low": low,
            "high": high,
            "n": found.totals.astype(np.int64),
            "subjects": found.clusters.astype(np.int64),
            "verdict": pd.Categorical(verdicts),
        }
    )


def tabulate(
    cell: Cell,
    where: Mapping[str, str],
    plan: Plan,
    margin: float,
    rivals: Sequence[str] = (),
) -> pd.DataFrame:
    """Return a cell's rows of the table of specifications.

    Parameters
    ----------
    cell, where
        What was measured, and the cell's options.
    plan
        The specifications.
    margin
        Largest difference that does not matter.
    rivals
        Those that are tabulated; all of the plan without.
    """
    inner = pd.MultiIndex.from_product([plan.options(x) for x in INNER], names=INNER)
    choices = inner.to_frame(index=False).astype("category")
    parts = []
    for rival in rivals or plan.rivals:
        for place, (endpoint, normalization, threshold) in enumerate(measures()):
            told: dict[str, Any] = {
                **{name: where[name] for name in CELL},
                "rival": rival,
                "endpoint": endpoint,
                "normalization": normalization,
                "threshold": np.nan if threshold is None else threshold,
            }
            rows = compare(pair(cell, plan, rival, place), margin)
            parts.append(pd.concat([choices.assign(**told), rows], axis="columns"))
    table = pd.concat(parts, ignore_index=True)
    words = [*CELL, *INNER, "rival", "endpoint", "normalization", "verdict"]
    return table.astype(dict.fromkeys(words, "category"))
