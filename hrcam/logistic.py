"""Multinomial logistic regression with an L2 penalty, solved to the optimum."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from scipy.linalg import qr
from scipy.special import log_softmax

from hrcam.newton import solve
from hrcam.pools import Features, Labels, Pool
from hrcam.problems import Design, Problems

Weights = Float[np.ndarray, "d k"]

#: Weights and bias, both centered over the classes.
Fit = tuple[Weights, Float[np.ndarray, " k"]]


def fit_logistic(
    pool: Pool,
    classes: int,
    penalty: float,
    start: Float[np.ndarray, " m"] | None = None,
) -> Fit:
    """Minimize mean cross-entropy plus half the penalty times the squared weights.

    Parameters
    ----------
    pool
        Features as they are (standardize them first) and labels.
    classes
        How many there are.
    penalty
        L2 penalty per sample on the weights of every class, above 0; the bias is free.
        scikit-learn's ``C`` is 1 / (penalty x images) with three or more classes and
        twice that with two, where it keeps one weight vector for the difference.
    start
        Where to start: weights and bias, flat; zeros by default.

    Returns
    -------
    weights, bias
        (d, k) and (k,), both centered over the classes. The gradient's norm is at most
        :data:`hrcam.newton.TOLERANCE`, so the weights are within that over the penalty
        of the optimum.

    Raises
    ------
    ValueError
        If the penalty is not above 0, or a class has no image.
    """
    return fit_path(pool, classes, (penalty,), start)[0]


def fit_path(
    pool: Pool,
    classes: int,
    penalties: Sequence[float],
    start: Float[np.ndarray, " m"] | None = None,
) -> list[Fit]:
    """Fit along penalties, each optimum the start of the next.

    With fewer images than features the problem is first turned, exactly, into the
    subspace of the images: no weight outside of it can be optimal.
    """
    _check(pool, classes, penalties)
    features, turn = subspace(pool.features)
    design = Design(np.column_stack([features, np.ones(len(features))]))
    truth = np.eye(classes)[pool.labels]
    shares = np.full((len(features), 1), 1 / len(features))
    table = np.zeros((features.shape[1] + 1, classes - 1, 1))
    basis = Problems(design, truth, shares, 1.0).basis
    if start is not None:
        full = start.reshape(-1, classes) @ basis.T
        inside = full[:-1] if turn is None else turn.T @ full[:-1]
        table[:, :, 0] = np.vstack([inside, full[-1:]])
    fits, factor = [], None
    for penalty in penalties:
        table, factor = solve(Problems(design, truth, shares, penalty), table, factor)
        weights, bias = table[:-1, :, 0] @ basis, table[-1, :, 0] @ basis
        fits.append((weights if turn is None else turn @ weights, bias))
    return fits


def subspace(
    features: Features,
) -> tuple[Float[np.ndarray, "n r"], Float[np.ndarray, "d r"] | None]:
    """Turn features into coordinates of the subspace that the images span.

    Returns
    -------
    coordinates, turn
        ``features == coordinates @ turn.T`` with orthonormal columns of ``turn``; the
        features themselves and None where images are not fewer than features.
    """
    count, width = features.shape
    if count >= width:
        return features, None
    turn, rows = qr(features.T, mode="economic", check_finite=False)
    return np.ascontiguousarray(rows.T), turn


def log_loss(logits: Float[np.ndarray, "n k"], labels: Labels) -> float:
    """Return the mean cross-entropy of logits, in nats."""
    return float(-log_softmax(logits, axis=1)[np.arange(len(labels)), labels].mean())


def centered(weights: Float[np.ndarray, "*m k"]) -> Float[np.ndarray, "*m k"]:
    """Subtract the mean over classes: the gauge that no probability depends on."""
    return weights - weights.mean(axis=-1, keepdims=True)


def _check(pool: Pool, classes: int, penalties: Sequence[float]) -> None:
    """Refuse problems without an optimum."""
    wrong = [penalty for penalty in penalties if not penalty > 0]
    if wrong:
        msg = f"penalty must be above 0, got {wrong[0]}; without it there is no optimum"
        raise ValueError(msg)
    missing = set(range(classes)) - set(pool.labels.tolist())
    if missing:
        msg = f"every class must have training images, got none for {sorted(missing)}"
        raise ValueError(msg)
