"""How certain each pixel of an HR-CAM is, from many heads at once.

Feature maps are looked at once: every refitted head (:mod:`hrcam.bootstrap`) weights
the same channels, one contraction for all of them. The sum over layers has no interval
that follows from the layers' own, so each refit's map is composed whole, and quantiles
are taken over the refits at the end, image by image.
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from hrcam.capture import Geometry
from hrcam.enlargement import enlarge

#: By layer: maps of every refit at the layer's own size.
Parts = Mapping[str, Float[np.ndarray, "n _ _ m"]]


def contract(
    features: Mapping[str, Float[np.ndarray, "n _ _ _"]],
    weights: Mapping[str, Float[np.ndarray, "n _ m"]],
) -> dict[str, Float[np.ndarray, "n _ _ m"]]:
    """Weight each layer's channels by every refit's weights, (n, h, w, refits).

    Parameters
    ----------
    features
        By layer: feature maps (n, h, w, c).
    weights
        By layer: what each refit weights the image's target with, (n, c, refits); see
        :func:`aimed`.
    """
    return {
        name: np.einsum("nhwc,ncm->nhwm", maps, weights[name], optimize=True)
        for name, maps in features.items()
    }


def aimed(
    weights: Mapping[str, Float[np.ndarray, "m _ k"]],
    target: Float[np.ndarray, "n k"],
) -> dict[str, Float[np.ndarray, "n _ m"]]:
    """Turn the refits' weights of every class into those of each image's target.

    ``target`` holds each image's coefficients on the logits.
    """
    return {
        name: np.einsum("mck,nk->ncm", table, target, optimize=True)
        for name, table in weights.items()
    }


def interval(
    parts: Parts,
    geometry: Mapping[str, Geometry | None],
    size: tuple[int, int],
    level: float = 0.95,
    alignment: str = "receptive_field",
) -> tuple[Float[np.ndarray, "n H W"], Float[np.ndarray, "n H W"]]:
    """Return the percentile interval of the composed map at every pixel.

    Parameters
    ----------
    parts
        By layer: maps of every refit; one layer gives that layer's interval, all
        layers that of their sum.
    geometry
        By layer: where its units look, or None.
    size
        Rows and columns of the image.
    level
        Share of the refits between the bounds, above 0 and below 1.
    alignment
        One of :data:`hrcam.enlargement.ALIGNMENTS`.

    Returns
    -------
    low, high
        float32, of the image's size: the (1 - level) / 2 and (1 + level) / 2 quantiles
        over refits, linear between refits; NaN where a refit's map is not finite.

    Raises
    ------
    ValueError
        If the level is no share, or no layer is given.
    """
    if not 0 < level < 1:
        msg = f"level must lie between 0 and 1, got {level}"
        raise ValueError(msg)
    if not parts:
        msg = "parts must hold at least one layer, got none"
        raise ValueError(msg)
    tails = (1 - level) / 2, (1 + level) / 2
    count = len(next(iter(parts.values())))
    bounds = np.empty((2, count, *size), np.float32)
    for image in range(count):
        total = sum(
            enlarge(np.moveaxis(part[image], -1, 0), size, geometry[name], alignment)
            for name, part in parts.items()
        )
        bounds[:, image] = np.quantile(total, tails, axis=0)
    return bounds[0], bounds[1]
