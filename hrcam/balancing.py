"""Fit the Hotelling head of every set of layers, balanced, from feature maps.

One pass over training images measures the moments, one over validation images the maps.
The weights of a layer do not depend on the set that it is in, so every set comes from
the same two passes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float, Int

from hrcam.heads import Head
from hrcam.hotelling import fit_hotelling
from hrcam.layer_weights import balance
from hrcam.moments import Maps, measure
from hrcam.pools import Labels, Pool

#: Feature maps by layer, (n, h, w, c), with the classes of the images.
Batches = Iterable[tuple[Maps, Int[np.ndarray, " _"]]]


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

    Raises
    ------
    ValueError
        If some class has no image.
    """
    head = fit_hotelling(pool, measure(training, classes), classes)
    maps, labels = weighted(head, validation)
    heads = {}
    for names in sets:
        kept = {name: w for name, w in head.weights.items() if name in names}
        heads[names] = balance(replace(head, weights=kept), maps, labels)
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
