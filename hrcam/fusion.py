"""Make one map of a method's parts: post-process, enlarge, fuse, in this order."""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from hrcam.capture import Geometry
from hrcam.enlargement import enlarge


def add(maps: Float[np.ndarray, "l n h w"]) -> Float[np.ndarray, "n h w"]:
    """Add the layers' maps: HR-CAM's fusion (PeerJ CS 622, equation of the map).

    The one fusion that keeps scale and sign; the layers must share a unit.
    """
    return maps.sum(axis=0)


def average(maps: Float[np.ndarray, "l n h w"]) -> Float[np.ndarray, "n h w"]:
    """Average the layers' maps, each min-max normalized per image."""
    return normalized(maps).mean(axis=0)


def maximum(maps: Float[np.ndarray, "l n h w"]) -> Float[np.ndarray, "n h w"]:
    """Take the largest of the layers' maps, each min-max normalized per image."""
    return normalized(maps).max(axis=0)


def multiply(maps: Float[np.ndarray, "l n h w"]) -> Float[np.ndarray, "n h w"]:
    """Multiply the layers' maps, each min-max normalized per image.

    Only what every layer marks stays; a layer with a constant map leaves nothing.
    """
    return normalized(maps).prod(axis=0)


def squash(maps: Float[np.ndarray, "l n h w"]) -> Float[np.ndarray, "n h w"]:
    """Take the largest of ``tanh(2 M / max M)`` over the layers' maps M.

    LayerCAM's fusion (Jiang et al., IEEE TIP 30, 2021, equation 9), here of all layers
    alike. A map without a positive value counts 0.
    """
    with np.errstate(invalid="ignore"):
        top = maps.max(axis=(2, 3), keepdims=True)
        # 0, but NaN at an infinite value, which the hyperbolic tangent would hide.
        scaled = maps * 0
        np.divide(maps, top, out=scaled, where=(top > 0) & np.isfinite(maps))
        return np.tanh(2 * scaled).max(axis=0)


#: Ways to fuse the enlarged parts of a method, by the name a method gives.
FUSIONS = {
    "sum": add,
    "mean": average,
    "max": maximum,
    "tanh_max": squash,
    "product": multiply,
}

#: Fusions that take the layers' maps as they are.
INCOMPARABLE = ("sum",)


def normalized(
    maps: Float[np.ndarray, "l n h w"],
) -> Float[np.ndarray, "l n h w"]:
    """Scale every map of every layer to [0, 1]; a constant map becomes 0.

    Layers differ in scale by orders of magnitude, so without this the largest would be
    the fusion. A map with NaN or infinity becomes NaN.
    """
    low = maps.min(axis=(2, 3), keepdims=True)
    with np.errstate(invalid="ignore"):
        raised = maps - low
        span = maps.max(axis=(2, 3), keepdims=True) - low
        scaled = np.zeros_like(maps)
        np.divide(raised, span, out=scaled, where=~(span <= 0))
    return scaled


def rectify(maps: Float[np.ndarray, "n h w"]) -> Float[np.ndarray, "n h w"]:
    """Keep what speaks for the target, as Grad-CAM publishes it."""
    return np.maximum(maps, 0)


def keep(maps: Float[np.ndarray, "n h w"]) -> Float[np.ndarray, "n h w"]:
    """Leave the signed map as it is, as CAM and HR-CAM publish it."""
    return maps


def magnitude(maps: Float[np.ndarray, "n h w"]) -> Float[np.ndarray, "n h w"]:
    """Take absolute values, as gradients by the pixels are published."""
    return np.abs(maps)


#: Published post-processing, applied at the layer's own size, by name.
POSTPROCESSING = {"none": keep, "relu": rectify, "absolute": magnitude}


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
        By layer: where its units look, or None; a part that it does not know is spread
        evenly over the image.
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
