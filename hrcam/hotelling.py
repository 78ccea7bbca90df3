"""The Hotelling head: class means, whitened by how channels vary over pixels.

The difference of two classes' pooled features says which channels respond to the
pathology, and so do the ``pattern`` and the ``centroid`` head; but channels that
respond to ordinary anatomy do so all over the image. The best linear detector of a
known mean difference in a known covariance is Hotelling's: the covariance's inverse
times the difference. The covariance here is over the *pixels* of images of the other
classes, layer by layer; the difference of the image means is, up to the lesions' share
of the image, that of the pixels. No mask is seen.

The layers' maps are then balanced (:mod:`hrcam.layer_weights`).
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from hrcam.heads import Head, split
from hrcam.logistic import centered
from hrcam.moments import Moment
from hrcam.pools import Pool
from hrcam.standard import class_means

#: Added to the covariance, as a share of each channel's variance.
RIDGE = 0.1


def fit_hotelling(
    training: Pool, moments: Mapping[str, Moment], classes: int, ridge: float = RIDGE
) -> Head:
    """Fit the Hotelling head, its layers not balanced yet.

    With two classes the first is the reference, and the second one's weights are the
    first one's with the sign changed. With more, each class has the others for
    reference, all counted the same.

    Parameters
    ----------
    training
        Pooled features of the training images.
    moments
        By layer: the moments over the pixels of training images, all or some.
    classes
        How many there are.
    ridge
        Share of each channel's variance that is added to the covariance, above 0.

    Raises
    ------
    ValueError
        If a class has no image, or the ridge is not above 0.
    """
    if not ridge > 0:
        msg = f"ridge must be above 0, got {ridge}"
        raise ValueError(msg)
    means = split(class_means(training, classes), training.layers)
    weights = {
        name: centered(whitened(means[name], moments[name], ridge))
        for name, _ in training.layers
    }
    return Head("hotelling", weights, np.full(classes, np.nan))


def whitened(
    means: Float[np.ndarray, "*r c k"], moment: Moment, ridge: float = RIDGE
) -> Float[np.ndarray, "*r c k"]:
    """Return each class's weights for one layer, from class means; not centered.

    ``means`` may hold those of several refits, along leading axes: the covariance is
    factored once for all.
    """
    classes = means.shape[-1]
    table = np.zeros_like(means)
    for label in range(classes):
        if classes == 2 and label == 0:
            continue
        others = [k for k in range(classes) if k != label]
        spread = np.mean([moment.covariance(k) for k in others], axis=0)
        differences = means[..., label] - means[..., others].mean(axis=-1)
        table[..., label] = _solved(spread, differences, ridge)
    return table


def _solved(
    covariance: Float[np.ndarray, "c c"],
    differences: Float[np.ndarray, "*r c"],
    ridge: float,
) -> Float[np.ndarray, "*r c"]:
    """Solve (covariance + ridge x its diagonal) w = difference; 0 for dead channels."""
    spread = np.sqrt(np.maximum(np.diag(covariance), 0))
    alive = spread > 1e-7 * spread.max(initial=0.0)
    weights = np.zeros_like(differences)
    if alive.any():
        scale = spread[alive]
        table = covariance[np.ix_(alive, alive)] / np.outer(scale, scale)
        table += ridge * np.eye(len(scale))
        units = differences[..., alive] / scale
        found = np.linalg.solve(table, units.reshape(-1, len(scale)).T).T
        weights[..., alive] = found.reshape(units.shape) / scale
    return weights
