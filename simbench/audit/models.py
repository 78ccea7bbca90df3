"""Classifiers that look at features, scored on images that they have not seen.

Run them under :func:`one_thread`: threads would change the last bits of sums and, on a
busy machine, only wait for each other.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int
from threadpoolctl import threadpool_limits

from simbench.audit.intervals import areas

PENALTY = 1e-4  # per image, on standardized features
TREES = 100
DEALT = 2**18  # labels dealt anew that are held together
LINEAR_LEAST = 20  # images of each kind that a linear model learns from; with fewer …
BOOSTED_LEAST = 100  # … and a boosted one: chance alone would look like a leak

Fit = Callable[[int], Any]
"""``fit(images)``: a new classifier for so many images."""


def one_thread() -> AbstractContextManager[Any]:
    """Keep the libraries that classifiers use to one thread, for a while."""
    import sklearn.ensemble  # noqa: F401  what is not loaded yet cannot be limited

    return threadpool_limits(1)


def linear(images: int) -> Any:
    """Make a logistic regression."""
    from sklearn.linear_model import LogisticRegression

    strength = 1 / (PENALTY * images)
    return LogisticRegression(C=strength, solver="newton-cholesky", max_iter=200)


def boosted(_images: int) -> Any:
    """Make boosted trees on histograms (Ke et al., LightGBM, NeurIPS 2017)."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=TREES,
        max_leaf_nodes=8,
        max_bins=63,
        early_stopping=False,
        random_state=0,
    )


def unseen_scores(
    fit: Fit,
    features: Float[np.ndarray, "n d"],
    positive: Bool[np.ndarray, " n"],
    folds: Int[np.ndarray, " n"],
    least: int,
) -> Float[np.ndarray, " n"] | None:
    """Score each image by a classifier that was fitted without its fold.

    Returns None where a classifier would have fewer than ``least`` images of a kind.
    """
    scores = np.full(len(features), np.nan)
    for fold in np.unique(folds):
        train, test = folds != fold, folds == fold
        if min(positive[train].sum(), (~positive[train]).sum()) < least:
            return None
        seen, unseen = _standardized(features[train], features[test])
        model = fit(len(seen)).fit(seen, positive[train])
        scores[test] = model.decision_function(unseen)
    return scores


def permutation_p(
    features: Float[np.ndarray, "n d"],
    positive: Bool[np.ndarray, " n"],
    folds: Int[np.ndarray, " n"],
    deals: Bool[np.ndarray, "k n"],
) -> float:
    """Tell how often labels that were dealt anew are told as well as the true ones.

    Parameters
    ----------
    features, positive, folds
        As for :func:`unseen_scores`.
    deals
        What :func:`simbench.audit.intervals.permuted` returned.

    Notes
    -----
    The classifier is refitted for every deal: Fisher's discriminant, which is a least
    squares fit to the labels, so one solution serves them all. Ojala & Garriga, JMLR 11
    (2010), with the true labels counted as one deal.
    """
    labels = np.concatenate([positive[None], deals]).T
    step = max(DEALT // len(labels), 1)
    found = np.concatenate(
        [
            _told_apart(features, labels[:, start : start + step], folds)
            for start in range(0, labels.shape[1], step)
        ]
    )
    return float(np.count_nonzero(found >= found[0]) / found.size)


def _told_apart(
    features: Float[np.ndarray, "n d"],
    labels: Bool[np.ndarray, "n k"],
    folds: Int[np.ndarray, " n"],
) -> Float[np.ndarray, " k"]:
    """Return how well a discriminant tells each deal's labels in unseen folds."""
    scores = np.zeros(labels.shape)
    for fold in np.unique(folds):
        train, test = folds != fold, folds == fold
        seen, unseen = _standardized(features[train], features[test])
        wanted = labels[train] - labels[train].mean(axis=0)
        inner = seen.T @ seen + PENALTY * len(seen) * np.eye(seen.shape[1])
        scores[test] = unseen @ np.linalg.solve(inner, seen.T @ wanted)
    return areas(scores, labels)


def _standardized(
    train: Float[np.ndarray, "n d"], test: Float[np.ndarray, "m d"]
) -> tuple[Float[np.ndarray, "n d"], Float[np.ndarray, "m d"]]:
    """Give the training images' features mean 0 and deviation 1."""
    center, scale = train.mean(axis=0), train.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    return (train - center) / scale, (test - center) / scale
