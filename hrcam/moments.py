"""How the channels of each layer go together over pixels, class by class.

Pooled features tell how images differ; these moments tell how places differ. They are
sums over batches, so feature maps are never kept.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

#: By layer: feature maps of a batch.
Maps = Mapping[str, Float[np.ndarray, "_ ... _"]]


@dataclass(frozen=True)
class Moment:
    """Sums over the pixels of one layer, by class.

    Parameters
    ----------
    counts
        Pixels, (k,).
    sums, products
        Of the channels, (k, c), and of pairs of channels, (k, c, c).
    """

    counts: Float[np.ndarray, " k"]
    sums: Float[np.ndarray, "k c"]
    products: Float[np.ndarray, "k c c"]

    def covariance(self, label: int) -> Float[np.ndarray, "c c"]:
        """Return the covariance over the pixels of a class's images, (c, c).

        Raises
        ------
        ValueError
            If the class has no image.
        """
        if not self.counts[label]:
            msg = f"every class must have images, got none for {label}"
            raise ValueError(msg)
        mean = self.sums[label] / self.counts[label]
        return self.products[label] / self.counts[label] - np.outer(mean, mean)


def measure(
    batches: Iterable[tuple[Maps, Int[np.ndarray, " _"]]], classes: int
) -> dict[str, Moment]:
    """Sum up the moments of every layer over batches of feature maps.

    Parameters
    ----------
    batches
        Feature maps by layer, (n, h, w, c), and the classes of the images, (n,). A few
        hundred images of each class are plenty.
    classes
        How many there are.
    """
    moments: dict[str, Moment] = {}
    for maps, labels in batches:
        for name, features in maps.items():
            channels = features.shape[-1]
            if name not in moments:
                moments[name] = Moment(
                    np.zeros(classes),
                    np.zeros((classes, channels)),
                    np.zeros((classes, channels, channels)),
                )
            for label in np.unique(labels):
                pixels = features[labels == label].reshape(-1, channels)
                moments[name].counts[label] += len(pixels)
                moments[name].sums[label] += pixels.sum(axis=0, dtype=np.float64)
                moments[name].products[label] += pixels.T @ pixels
    return moments
