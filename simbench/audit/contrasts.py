"""Which images are told from which, and the row that a check becomes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from simbench.audit.intervals import auroc_interval, permuted
from simbench.audit.models import (
    BOOSTED_LEAST,
    LINEAR_LEAST,
    boosted,
    linear,
    permutation_p,
    unseen_scores,
)
from simbench.audit.sampling import Chosen
from simbench.budget import CHECKS, Budget

DIGITS = 6  # what lies beyond depends on the machine
TREES = ("boosted", "blanked")  # checks by boosted trees; the others are linear


@dataclass(frozen=True)
class Contrast:
    """Some images, in two kinds."""

    lesion: str
    """``all``, or the lesion that the positive images have."""
    label: int
    """The class that is told from the others."""
    rows: Int[np.ndarray, " n"]
    positive: Bool[np.ndarray, " n"]
    deals: Bool[np.ndarray, "k n"] | None


def contrasts(chosen: Chosen, lesions: bool = True) -> list[Contrast]:
    """Return what is told from what.

    Of two classes, the second from the first, and each of its lesions, if there are
    several, from the first class. Of more, each class from all others.
    """
    labels = np.unique(chosen.labels)
    if labels.size < 2:
        return []
    if labels.size > 2:
        every = np.ones(chosen.labels.size, bool)
        return [_contrast(chosen, "all", int(label), every) for label in labels]
    label = int(labels[1])
    own = chosen.labels == label
    kinds = sorted({str(name) for name in chosen.lesions[own]})
    found = [_contrast(chosen, "all", label, np.ones(own.size, bool))]
    if lesions and len(kinds) > 1:
        found += [
            _contrast(chosen, kind, label, ~own | (chosen.lesions == kind))
            for kind in kinds
        ]
    return found


def rows_of(
    name: str,
    values: Float[np.ndarray, "n d"],
    chosen: Chosen,
    among: list[Contrast],
    budget: Budget,
) -> list[dict[str, Any]]:
    """Make the rows of one check: one a lesion, or one for several classes."""
    trees = name in TREES
    found = [_measured(trees, values, chosen, contrast) for contrast in among]
    if len({contrast.label for contrast in among}) > 1:
        among, found = _worst(found, among)
    for row, contrast in zip(found, among, strict=True):
        if row["auroc"] is not None and not trees and contrast.deals is not None:
            rows, tests = contrast.rows, row.get("classes", 1)
            folds, positive = chosen.folds[rows], contrast.positive
            p = permutation_p(values[rows], positive, folds, contrast.deals)
            row["p"] = round(min(tests * p, 1.0), DIGITS)
    return [judged(name, row, budget) for row in found]


def judged(name: str, row: dict[str, Any], budget: Budget) -> dict[str, Any]:
    """Add to a row what it is called and whether it keeps the budget."""
    auroc, low = row.get("auroc"), row.get("low")
    if "difference" in row:
        verdict = "kept" if row["difference"] == 0 else "leaks"
    elif auroc is None or low is None:
        verdict = "untested"
    elif low > budget.budget:
        verdict = "leaks"
    else:
        verdict = "kept" if auroc <= budget.budget else "unsure"
    intended = name in budget.intended
    return {
        "name": name,
        "features": CHECKS[name],
        **row,
        "intended": intended,
        "within_budget": verdict != "leaks",
        "verdict": "intended" if intended and verdict == "leaks" else verdict,
    }


def untested(why: str) -> dict[str, Any]:
    """Make the numbers of a check that could not be made, and say why."""
    empty = dict.fromkeys(("auroc", "low", "high", "p"))
    return {"lesion": "all", **empty, "note": why}


def _contrast(
    chosen: Chosen, lesion: str, label: int, kept: Bool[np.ndarray, " n"]
) -> Contrast:
    rows = np.flatnonzero(kept)
    positive = chosen.labels[rows] == label
    deals = permuted(positive, chosen.folds[rows], chosen.subjects[rows])
    return Contrast(lesion, label, rows, positive, deals)


def _measured(
    trees: bool,
    values: Float[np.ndarray, "n d"],
    chosen: Chosen,
    contrast: Contrast,
) -> dict[str, Any]:
    rows, positive, folds = contrast.rows, contrast.positive, chosen.folds
    count = int(positive.sum())
    row = {
        "lesion": contrast.lesion,
        "normal": positive.size - count,
        "abnormal": count,
        **dict.fromkeys(("auroc", "low", "high", "p")),
    }
    fit, least = (boosted, BOOSTED_LEAST) if trees else (linear, LINEAR_LEAST)
    scores = unseen_scores(fit, values[rows], positive, folds[rows], least)
    if scores is None:
        return row | {"note": "too few images"}
    interval = auroc_interval(
        scores, positive, chosen.subjects[rows], int(folds.max()) + 1
    )
    numbers = (round(value, DIGITS) for value in interval)
    return row | dict(zip(("auroc", "low", "high"), numbers, strict=True))


def _worst(
    found: list[dict[str, Any]], among: list[Contrast]
) -> tuple[list[Contrast], list[dict[str, Any]]]:
    """Of several classes keep the one that is told best, and the mean of all."""
    areas = [row["auroc"] for row in found]
    known = [area for area in areas if area is not None]
    if not known:
        return among[:1], found[:1]
    worst = areas.index(max(known))
    more = {
        "label": among[worst].label,
        "macro": round(sum(known) / len(known), DIGITS),
        "classes": len(known),
    }
    return [among[worst]], [found[worst] | more]
