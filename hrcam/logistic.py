"""Multinomial logistic regression with an L2 penalty, solved to the optimum."""

import numpy as np
from jaxtyping import Float
from scipy.optimize import minimize
from scipy.special import log_softmax, logsumexp
from threadpoolctl import threadpool_limits

from hrcam.pools import Features, Labels, Pool

Weights = Float[np.ndarray, "d k"]


def fit_logistic(
    pool: Pool,
    classes: int,
    penalty: float,
    start: Float[np.ndarray, " m"] | None = None,
) -> tuple[Weights, Float[np.ndarray, " k"]]:
    """Minimize mean cross-entropy plus half the penalty times the squared weights.

    Parameters
    ----------
    pool
        Features as they are (standardize them first) and labels.
    classes
        How many there are.
    penalty
        L2 penalty per sample on the weights of every class; the bias is free.
        scikit-learn's ``C`` is 1 / (penalty x images) with three or more classes and
        twice that with two, where it keeps one weight vector for the difference.
    start
        Where to start: weights and bias, flat; zeros by default.

    Returns
    -------
    weights, bias
        (d, k) and (k,), both centered over the classes.
    """
    width = pool.features.shape[1]
    truth = np.eye(classes)[pool.labels]
    begin = np.zeros((width + 1) * classes) if start is None else start
    options = {"maxiter": 2000, "ftol": 1e-15, "gtol": 1e-8, "maxcor": 20}
    # Thin products by the thousand: threads would wait for one another, on a busy
    # machine fifteen times as long as the work takes.
    with threadpool_limits(limits=1, user_api="blas"):
        found = minimize(
            _penalized,
            begin,
            (pool.features, truth, penalty),
            jac=True,
            method="L-BFGS-B",
            options=options,
        )
    table = centered(found.x.reshape(width + 1, classes))
    return table[:-1], table[-1]


def log_loss(logits: Float[np.ndarray, "n k"], labels: Labels) -> float:
    """Return the mean cross-entropy of logits, in nats."""
    return float(-log_softmax(logits, axis=1)[np.arange(len(labels)), labels].mean())


def centered(weights: Float[np.ndarray, "m k"]) -> Float[np.ndarray, "m k"]:
    """Subtract the mean over classes: the gauge that no probability depends on."""
    return weights - weights.mean(axis=1, keepdims=True)


def _penalized(
    flat: Float[np.ndarray, " m"],
    x: Features,
    y: Float[np.ndarray, "n k"],
    penalty: float,
) -> tuple[float, Float[np.ndarray, " m"]]:
    """Return the penalized mean cross-entropy and its gradient."""
    count, width = x.shape
    table = flat.reshape(width + 1, y.shape[1])
    weights, bias = table[:-1], table[-1]
    logits = x @ weights + bias
    error = (np.exp(log_softmax(logits, axis=1)) - y) / count
    value = (logsumexp(logits, axis=1) - (logits * y).sum(axis=1)).mean()
    slope = np.vstack([x.T @ error + penalty * weights, error.sum(axis=0)])
    return float(value + penalty / 2 * (weights**2).sum()), slope.ravel()
