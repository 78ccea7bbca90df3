"""How good a classifier is: the numbers the paper gives for each of its studies."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from hrcam.pipeline import agreement
from hrcam.pipeline.areas import POINTS, Scores, auroc, named, ordering
from hrcam.pipeline.intervals import (
    mean_interval,
    numbers,
    percentile_interval,
    wilson,
)

__all__ = ["POINTS", "auroc", "evaluate", "tabulate"]

#: What follows from a confusion matrix, by name.
AGREEMENTS = {
    "accuracy": agreement.accuracy,
    "balanced_accuracy": agreement.balanced_accuracy,
    "f1_micro": agreement.accuracy,
    "f1_macro": agreement.f1_macro,
    "kappa": agreement.kappa,
}
#: The same of two classes, the second of which is the positive one.
OF_TWO = {**AGREEMENTS, "f1_positive": agreement.f1_positive}


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
    table: pd.DataFrame,
    lesions: Sequence[str],
    classes: Sequence[str],
    subjects: Sequence[Any] | None = None,
) -> Scores:
    """Score predictions of one split.

    Parameters
    ----------
    table
        What :func:`tabulate` returns.
    lesions
        Lesion kind of each image, ``none`` where there is none.
    classes
        Names of the classes.
    subjects
        Whose each image is; by default each image has its own.

    Returns
    -------
    scores
        ``accuracy``, ``balanced_accuracy``, ``f1_micro``, ``f1_macro``, ``kappa``
        (Cohen's), in two-class data ``f1_positive`` (of class 1), ``sensitivity`` (a
        list, by class) and ``auroc``, each with the ends of its 95 % interval
        (``…_low``, ``…_high``); ``confusion`` (rows: truth); ``n`` images of
        ``subjects``. In two-class data the AUROC is class 1's, also by lesion
        kind, with its curve; otherwise the mean over classes, each against the rest,
        which are in ``auroc_by_class``. NaN where a class that is needed is missing.

    Notes
    -----
    Intervals of shares (accuracy, equal to micro-averaged F1, and sensitivities) are
    Wilson's; that of the balanced accuracy, a mean of independent shares, combines
    theirs (Zou & Donner, Statistics in Medicine 27, 2008). These take images for
    independent: where a subject has several, subjects are resampled instead. The AUROC
    of one class has the interval of DeLong et al. (1988), clustered by subject. The
    rest (other F1, kappa, averaged AUROC) are percentiles of 2,000 resamples of
    subjects, over those in which the score is defined; without a single error such an
    interval has no width, and says little.
    """
    labels, predicted = table["label"].to_numpy(), table["predicted"].to_numpy()
    owners = np.arange(len(table)) if subjects is None else numbers(subjects)
    chances = table[[f"p{k}" for k in range(len(classes))]].to_numpy()
    return {
        "n": len(table),
        "subjects": int(owners.max()) + 1,
        **_agreeing(labels, predicted, owners, len(classes)),
        **ordering(chances, labels, owners, np.asarray(lesions)),
    }


def _agreeing(
    labels: Int[np.ndarray, " n"],
    predicted: Int[np.ndarray, " n"],
    owners: Int[np.ndarray, " n"],
    classes: int,
) -> Scores:
    """Score the most probable classes."""
    table = OF_TWO if classes == 2 else AGREEMENTS

    def score(weights: Float[np.ndarray, "b n"]) -> Float[np.ndarray, "b s"]:
        drawn = agreement.confusions(weights, labels, predicted, classes)
        columns = [function(drawn) for function in table.values()]
        return np.column_stack([*columns, agreement.sensitivities(drawn)])

    values = score(np.ones((1, len(labels))))[0]
    limits = percentile_interval(score, owners)
    confusion = agreement.confusions(
        np.ones((1, len(labels))), labels, predicted, classes
    )[0]
    counts = confusion.astype(int)
    if int(owners.max()) + 1 == len(labels):
        shares = np.array(
            [wilson(int(c[k]), int(c.sum())) for k, c in enumerate(counts)]
        ).T
        whole = wilson(int(np.trace(counts)), len(labels))
        names = list(table)
        limits[:, len(names) :] = shares
        limits[:, names.index("accuracy")] = limits[:, names.index("f1_micro")] = whole
        combined = mean_interval(values[len(names) :], shares)
        limits[:, names.index("balanced_accuracy")] = combined
    scores: Scores = {"confusion": counts.tolist()}
    for k, name in enumerate(table):
        scores |= named(name, values[k], *limits[:, k])
    rest = slice(len(table), None)
    return scores | named("sensitivity", values[rest], *limits[:, rest])
