"""How good a classifier is: the numbers the paper gives for each of its studies."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Int
from scipy.stats import binomtest

from simbench.audit import auroc_interval

#: Points of the ROC curve that are kept for the report's figure.
POINTS = 101


def tabulate(
    ids: Sequence[str],
    labels: Int[np.ndarray, " n"],
    probabilities: Float[np.ndarray, "n k"],
) -> pd.DataFrame:
    """Return per image ``image_id, label, predicted, correct, p0, p1, …``."""
    predicted = probabilities.argmax(axis=1)
    table = pd.DataFrame({"image_id": list(ids), "label": labels})
    table["predicted"] = predicted
    table["correct"] = predicted == labels
    for k, column in enumerate(probabilities.T):
        table[f"p{k}"] = column
    return table


def evaluate(
    table: pd.DataFrame, lesions: Sequence[str], classes: Sequence[str]
) -> dict[str, Any]:
    """Score predictions of one split.

    Parameters
    ----------
    table
        What :func:`tabulate` returns.
    lesions
        Lesion kind of each image, ``none`` where there is none.
    classes
        Names of the classes.

    Returns
    -------
    scores
        Accuracy with Wilson interval, balanced accuracy, F1 (micro and macro),
        confusion matrix (rows: truth); AUROC with DeLong interval and ROC curve in
        two-class data, one against the rest averaged over classes otherwise, where
        the interval is None.
    """
    labels = table["label"].to_numpy()
    predicted = table["predicted"].to_numpy()
    count, right = len(table), int(table["correct"].sum())
    confusion = np.zeros((len(classes), len(classes)), dtype=int)
    np.add.at(confusion, (labels, predicted), 1)
    low, high = binomtest(right, count).proportion_ci(method="wilson")
    chances = table[[f"p{k}" for k in range(len(classes))]].to_numpy()
    return {
        "n": count,
        "accuracy": right / count,
        "accuracy_low": float(low),
        "accuracy_high": float(high),
        "balanced_accuracy": _mean(np.diag(confusion), confusion.sum(axis=1)),
        "f1_micro": right / count,
        "f1_macro": _mean(
            2 * np.diag(confusion), confusion.sum(axis=0) + confusion.sum(axis=1)
        ),
        "confusion": confusion.tolist(),
        **_ranked(chances, labels, np.asarray(lesions)),
    }


def auroc(
    scores: Float[np.ndarray, " n"], positive: Int[np.ndarray, " n"]
) -> tuple[float, float, float]:
    """Return the area under the ROC curve and its 95 % interval (DeLong 1988).

    All are NaN without images of both kinds; the interval is cut to [0, 1].
    """
    kinds = positive.astype(bool)
    if kinds.all() or not kinds.any():
        return float("nan"), float("nan"), float("nan")
    return auroc_interval(scores, kinds)


def _ranked(
    chances: Float[np.ndarray, "n k"],
    labels: Int[np.ndarray, " n"],
    lesions: np.ndarray,
) -> dict[str, Any]:
    """Score the order of the probabilities."""
    classes = chances.shape[1]
    if classes > 2:
        areas = [
            auroc(chances[:, k], (labels == k).astype(int))[0] for k in range(classes)
        ]
        return {"auroc": float(np.mean(areas)), "auroc_low": None, "auroc_high": None}
    area, low, high = auroc(chances[:, 1], labels)
    healthy = labels == 0
    kinds = {
        str(kind): auroc(chances[rows, 1], labels[rows])[0]
        for kind in sorted(set(lesions[~healthy]))
        for rows in [healthy | (lesions == kind)]
    }
    return {
        "auroc": area,
        "auroc_low": low,
        "auroc_high": high,
        "auroc_by_lesion": kinds,
        "roc": _roc(chances[:, 1], labels),
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


def _mean(over: Int[np.ndarray, " k"], under: Int[np.ndarray, " k"]) -> float:
    """Return the mean ratio of the classes that occur, NaN if none does."""
    there = under > 0
    return float((over[there] / under[there]).mean()) if there.any() else float("nan")
