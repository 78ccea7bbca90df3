"""Balance the layers of a head by what their maps tell, without masks.

A linear head adds up one map per layer, and nothing in its fit to pooled features says
how loud each layer's map is at a *pixel*. Two numbers per layer do, both from maps of
validation images at the layer's own size: the standard deviation of the map over all
pixels, which makes layers comparable, and how well the map's upper tail tells the
classes apart: a map that marks a lesion has its largest values in diseased images.
Rescaled weights are still a linear head over all tapped layers.
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Bool, Float

from hrcam.pools import Labels

#: Share of a map's pixels that count as its upper tail; at least one pixel.
TAIL = 0.01


def factors(
    maps: Mapping[str, Float[np.ndarray, "n ... k"]], labels: Labels
) -> dict[str, Float[np.ndarray, " k"]]:
    """Return what to multiply each class's weights by, layer by layer.

    Parameters
    ----------
    maps
        By layer: the raw maps of validation images under each class's weights, at the
        layer's own size, (n, h, w, classes).
    labels
        Class of each image; with two classes the second is the pathology, and both take
        its factors.

    Raises
    ------
    ValueError
        If a class has no image.
    """
    classes = next(iter(maps.values())).shape[-1]
    found = {name: np.empty(classes) for name in maps}
    for label in range(classes):
        pathology = 1 if classes == 2 else label
        seen = {name: table[..., pathology] for name, table in maps.items()}
        for name, factor in layer_weights(seen, labels == pathology).items():
            found[name][label] = factor
    return found


def layer_weights(
    maps: Mapping[str, Float[np.ndarray, "n ..."]], diseased: Bool[np.ndarray, " n"]
) -> dict[str, float]:
    """Return each layer's factor: 2 AUROC - 1 over the standard deviation.

    AUROC is that of the map's upper tail between diseased and other images, and counts
    as 1/2 below; the standard deviation is over all pixels of all images. A constant
    layer has the factor 0. If no layer tells anything, all count alike.

    Raises
    ------
    ValueError
        If all images or none are diseased.
    """
    if diseased.all() or not diseased.any():
        msg = (
            "images must be diseased and not, to tell layers apart, got "
            f"{int(diseased.sum())} of {len(diseased)} diseased"
        )
        raise ValueError(msg)
    gains, scales = {}, {}
    for name, table in maps.items():
        values = table.reshape(len(table), -1).astype(np.float64)
        spread = float(values.std())
        seen = spread > 1e-12 * float(np.abs(values).max(initial=0.0))
        scales[name] = 1 / spread if seen else 0.0
        tails = tail(values)
        gains[name] = max(0.0, 2 * auroc(tails[diseased], tails[~diseased]) - 1)
    if not any(gains[name] * scales[name] for name in maps):
        return scales
    return {name: gains[name] * scales[name] for name in maps}


def tail(
    values: Float[np.ndarray, "n p"], share: float = TAIL
) -> Float[np.ndarray, " n"]:
    """Return the mean of each map's largest values, a share of its pixels."""
    pixels = values.shape[1]
    count = max(1, round(share * pixels))
    return np.partition(values, pixels - count, axis=1)[:, -count:].mean(axis=1)


def auroc(diseased: Float[np.ndarray, " p"], other: Float[np.ndarray, " q"]) -> float:
    """Return the probability that a diseased value is larger, ties counting half."""
    ordered = np.sort(other)
    below = np.searchsorted(ordered, diseased, side="left")
    upto = np.searchsorted(ordered, diseased, side="right")
    return float((below + upto).mean() / (2 * len(other)))
