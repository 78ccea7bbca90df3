"""The audit: every check on the images of a dataset."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Float

from simbench.audit.blanking import blanked, sample
from simbench.audit.census import confounders, counts
from simbench.audit.contrasts import contrasts, judged, rows_of, untested
from simbench.audit.features import MODELED, features, order
from simbench.audit.models import one_thread
from simbench.audit.regeneration import outside
from simbench.audit.sampling import (
    Chosen,
    Images,
    Levels,
    choose,
    column,
    levels_of,
)
from simbench.budget import CHECKS, Budget

Features = dict[str, Float[np.ndarray, "n _"]]


def audit(dataset: Images) -> dict[str, Any]:
    """Measure how well the classes are told without looking at any lesion.

    Parameters
    ----------
    dataset
        Its recipe's ``[audit]`` sets budget, folds and intended checks; without a
        recipe they have their defaults, and what needs one is left untested.

    Returns
    -------
    A dictionary for JSON, the same for any number of threads:

    ``checks``
        A row for each of :data:`simbench.budget.CHECKS` and, of two classes, each
        lesion: cross-validated AUROC with its 95 % interval ``low`` to ``high``,
        permutation ``p``, numbers of images, verdict. Of more classes the one that is
        told best from all others, and the mean (``macro``). Numbers are None, and
        ``note`` says why, where a check cannot be made.
    ``within_budget``
        Whether every check that is not intended keeps the budget: a check leaks when
        its whole interval lies above it.
    ``images``, ``audited``
        Images there are, and how many of them, drawn by stratum, were looked at.
    ``counts``, ``confounders``
        Images of each kind; what goes with the class, beside what was asked.
    """
    budget = dataset.recipe.audit if dataset.recipe else Budget()
    chosen = choose(dataset, budget.folds)
    levels = levels_of(dataset, chosen.ids)
    with one_thread():
        found = features(dataset, chosen, levels)
        found["order"] = order(chosen.places, len(dataset.index))
        modeled = [found[name] for name in MODELED if name not in budget.intended]
        if modeled:
            found["boosted"] = np.column_stack(modeled)
        rows = _told(found, chosen, budget)
        rows += _blanked(dataset, chosen, levels, budget)
    rows.append(judged("outside", _outside(dataset, chosen), budget))
    return {
        "budget": budget.budget,
        "folds": budget.folds,
        "intended": list(budget.intended),
        "images": len(dataset.index),
        "audited": len(chosen.ids),
        "within_budget": all(row["within_budget"] or row["intended"] for row in rows),
        "checks": rows,
        "confounders": confounders(dataset),
        "counts": counts(dataset),
    }


def _told(found: Features, chosen: Chosen, budget: Budget) -> list[dict[str, Any]]:
    """Make the rows of all checks of features, in the order of the table."""
    among = contrasts(chosen)
    rows: list[dict[str, Any]] = []
    for name in CHECKS:
        if name in ("blanked", "outside"):
            continue
        why = _missing(found, name, bool(among))
        if why:
            rows.append(judged(name, untested(why), budget))
        else:
            rows += rows_of(name, found[name], chosen, among, budget)
    return rows


def _blanked(
    dataset: Images, chosen: Chosen, levels: Levels, budget: Budget
) -> list[dict[str, Any]]:
    if not {"mask", "effect"} & set(dataset.arrays):
        why = "no masks"
    elif not column(dataset.index, "mask_known", True).all():
        why = "not the masks of all images"
    elif (chosen.lesions == "none").all():
        why = "no lesions"
    else:
        few = sample(dataset, chosen)
        among = contrasts(few, lesions=False)
        if among:
            values = blanked(dataset, few, levels)
            return rows_of("blanked", values, few, among, budget)
        why = "one class"
    return [judged("blanked", untested(why), budget)]


def _outside(dataset: Images, chosen: Chosen) -> dict[str, Any]:
    if dataset.recipe is None:
        return untested("no recipe")
    return outside(dataset, chosen, dataset.recipe)


def _missing(found: Mapping[str, object], name: str, told: bool) -> str:
    if not told:
        return "one class"
    if name in found:
        return ""
    return "no tissues" if name == "tissues" else "all that it sees is intended"
