"""LayerCAM: features times positive gradients, made for shallow layers too."""

from hrcam.capture import Array, Layer, Ops
from hrcam.contraction import at_last, flat, unflat
from hrcam.methods.method import Method


def draw(ops: Ops, layer: Layer) -> Array:
    """Add up features times the positive part of their gradients over the channels.

    Returns the raw map at the layer's own size, (n, h, w), not negative after a ReLU.
    Source: Jiang et al., IEEE TIP 30, 2021, equations 6 and 7; its fusion of layers
    (``tanh(2 M / max M)``, then the larger) is ``tanh_max`` of :mod:`hrcam.fusion`.
    """
    positive = ops.maximum(flat(ops, layer.gradients), 0.0)
    return unflat(ops, ops.sum(positive * flat(ops, layer.features), axis=-1), layer)


METHOD = Method(
    "layer_cam",
    "LayerCAM",
    at_last(draw),
    source="Jiang et al., IEEE TIP 2021",
    layers=("last", "all-tanh_max"),
    needs=frozenset({"features", "gradients"}),
    postprocessing="relu",
)
