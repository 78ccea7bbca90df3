"""Grad-CAM: feature maps of one layer, weighted by their mean gradient."""

from hrcam.capture import Array, Layer, Ops
from hrcam.contraction import at_last, flat, total, weigh
from hrcam.methods.method import Method


def draw(ops: Ops, layer: Layer) -> Array:
    """Weight each channel by the spatial mean of the target logit's gradient.

    Returns the raw, signed map at the layer's own size, (n, h, w); the published
    ReLU is post-processing. Source: Selvaraju et al., ICCV 2017, equations 1 and 2.
    """
    gradients = flat(ops, layer.gradients)
    return weigh(ops, layer, total(ops, gradients) / gradients.shape[1])


METHOD = Method(
    "grad_cam",
    "Grad-CAM",
    at_last(draw),
    source="Selvaraju et al., ICCV 2017",
    layers=("before_last", "last"),
    needs=frozenset({"features", "gradients"}),
    postprocessing="relu",
)
