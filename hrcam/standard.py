"""Standardize pooled features, and say where the classes' signal is in them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from hrcam.logistic import Weights
from hrcam.pools import Features, Pool


@dataclass(frozen=True)
class Standard:
    """How features are standardized: (raw - center) * scale, per column, (d,).

    The scale is one over the training images' standard deviation, 0 for a constant.
    """

    center: Float[np.ndarray, " d"]
    scale: Float[np.ndarray, " d"]

    def apply(self, pool: Pool) -> Pool:
        """Return the pool with standardized features."""
        features = (pool.features - self.center) * self.scale
        return Pool(pool.layers, features, pool.labels)


def standardize(training: Pool) -> Standard:
    """Return how the training images' features are standardized."""
    features = training.features
    spread = features.std(axis=0)
    floor = 1e-7 * np.abs(features).max(axis=0, initial=0.0)
    scale = np.zeros_like(spread)
    np.divide(1.0, spread, out=scale, where=spread > floor)
    return Standard(features.mean(axis=0), scale)


def class_means(pool: Pool, classes: int) -> Weights:
    """Return each class's mean features, (d, classes).

    Raises
    ------
    ValueError
        If a class has no image.
    """
    counts = np.bincount(pool.labels, minlength=classes)
    if not counts[:classes].all():
        missing = np.flatnonzero(counts[:classes] == 0).tolist()
        msg = f"every class must have training images, got none for {missing}"
        raise ValueError(msg)
    member = np.eye(classes)[pool.labels] / counts
    return pool.features.T @ member


def activation_pattern(features: Features, weights: Weights) -> Weights:
    """Return the covariance of the features times the weights, (d, k).

    The covariance itself, d x d, is never made (Haufe et al., NeuroImage 87, 2014,
    equation 6, up to the scale of each class's response).
    """
    centered_features = features - features.mean(axis=0)
    return centered_features.T @ (centered_features @ weights) / len(features)
