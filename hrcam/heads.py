"""Linear heads on pooled features: what HR-CAM fits, and what weights its maps.

The network is frozen and its feature maps are pooled once (global average pooling),
so a head is fitted on a small table of images x channels. Five answers to what the
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
    Adam on raw features (:mod:`hrcam.engine.training.adam`), as the paper states it;
``hotelling``
    the centroid whitened by how channels vary over pixels, its layers balanced by what
    the upper tails of their maps tell (:mod:`hrcam.hotelling`,
    :mod:`hrcam.balancing`): the head that found lesions best
    (docs/fusion-study.md).

All weights are centered over the classes and apply to raw features (the scale of the
standardization is folded back). No head sees a mask.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from hrcam.logistic import Weights, centered, fit_path, log_loss
from hrcam.pools import Labels, Pool
from hrcam.standard import Standard, activation_pattern, class_means, standardize

#: Penalties tried, per sample, large to small: each optimum starts the next.
PENALTIES = tuple(10.0 ** (k / 2) for k in range(4, -9, -1))


@dataclass(frozen=True)
class Head:
    """A linear head: logits = bias + sum over layers of pooled features @ weights.

    Parameters
    ----------
    name
        ``base`` (the network's own) or one of the above.
    weights
        By layer, (channels, classes), for raw features.
    bias
        (classes,); NaN for patterns, which are no filters and predict nothing.
    penalty
        The penalty per sample that was used, NaN where there is none.
    path
        ``(penalty, validation log-loss)`` of every penalty tried.
    refit
        Where weights follow from class means: takes these by layer, (…, channels,
        classes), and returns the weights that they give.
    """

    name: str
    weights: Mapping[str, Float[np.ndarray, "c k"]]
    bias: Float[np.ndarray, " k"]
    penalty: float = float("nan")
    path: tuple[tuple[float, float], ...] = ()
    refit: Callable[[Mapping[str, np.ndarray]], dict[str, np.ndarray]] | None = None

    def logits(self, pool: Pool) -> Float[np.ndarray, "n k"]:
        """Return the head's logits for pooled features, NaN for a pattern."""
        stacked = np.concatenate([self.weights[name] for name, _ in pool.layers])
        return pool.features @ stacked + self.bias


def fit_heads(training: Pool, validation: Pool, classes: int) -> dict[str, Head]:
    """Fit the convex, pattern and centroid heads on all layers of the pools.

    Parameters
    ----------
    training, validation
        Pooled features; the second chooses the penalty.
    classes
        How many there are.

    Raises
    ------
    ValueError
        If a class has no training image, or there is no validation image.
    """
    names = tuple(name for name, _ in training.layers)
    return fit_sets(training, validation, classes, (names,))[names]


def fit_sets(
    training: Pool, validation: Pool, classes: int, sets: Sequence[tuple[str, ...]]
) -> dict[tuple[str, ...], dict[str, Head]]:
    """Fit the convex, pattern and centroid heads on every set of layers.

    Features are standardized once for all sets, as it does not depend on the set.

    Parameters
    ----------
    training, validation
        Pooled features of all layers; the second chooses each set's penalty.
    classes
        How many there are.
    sets
        Names of the layers of each set.

    Returns
    -------
    heads
        By set, then by name; ``fit_sets(...)[names]`` equals
        ``fit_heads(training.only(names), validation.only(names), classes)``.

    Raises
    ------
    ValueError
        If a class has no training image, or there is no validation image.
    """
    if not len(validation.labels):
        msg = "validation must have images to choose the penalty, got none"
        raise ValueError(msg)
    standard = standardize(training)
    inside, outside = (standard.apply(p) for p in (training, validation))
    means = class_means(inside, classes)
    heads = {}
    for names in sets:
        keep = training.columns(names)
        some = Standard(standard.center[keep], standard.scale[keep])
        pools = inside.only(names), outside.only(names)
        heads[names] = _fit_set(*pools, some, means[keep])
    return heads


def layer_shares(head: Head, pool: Pool) -> dict[str, float]:
    """Return each layer's share of the head's response.

    The response of a layer is the root mean square, over images and classes, of how
    its part of the centered logits departs from its mean over images; with two classes
    that is its standard deviation. Shares add up to 1 (NaN if the head never responds).
    """
    responses, start = {}, 0
    for name, channels in pool.layers:
        part = pool.features[:, start : start + channels] @ centered(head.weights[name])
        responses[name] = float(np.sqrt(part.var(axis=0).sum()))
        start += channels
    total = sum(responses.values())
    return {n: r / total if total > 0 else float("nan") for n, r in responses.items()}


def agreement(head: Head, pool: Pool, predicted: Labels) -> float:
    """Return how often a head's first class is the one predicted, from 0 to 1.

    NaN for heads that predict nothing (patterns, centroids) and without images.
    """
    logits = head.logits(pool)
    if not len(logits) or not np.isfinite(logits).all():
        return float("nan")
    return float((logits.argmax(axis=1) == predicted).mean())


def split(
    weights: Weights, layers: tuple[tuple[str, int], ...]
) -> dict[str, Float[np.ndarray, "c k"]]:
    """Cut stacked weights into those of each layer."""
    ends = np.cumsum([channels for _, channels in layers])[:-1]
    names = [name for name, _ in layers]
    return dict(zip(names, np.split(weights, ends), strict=True))


def _fit_set(
    inside: Pool, outside: Pool, standard: Standard, means: Weights
) -> dict[str, Head]:
    """Fit the heads on standardized features of a set of layers."""
    classes = means.shape[1]
    weights, bias, penalty, path = _best(inside, outside, classes)
    unknown = np.full(classes, np.nan)
    pattern = activation_pattern(inside.features, weights)
    shift = (standard.center * standard.scale) @ centered(weights)
    fits = {
        "convex": (weights, bias - shift, penalty, path),
        "pattern": (pattern, unknown, penalty, ()),
        "centroid": (means, unknown, float("nan"), ()),
    }
    return {
        name: Head(
            name,
            split(centered(table) * standard.scale[:, None], inside.layers),
            *rest,
        )
        for name, (table, *rest) in fits.items()
    }


def _best(
    training: Pool, validation: Pool, classes: int
) -> tuple[Weights, Float[np.ndarray, " k"], float, tuple[tuple[float, float], ...]]:
    """Fit along the penalties and keep the one of lowest validation log-loss."""
    fits = fit_path(training, classes, PENALTIES)
    losses = [
        log_loss(validation.features @ weights + bias, validation.labels)
        for weights, bias in fits
    ]
    best = int(np.argmin(losses))
    path = tuple(zip(PENALTIES, losses, strict=True))
    return *fits[best], PENALTIES[best], path
