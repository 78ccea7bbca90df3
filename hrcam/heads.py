"""Linear heads on pooled features: what HR-CAM fits, and what weights its maps.

The network is frozen and its feature maps are pooled once (global average pooling),
so a head is fitted on a small table of images x channels. Four answers to what the
paper leaves open:

``convex``
    multinomial logistic regression on standardized features, L2 penalty, solved to
    the optimum; the penalty of lowest validation log-loss;
``pattern``
    the activation pattern of that filter, covariance of the features times weights
    (Haufe et al., NeuroImage 87, 2014): weights tell what to multiply with, patterns
    tell where the signal is;
``centroid``
    difference of the classes' mean standardized features;
``paper``
    Adam on raw features (:mod:`hrcam.engine.adam`), as far as the paper states it.

All weights are centered over the classes and apply to raw features (the scale of the
standardization is folded back). No head sees a mask.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy.optimize import minimize
from scipy.special import log_softmax, logsumexp
from threadpoolctl import threadpool_limits

#: Penalties tried, per sample, large to small: each optimum starts the next.
PENALTIES = tuple(10.0 ** (k / 2) for k in range(4, -9, -1))

Features = Float[np.ndarray, "n d"]
Labels = Int[np.ndarray, " n"]
Weights = Float[np.ndarray, "d k"]


@dataclass(frozen=True)
class Pool:
    """Pooled features of the tapped layers, side by side.

    Parameters
    ----------
    layers
        Name and channel count of each layer, in the order of the columns.
    features
        Spatial means, (n, d), d the sum of the channel counts.
    labels
        Class of each image, (n,).
    """

    layers: tuple[tuple[str, int], ...]
    features: Features
    labels: Labels

    def __post_init__(self) -> None:
        """Check that the columns add up."""
        columns = sum(channels for _, channels in self.layers)
        if columns != self.features.shape[1]:
            msg = (
                f"features must have one column per channel of {self.layers}, "
                f"got {self.features.shape[1]} for {columns}"
            )
            raise ValueError(msg)

    def only(self, names: tuple[str, ...]) -> "Pool":
        """Return the pool of the named layers."""
        keep = np.repeat(
            [n in names for n, _ in self.layers], [c for _, c in self.layers]
        )
        layers = tuple(layer for layer in self.layers if layer[0] in names)
        return Pool(layers, self.features[:, keep], self.labels)


@dataclass(frozen=True)
class Head:
    """A linear head: logits = bias + sum over layers of pooled features @ weights.

    Parameters
    ----------
    name
        ``base``, ``convex``, ``pattern``, ``centroid``, ``paper`` or ``filter``.
    weights
        By layer, (channels, classes), for raw features.
    bias
        (classes,); NaN for patterns, which are no filters and predict nothing.
    penalty
        The penalty per sample that was used, NaN where there is none.
    path
        ``(penalty, validation log-loss)`` of every penalty tried.
    """

    name: str
    weights: Mapping[str, Float[np.ndarray, "c k"]]
    bias: Float[np.ndarray, " k"]
    penalty: float = float("nan")
    path: tuple[tuple[float, float], ...] = ()

    def logits(self, pool: Pool) -> Float[np.ndarray, "n k"]:
        """Return the head's logits for pooled features, NaN for a pattern."""
        stacked = np.concatenate([self.weights[name] for name, _ in pool.layers])
        return pool.features @ stacked + self.bias


def fit_heads(training: Pool, validation: Pool, classes: int) -> dict[str, Head]:
    """Fit the convex, pattern and centroid heads.

    Parameters
    ----------
    training, validation
        Pooled features; the second chooses the penalty.
    classes
        How many there are.

    Raises
    ------
    ValueError
        If a class has no training image.
    """
    missing = set(range(classes)) - set(training.labels.tolist())
    if missing:
        msg = f"every class must have training images, got none for {sorted(missing)}"
        raise ValueError(msg)
    if not len(validation.labels):
        msg = "validation must have images to choose the penalty, got none"
        raise ValueError(msg)
    center, scale = _standard(training.features)
    inside, outside = (
        Pool(p.layers, (p.features - center) * scale, p.labels)
        for p in (training, validation)
    )
    weights, bias, penalty, path = _best(inside, outside, classes)
    covariance = np.cov(inside.features, rowvar=False, bias=True).reshape(
        len(weights), len(weights)
    )
    means = np.stack(
        [inside.features[inside.labels == c].mean(axis=0) for c in range(classes)], 1
    )
    unknown = np.full(classes, np.nan)
    standard = {
        "convex": (weights, bias - (center * scale) @ _centered(weights)),
        "pattern": (covariance @ weights, unknown),
        "centroid": (means, unknown),
    }
    return {
        name: Head(
            name,
            split(_centered(w) * scale[:, None], training.layers),
            b,
            penalty if name != "centroid" else float("nan"),
            path if name == "convex" else (),
        )
        for name, (w, b) in standard.items()
    }


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
    table = _centered(found.x.reshape(width + 1, classes))
    return table[:-1], table[-1]


def log_loss(logits: Float[np.ndarray, "n k"], labels: Labels) -> float:
    """Return the mean cross-entropy of logits, in nats."""
    return float(-log_softmax(logits, axis=1)[np.arange(len(labels)), labels].mean())


def layer_shares(head: Head, pool: Pool) -> dict[str, float]:
    """Return each layer's share of the head's response.

    The response of a layer is the standard deviation over images of its part of the
    last class's centered logit; shares add up to 1 (NaN if the head never responds).
    """
    responses, start = {}, 0
    for name, channels in pool.layers:
        part = pool.features[:, start : start + channels] @ head.weights[name][:, -1]
        responses[name], start = float(part.std()), start + channels
    total = sum(responses.values())
    return {n: r / total if total > 0 else float("nan") for n, r in responses.items()}


def split(
    weights: Weights, layers: tuple[tuple[str, int], ...]
) -> dict[str, Float[np.ndarray, "c k"]]:
    """Cut stacked weights into those of each layer."""
    ends = np.cumsum([channels for _, channels in layers])[:-1]
    names = [name for name, _ in layers]
    return dict(zip(names, np.split(weights, ends), strict=True))


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


def _best(
    training: Pool, validation: Pool, classes: int
) -> tuple[Weights, Float[np.ndarray, " k"], float, tuple[tuple[float, float], ...]]:
    """Fit along the penalties and keep the one of lowest validation log-loss."""
    path, fits, start = [], {}, None
    for penalty in PENALTIES:
        weights, bias = fit_logistic(training, classes, penalty, start)
        start = np.vstack([weights, bias]).ravel()
        loss = log_loss(validation.features @ weights + bias, validation.labels)
        path.append((penalty, loss))
        fits[penalty] = weights, bias
    chosen = min(path, key=lambda row: row[1])[0]
    return *fits[chosen], chosen, tuple(path)


def _standard(
    features: Features,
) -> tuple[Float[np.ndarray, " d"], Float[np.ndarray, " d"]]:
    """Return mean and 1 / sd per feature; a constant feature gets scale 0."""
    spread = features.std(axis=0)
    floor = 1e-7 * np.abs(features).max(axis=0, initial=0.0)
    scale = np.zeros_like(spread)
    np.divide(1.0, spread, out=scale, where=spread > floor)
    return features.mean(axis=0), scale


def _centered(weights: Float[np.ndarray, "m k"]) -> Float[np.ndarray, "m k"]:
    """Subtract the mean over classes: the gauge that no probability depends on."""
    return weights - weights.mean(axis=1, keepdims=True)
