"""How well a classifier orders images: areas under ROC curves."""

from typing import Any

import numpy as np
from jaxtyping import Float, Int

from hrcam.pipeline.intervals import numbers, percentile_interval
from simbench.audit import auroc_interval

#: Points of the ROC curve that are kept for the report's figure.
POINTS = 101

Scores = dict[str, Any]
Chances = Float[np.ndarray, "n k"]
Labels = Int[np.ndarray, " n"]


def auroc(
    scores: Float[np.ndarray, " n"],
    positive: Int[np.ndarray, " n"],
    subjects: Labels | None = None,
) -> tuple[float, float, float]:
    """Return the area under the ROC curve and its 95 % interval (DeLong 1988).

    All are NaN without images of both kinds; the interval is cut to [0, 1]. With
    ``subjects``, numbers of the images' subjects, it is the clustered one.
    """
    kinds = positive.astype(bool)
    if kinds.all() or not kinds.any():
        return float("nan"), float("nan"), float("nan")
    return auroc_interval(scores, kinds, subjects)


def ordering(
    chances: Chances, labels: Labels, owners: Labels, lesions: np.ndarray
) -> Scores:
    """Score the order of probabilities; see :func:`hrcam.pipeline.evaluation.evaluate`.

    Parameters
    ----------
    owners
        Number of each image's subject.
    lesions
        Lesion kind of each image.
    """
    if chances.shape[1] > 2:
        return _averaged(chances, labels, owners)
    return {
        **named("auroc", *auroc(chances[:, 1], labels, owners)),
        "roc": _roc(chances[:, 1], labels),
        **_by_lesion(chances[:, 1], labels, owners, lesions),
    }


def aurocs(
    weights: Float[np.ndarray, "b n"],
    scores: Float[np.ndarray, " n"],
    positive: np.ndarray,
) -> Float[np.ndarray, " b"]:
    """Return areas under weighted ROC curves; ties count one half, undefined is NaN."""
    _, place = np.unique(scores, return_inverse=True)
    order = np.argsort(place, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(place[order]) > 0])
    yes = np.add.reduceat((weights * positive)[:, order], starts, axis=1)
    no = np.add.reduceat((weights * ~positive)[:, order], starts, axis=1)
    below = np.cumsum(no, axis=1) - no / 2
    pairs = yes.sum(axis=1) * no.sum(axis=1)
    undefined = np.full(len(weights), np.nan)
    return np.divide((yes * below).sum(axis=1), pairs, out=undefined, where=pairs > 0)


def named(name: str, value: Any, low: Any, high: Any) -> Scores:
    """Name a value and its limits."""
    plain = [np.asarray(part, dtype=np.float64).tolist() for part in (value, low, high)]
    return dict(zip((name, f"{name}_low", f"{name}_high"), plain, strict=True))


def _averaged(chances: Chances, labels: Labels, owners: Labels) -> Scores:
    """Score the order of each class's probabilities, and their mean."""
    classes = range(chances.shape[1])

    def score(weights: Float[np.ndarray, "b n"]) -> Float[np.ndarray, "b 1"]:
        areas = [aurocs(weights, chances[:, k], labels == k) for k in classes]
        return np.mean(areas, axis=0)[:, None]

    each = [auroc(chances[:, k], (labels == k).astype(int), owners) for k in classes]
    by_class = named("auroc_by_class", *np.array(each).T)
    mean = float(np.mean(by_class["auroc_by_class"]))
    limits = percentile_interval(score, owners)[:, 0]
    return named("auroc", mean, *limits) | by_class


def _by_lesion(
    scores: Float[np.ndarray, " n"],
    labels: Labels,
    owners: Labels,
    lesions: np.ndarray,
) -> Scores:
    """Score each lesion kind against the healthy."""
    healthy = labels == 0
    kinds = sorted(set(map(str, lesions[~healthy])))
    each = []
    for kind in kinds:
        rows = healthy | (lesions == kind)
        each.append(auroc(scores[rows], labels[rows], numbers(owners[rows])))
    ends = ("auroc_by_lesion", "auroc_by_lesion_low", "auroc_by_lesion_high")
    return {
        end: {kind: found[i] for kind, found in zip(kinds, each, strict=True)}
        for i, end in enumerate(ends)
    }


def _roc(
    scores: Float[np.ndarray, " n"], labels: Int[np.ndarray, " n"]
) -> dict[str, list[float]]:
    """Return the ROC curve at evenly spaced false-positive rates."""
    cuts = np.r_[np.inf, np.unique(scores)[::-1]]
    yes, no = scores[labels == 1], scores[labels == 0]
    if not len(yes) or not len(no):
        return {"fpr": [], "tpr": []}
    tpr = np.array([(yes >= cut).mean() for cut in cuts])
    fpr = np.array([(no >= cut).mean() for cut in cuts])
    grid = np.linspace(0, 1, POINTS)
    # The highest sensitivity reached at each false-positive rate: a step curve.
    reached = tpr[np.searchsorted(fpr, grid, side="right") - 1]
    return {"fpr": grid.tolist(), "tpr": reached.tolist()}
