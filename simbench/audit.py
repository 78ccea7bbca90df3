"""Can lesions be told from first-order statistics? Then no map needs to find them.

A logistic regression on each image's mean, standard deviation and quantiles, scored by
cross-validation. If it separates the classes, a network need not look at any place.
"""

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

import numpy as np
import pandas as pd
from jaxtyping import Bool, Float, Int, Integer, Shaped
from scipy.special import expit, ndtri
from scipy.stats import rankdata

from simbench.recipe import Budget, Recipe

QUANTILES = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
BORDER = 4  # pixels
PENALTY = 1e-4  # per image, on standardized features
LEVEL = 0.95
STEPS = 50  # Newton steps, at most; about 8 are taken
TOLERANCE = 1e-12  # of the decrease that a step promises
_BATCH = 512


@runtime_checkable
class Images(Protocol):
    """What the audit needs of a dataset."""

    @property
    def recipe(self) -> Recipe | None: ...
    @property
    def index(self) -> pd.DataFrame: ...
    def read(self, name: str, ids: Sequence[str]) -> Shaped[np.ndarray, "n h w"]: ...


def audit(dataset: Images) -> dict[str, Any]:
    """Measure how well first-order statistics tell class 0 from the others.

    Parameters
    ----------
    dataset
        Its recipe's ``[audit]`` sets budget and folds.

    Returns
    -------
    A dictionary for JSON: budget, whether all checks keep it, and for each check its
    features (``histogram`` of the whole image or of its ``border``), the lesion
    (``all`` or a name), numbers of images, cross-validated AUROC and its 95 %
    interval; numbers are None where a class has fewer images than folds.
    """
    options = dataset.recipe.audit if dataset.recipe else Budget()
    index = dataset.index
    features = _features(dataset)
    normal = index["label"].to_numpy() == 0
    lesions = index["lesion"].to_numpy().astype(str)
    folds = _folds(index, options.folds)
    checks = []
    for kind, values in features.items():
        for name in ("all", *sorted({str(name) for name in lesions[~normal]})):
            chosen = normal | (lesions == name) | (name == "all")
            found = _check(values[chosen], ~normal[chosen], folds[chosen])
            within = found["auroc"] is None or found["auroc"] <= options.budget
            row = {"features": kind, "lesion": name, "within_budget": within}
            checks.append(row | found)
    return {
        "budget": options.budget,
        "folds": options.folds,
        "images": len(index),
        "within_budget": all(check["within_budget"] for check in checks),
        "checks": checks,
    }


def auroc_interval(
    scores: Float[np.ndarray, " n"], positive: Bool[np.ndarray, " n"]
) -> tuple[float, float, float]:
    """Return the AUROC and its 95 % interval; both kinds must occur.

    Notes
    -----
    DeLong et al., Biometrics 44 (1988), by midranks (Sun & Xu 2014), cut to [0, 1].
    """
    high, low = scores[positive], scores[~positive]
    ranks = rankdata(np.concatenate([high, low]))
    above = (ranks[: high.size] - rankdata(high)) / low.size
    below = 1 - (ranks[high.size :] - rankdata(low)) / high.size
    area = float(above.mean())
    parts = [x.var(ddof=1) / x.size for x in (above, below) if x.size > 1]
    half = float(ndtri((1 + LEVEL) / 2) * np.sqrt(sum(parts)))
    return area, max(area - half, 0.0), min(area + half, 1.0)


