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
from jaxtyping import Float

from hrcam.logistic import Weights, centered, fit_logistic, log_loss
from hrcam.pools import Features, Pool

#: Penalties tried, per sample, large to small: each optimum starts the next.
PENALTIES = tuple(10.0 ** (k / 2) for k in range(4, -9, -1))


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
        "convex": (weights, bias - (center * scale) @ centered(weights)),
        "pattern": (covariance @ weights, unknown),
        "centroid": (means, unknown),
    }
    return {
        name: Head(
            name,
            split(centered(w) * scale[:, None], training.layers),
            b,
            penalty if name != "centroid" else float("nan"),
            path if name == "convex" else (),
        )
        for name, (w, b) in standard.items()
    }


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
