"""HiResCAM: features times gradients, position by position."""

from hrcam.capture import Array, Layer, Ops
from hrcam.contraction import at_last, contributions, unflat
from hrcam.methods.method import Method


def draw(ops: Ops, layer: Layer) -> Array:
    """Add up features times gradients over the channels (not their mean).

    Returns the raw, signed map at the layer's own size, (n, h, w). Where only a linear
    map follows the layer, it sums to the target logit minus the bias. Source: Draelos
    and Carin, arXiv 2011.08891, equation 6.
    """
    return unflat(ops, ops.sum(contributions(ops, layer), axis=-1), layer)


METHOD = Method(
    "hires_cam",
    "HiResCAM",
    at_last(draw),
    source="Draelos and Carin, arXiv 2011.08891, 2020",
    layers=("last",),
    needs=frozenset({"features", "gradients"}),
    postprocessing="relu",
)
