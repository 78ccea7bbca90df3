"""Pooled features: what the frozen network is asked for, once."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

Features = Float[np.ndarray, "n d"]
Labels = Int[np.ndarray, " n"]


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

    def columns(self, names: tuple[str, ...]) -> Bool[np.ndarray, " d"]:
        """Say which columns belong to the named layers."""
        inside = [name in names for name, _ in self.layers]
        return np.repeat(inside, [channels for _, channels in self.layers])

    def only(self, names: tuple[str, ...]) -> "Pool":
        """Return the pool of the named layers, in the order of the columns.

        Raises
        ------
        ValueError
            If the pool has no layer of some name.
        """
        known = [name for name, _ in self.layers]
        unknown = [name for name in names if name not in known]
        if unknown:
            msg = f"layers must be some of {', '.join(known)}, got {unknown[0]!r}"
            raise ValueError(msg)
        layers = tuple(layer for layer in self.layers if layer[0] in names)
        return Pool(layers, self.features[:, self.columns(names)], self.labels)
