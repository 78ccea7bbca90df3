"""Scores of the pixels that a map marks: each a formula of four counts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Num

from metrics.counting.thresholds import divide
from metrics.counting.truth import Truth
from metrics.scores.score import Compared, Score, by_name


@dataclass(frozen=True)
class Marked:
    """What is marked: one column per threshold, or one column in all.

    Attributes
    ----------
    hits, alarms
        Marked lesion pixels and marked healthy pixels, (n, t); below 0 if not known.
    lesion, healthy
        Pixels of each kind, (n, 1).
    """

    hits: Num[np.ndarray, "n t"]
    alarms: Num[np.ndarray, "n t"]
    lesion: Num[np.ndarray, "n 1"]
    healthy: Num[np.ndarray, "n 1"]


Formula = Callable[[Marked], Float[np.ndarray, "n t"]]


def sensitivity(marked: Marked) -> Float[np.ndarray, "n t"]:
    """Share of lesion pixels that is marked."""
    return divide(marked.hits, marked.lesion)


def specificity(marked: Marked) -> Float[np.ndarray, "n t"]:
    """Share of healthy pixels that is left unmarked."""
    return divide(marked.healthy - marked.alarms, marked.healthy)


def precision(marked: Marked) -> Float[np.ndarray, "n t"]:
    """Share of marked pixels that is lesion; undefined where nothing is marked."""
    return divide(marked.hits, marked.hits + marked.alarms)


def dice(marked: Marked) -> Float[np.ndarray, "n t"]:
    """Twice the marked lesion pixels over marked pixels plus lesion pixels."""
    return divide(2 * marked.hits, marked.hits + marked.alarms + marked.lesion)


def iou(marked: Marked) -> Float[np.ndarray, "n t"]:
    """Return marked lesion pixels over pixels that are marked or lesion."""
    return divide(marked.hits, marked.alarms + marked.lesion)


def flagged_area(marked: Marked) -> Float[np.ndarray, "n t"]:
    """Share of a lesion-free image that is marked."""
    return divide(marked.hits + marked.alarms, marked.lesion + marked.healthy)


def prevalence(truth: Truth) -> Float[np.ndarray, " n"]:
    """Share of lesion pixels: what marking at random is right about."""
    return truth.prevalence


#: Formula, label, conditions that leave it undefined and chance, by name.
FORMULAS: Mapping[str, tuple[Formula, str, tuple[str, ...]]] = {
    "sensitivity": (sensitivity, "Sensitivity", ("empty_mask",)),
    "specificity": (specificity, "Specificity", ("full_mask",)),
    "precision": (precision, "Precision", ("empty_mask",)),
    "dice": (dice, "Dice", ("empty_mask",)),
    "iou": (iou, "IoU", ("empty_mask",)),
}


def at_thresholds(compared: Compared) -> Marked:
    """Return what is marked at the tabulated thresholds."""
    counts, columns = compared.sweep, compared.columns
    return Marked(
        counts.marked_lesion[:, columns],
        counts.marked_healthy[:, columns],
        counts.lesion[:, None],
        counts.healthy[:, None],
    )


def _of_thresholds(
    name: str, formula: Formula, label: str, undefined: tuple[str, ...]
) -> Score:
    """Make the score of a formula at every tabulated threshold."""

    def compute(compared: Compared) -> Float[np.ndarray, "n t"]:
        return formula(at_thresholds(compared))

    compute.__doc__ = formula.__doc__
    return Score(
        name,
        label,
        compute,
        undefined,
        at_thresholds=True,
        chance=prevalence if name == "precision" else None,
        source="HR-CAM paper" if name in ("sensitivity", "specificity") else "",
    )


def flagged(compared: Compared) -> Float[np.ndarray, "n t"]:
    """Share of a lesion-free image that is marked."""
    return flagged_area(at_thresholds(compared))


SCORES = by_name(
    *(_of_thresholds(name, *parts) for name, parts in FORMULAS.items()),
    Score(
        "flagged_area",
        "Flagged area",
        flagged,
        ("lesion_present",),
        at_thresholds=True,
        higher_is_better=False,
        worst=1.0,
    ),
)
"""Scores of what is marked at the tabulated thresholds."""
