"""Plan the next study from the scores of a pilot."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from metrics.analysis.families import list_others
from metrics.analysis.strata import stratify
from metrics.scores.table import SCORES
from metrics.scoring import Scores
from metrics.statistics.comparison import subtract
from metrics.statistics.intervals import FEWEST
from metrics.statistics.power import (
    Variation,
    fewest,
    half_width,
    power_to_differ,
    power_to_equal,
    vary,
)


def plan(
    pilot: Scores,
    difference: float = 0.05,
    power: float = 0.8,
    score: str = "",
    threshold: float | None = None,
    per_subject: float = 0.0,
) -> list[dict[str, Any]]:
    """Say how many subjects each comparison with the reference needs.

    Parameters
    ----------
    pilot
        Scores that show how differences vary. Margin, level and reference are its own.
    difference
        True difference that is to be found, above 0.
    power
        Chance to find it, or to show that there is none.
    score, threshold
        What is compared; empty for the primary score.
    per_subject
        Images that each subject will have; 0 for as many as in the pilot.

    Returns
    -------
    list of dict
        A row for each comparison: ``spread``, ``icc``, ``per_subject`` and
        ``design_effect`` of the pilot; its ``half_width`` and the
        ``power`` it had itself; ``to_differ``, the subjects to find the difference;
        ``to_equal``, those to show equivalence at the margin if there is none;
        ``to_measure``, those for an interval as narrow as the margin. The two tests are
        corrected by Bonferroni for all comparisons with the reference, so they promise
        a little less than max-T keeps. None: more than ten million, or a pilot of fewer
        than five subjects, which ``reason`` says.

    Raises
    ------
    ValueError
        If a number is out of range or the score was not computed.
    """
    options = pilot.results["options"]
    for name, value, high in (("difference", difference, np.inf), ("power", power, 1)):
        if not 0 < value < high:
            msg = f"{name} must lie between 0 and {high:g}, got {value}"
            raise ValueError(msg)
    score = score or options["primary"]
    if score in SCORES and SCORES[score].span != (0.0, 1.0):
        msg = f"score must be one from 0 to 1, as the margin is, got {score!r}"
        raise ValueError(msg)
    reference = options["reference"]
    strata = stratify(pilot.frame, np.asarray(pilot.measured.lesion))
    groups = strata.subjects
    own = pilot.values_of(reference, score, threshold)
    names = list_others(pilot.measured.entries, reference)
    alpha = (1 - options["level"]) / max(len(names), 1)
    differ = partial(power_to_differ, difference, alpha=alpha)
    equal = partial(power_to_equal, 0.0, options["margin"], alpha=alpha)

    def narrow(variation: Variation, subjects: int) -> float:
        return -half_width(variation, subjects, options["level"])

    rows = []
    for name in names:
        values = subtract(own, pilot.values_of(name, score, threshold))
        known = np.isfinite(values) & strata.members["all"]
        subjects = len(np.unique(groups[known]))
        row: dict[str, Any] = {
            "reference": reference,
            "other": name,
            "score": score,
            "threshold": threshold,
            "images": int(known.sum()),
            "subjects": subjects,
            "reason": "",
        }
        if subjects < FEWEST:
            row["reason"] = f"too few subjects: {subjects}, {FEWEST} are needed"
            rows.append(row)
            continue
        found = vary(values[known], groups[known])
        ahead = found
        if per_subject:
            ahead = Variation(found.spread, found.icc, float(per_subject))
        rows.append(
            row
            | {
                "spread": found.spread,
                "icc": found.icc,
                "per_subject": ahead.per_subject,
                "design_effect": ahead.design_effect,
                "half_width": half_width(found, subjects, options["level"]),
                "power": differ(found, subjects),
                "to_differ": _count(differ, ahead, power),
                "to_equal": _count(equal, ahead, power),
                "to_measure": _count(narrow, ahead, -options["margin"]),
            }
        )
    return rows


def _count(
    find: Callable[[Variation, int], float], variation: Variation, least: float
) -> int | None:
    """Count the subjects with which something that rises with them is enough."""
    return fewest(lambda subjects: find(variation, subjects) >= least)
