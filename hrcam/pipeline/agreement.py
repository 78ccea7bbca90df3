"""Scores that follow from a confusion matrix, for many weightings of images at once."""

import numpy as np
from jaxtyping import Float, Int

Confusions = Float[np.ndarray, "b k k"]
Values = Float[np.ndarray, " b"]


def confusions(
    weights: Float[np.ndarray, "b n"],
    labels: Int[np.ndarray, " n"],
    predicted: Int[np.ndarray, " n"],
    classes: int,
) -> Float[np.ndarray, "b k k"]:
    """Return weighted confusion matrices; rows are the truth."""
    cells = np.zeros((len(labels), classes * classes))
    cells[np.arange(len(labels)), labels * classes + predicted] = 1.0
    return (weights @ cells).reshape(-1, classes, classes)


def sensitivities(confusions: Confusions) -> Float[np.ndarray, "b k"]:
    """Return the share of each class's images that were found; NaN without any."""
    return _ratio(_hits(confusions), confusions.sum(axis=2))


def balanced_accuracy(confusions: Confusions) -> Values:
    """Return the mean sensitivity of the classes that occur."""
    return _mean(sensitivities(confusions))


def accuracy(confusions: Confusions) -> Values:
    """Return the share of images in the right class: micro-averaged F1 as well."""
    return _ratio(_hits(confusions).sum(axis=1), confusions.sum(axis=(1, 2)))


def f1_macro(confusions: Confusions) -> Values:
    """Return the mean F1 of the classes that occur or are predicted."""
    return _mean(_f1(confusions))


def f1_positive(confusions: Confusions) -> Values:
    """Return the F1 of class 1; NaN where it neither occurs nor is predicted."""
    return _f1(confusions)[:, 1]


def kappa(confusions: Confusions) -> Values:
    """Return Cohen's kappa: agreement beyond chance; NaN where chance agrees always.

    Cohen, Educational and Psychological Measurement 20 (1960).
    """
    total = confusions.sum(axis=(1, 2))
    chance = (confusions.sum(axis=1) * confusions.sum(axis=2)).sum(axis=1)
    hits = _hits(confusions).sum(axis=1)
    return _ratio(hits * total - chance, total**2 - chance)


def _hits(confusions: Confusions) -> Float[np.ndarray, "b k"]:
    return np.diagonal(confusions, axis1=1, axis2=2)


def _f1(confusions: Confusions) -> Float[np.ndarray, "b k"]:
    """Return each class's F1: hits over the mean of those there and those predicted."""
    under = confusions.sum(axis=1) + confusions.sum(axis=2)
    return _ratio(2 * _hits(confusions), under)


def _ratio(over: np.ndarray, under: np.ndarray) -> np.ndarray:
    """Divide; NaN where nothing is divided by."""
    undefined = np.full(np.shape(under), np.nan)
    return np.divide(over, under, out=undefined, where=under != 0)


def _mean(values: Float[np.ndarray, "b k"]) -> Values:
    """Average what is defined."""
    there = np.isfinite(values)
    return _ratio(np.where(there, values, 0.0).sum(axis=1), there.sum(axis=1))