def fit_logistic(
    features: Float[np.ndarray, "n d"], positive: Bool[np.ndarray, " n"]
) -> Float[np.ndarray, " d_plus_1"]:
    """Fit an L2-penalized logistic regression; the last weight is the bias.

    Newton steps, halved while they do not descend. Sums go through ``einsum``: such
    small products only lose time in a threaded BLAS when the machine is busy.
    """
    design = np.column_stack([features, np.ones(len(features))])
    signs = np.where(positive, 1.0, -1.0)
    shrunk = np.append(np.full(features.shape[1], PENALTY), 0.0)

    def loss(weights: Float[np.ndarray, " k"]) -> float:
        margins = signs * np.einsum("nd,d->n", design, weights)
        return float(np.logaddexp(0, -margins).mean() + shrunk @ weights**2 / 2)

    weights = np.zeros(design.shape[1])
    for _ in range(STEPS):
        miss = expit(-signs * np.einsum("nd,d->n", design, weights))
        pull = np.einsum("n,nd->d", signs * miss, design) / len(miss)
        slope = shrunk * weights - pull
        curve = np.einsum("n,nd,ne->de", miss * (1 - miss), design, design) / len(miss)
        step = np.linalg.lstsq(curve + np.diag(shrunk), slope, rcond=None)[0]
        before = loss(weights)
        while loss(weights - step) > before and slope @ step > TOLERANCE:
            step = step / 2
        weights = weights - step
        if slope @ step <= TOLERANCE:
            break
    return weights


def _check(
    features: Float[np.ndarray, "n d"],
    positive: Bool[np.ndarray, " n"],
    folds: Int[np.ndarray, " n"],
) -> dict[str, Any]:
    counts = {"normal": int((~positive).sum()), "abnormal": int(positive.sum())}
    empty = {"auroc": None, "low": None, "high": None}
    scores = np.full(len(features), np.nan)
    for fold in np.unique(folds):
        train, test = folds != fold, folds == fold
        if min(positive[train].sum(), (~positive[train]).sum()) < folds.max() + 1:
            return counts | empty
        center, scale = features[train].mean(0), features[train].std(0)
        safe = np.where(scale > 0, scale, 1.0)
        weights = fit_logistic((features[train] - center) / safe, positive[train])
        scores[test] = (features[test] - center) / safe @ weights[:-1] + weights[-1]
    area, low, high = auroc_interval(scores, positive)
    return counts | {"auroc": area, "low": low, "high": high}


def _folds(index: pd.DataFrame, folds: int) -> Int[np.ndarray, " n"]:
    """Deal subjects of each lesion to folds in turn; a subject is in one fold."""
    subjects = index.drop_duplicates("subject")
    turns = subjects.groupby(["label", "lesion"]).cumcount().to_numpy() % folds
    table = pd.Series(turns, index=subjects["subject"].to_numpy())
    return table.loc[index["subject"].to_numpy()].to_numpy().astype(int)


def _features(dataset: Images) -> dict[str, Float[np.ndarray, "n d"]]:
    ids = [str(name) for name in dataset.index["image_id"]]
    parts: dict[str, list[Float[np.ndarray, "m d"]]] = {"histogram": [], "border": []}
    for start in range(0, len(ids), _BATCH):
        images = dataset.read("image", ids[start : start + _BATCH])
        inner = np.zeros(images.shape[1:3], bool)
        inner[BORDER:-BORDER, BORDER:-BORDER] = True
        parts["histogram"].append(_statistics(images.reshape(len(images), -1)))
        parts["border"].append(_statistics(images[:, ~inner].reshape(len(images), -1)))
    return {name: np.concatenate(found) for name, found in parts.items()}


def _statistics(pixels: Integer[np.ndarray, "n p"]) -> Float[np.ndarray, "n d"]:
    """Return mean, standard deviation and quantiles of each row of gray levels."""
    levels = np.arange(int(pixels.max()) + 1)
    counts = np.stack([np.bincount(row, minlength=levels.size) for row in pixels])
    mean = counts @ levels / pixels.shape[1]
    square = counts @ levels**2 / pixels.shape[1]
    ranks = np.rint(np.array(QUANTILES) * (pixels.shape[1] - 1))
    below = np.cumsum(counts, axis=1)
    quantiles = [(below <= rank).sum(axis=1) for rank in ranks]
    return np.column_stack([mean, np.sqrt(np.maximum(square - mean**2, 0)), *quantiles])
