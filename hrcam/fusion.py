"""Make one map of a method's parts: post-process, enlarge, fuse, in this order."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from hrcam.capture import Geometry
from hrcam.enlargement import enlarge


def add(maps: Float[np.ndarray, "l n h w"]) -> Float[np.ndarray, "n h w"]:
    """Add the layers' maps: HR-CAM's fusion (PeerJ CS 622, equation of the map)."""
    return maps.sum(axis=0)


#: Ways to fuse the enlarged parts of a method, by the name a method gives.
FUSIONS = {"sum": add}


def rectify(maps: Float[np.ndarray, "n h w"]) -> Float[np.ndarray, "n h w"]:
    """Keep what speaks for the target, as Grad-CAM publishes it."""
    return np.maximum(maps, 0)


def keep(maps: Float[np.ndarray, "n h w"]) -> Float[np.ndarray, "n h w"]:
    """Leave the signed map as it is, as CAM and HR-CAM publish it."""
    return maps


#: Published post-processing, applied at the layer's own size, by name.
POSTPROCESSING = {"none": keep, "relu": rectify}


def compose(
    parts: Mapping[str, Float[np.ndarray, "n _ _"]],
    geometry: Mapping[str, Geometry | None],
    size: tuple[int, int],
    recipe: tuple[str, str, str],
) -> Float[np.ndarray, "n H W"]:
    """Turn raw parts into the map that is scored and drawn.

    Parameters
    ----------
    parts
        By layer: raw maps at the layer's own size.
    geometry
        By layer: where its units look, or None.
    size
        Rows and columns of the image.
    recipe
        Names of post-processing, alignment and fusion.
    """
    process, alignment, fusion = recipe
    enlarged = [
        enlarge(POSTPROCESSING[process](part), size, geometry.get(layer), alignment)
        for layer, part in parts.items()
    ]
    return FUSIONS[fusion](np.stack(enlarged))
