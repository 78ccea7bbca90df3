"""Fit the Hotelling head of every set of layers, balanced, from feature maps.

One pass over training images measures the moments, one over validation images the maps.
The weights of a layer do not depend on the set that it is in, so every set comes from
the same two passes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from hrcam.heads import Head, split
from hrcam.hotelling import fit_hotelling, whitened
from hrcam.layer_weights import factors
from hrcam.logistic import centered
from hrcam.moments import Maps, Moment, measure
from hrcam.pools import Labels, Pool
from hrcam.standard import class_means

#: Feature maps by layer, (n, h, w, c), with the classes of the images.
Batches = Iterable[tuple[Maps, Int[np.ndarray, " _"]]]


@dataclass(frozen=True, eq=False)
class Balance:
    """What turns class means of pooled features into the weights of a head.

    Parameters
    ----------
    moments
        By layer: the moments over the pixels of training images.
    factors
        By layer: what each class's weights are multiplied by, (k,).
    """

    moments: Mapping[str, Moment]
    factors: Mapping[str, Float[np.ndarray, " k"]]

    def weights(
        self, means: Mapping[str, Float[np.ndarray, "*r _ k"]]
    ) -> dict[str, Float[np.ndarray, "*r _ k"]]:
        """Return centered weights by layer, from class means, one or many at a time.

        The same moments and factors hold for all means, so refits on other images tell
        what these do to the class means alone.
        """
        return {
            name: centered(whitened(means[name], moment) * self.factors[name])
            for name, moment in self.moments.items()
        }


def fit_balanced(
    pool: Pool,
    training: Batches,
    validation: Batches,
    classes: int,
    sets: Sequence[tuple[str, ...]],
) -> dict[tuple[str, ...], Head]:
    """Fit the head ``hotelling`` on every set of layers.

    Parameters
    ----------
    pool
        Pooled features of all training images.
    training
        Feature maps of training images; a few hundred of each class are plenty.
    validation
        Feature maps of validation images of every class. Their maps are kept at the
        layers' own sizes.
    classes
        How many there are.
    sets
        Names of the layers of each set.

    Returns
    -------
    heads
        By set. A head's ``refit`` is its :meth:`Balance.weights`.

    Raises
    ------
    ValueError
        If some class has no training or validation image.
    """
    moments = measure(training, classes)
    maps, labels = weighted(fit_hotelling(pool, moments, classes), validation)
    missing = sorted(set(range(classes)) - set(labels.tolist()))
    if missing:
        msg = (
            "validation images must be of every class to balance the layers, got none "
            f"of class {missing[0]}; add some, or use hr_cam_pattern"
        )
        raise ValueError(msg)
    means = split(class_means(pool, classes), pool.layers)
    heads = {}
    for names in sets:
        found = factors({name: maps[name] for name in names}, labels)
        balance = Balance({name: moments[name] for name in names}, found)
        weights, bias = balance.weights(means), np.full(classes, np.nan)
        heads[names] = Head("hotelling", weights, bias, refit=balance.weights)
    return heads


def weighted(
    head: Head, batches: Batches
) -> tuple[dict[str, Float[np.ndarray, "_ ... k"]], Labels]:
    """Return a head's raw maps of images under each class's weights, and the classes.

    The maps are float32, by layer, (n, h, w, classes).
    """
    parts: dict[str, list[np.ndarray]] = {name: [] for name in head.weights}
    labels = []
    for maps, some in batches:
        labels.append(some)
        for name, weights in head.weights.items():
            parts[name].append(maps[name] @ weights.astype(maps[name].dtype))
    return {name: np.concatenate(x) for name, x in parts.items()}, np.concatenate(
        labels
    )
