"""Grad-CAM: feature maps of one layer, weighted by their mean gradient."""

from hrcam.capture import Capture, Parts
from hrcam.methods.method import Method


def explain(capture: Capture) -> Parts:
    """Weight each channel by the spatial mean of the target logit's gradient.

    Returns the raw, signed map at the layer's own size, (n, h, w); the published
    ReLU is post-processing. Source: Selvaraju et al., ICCV 2017, equations 1 and 2.
    """
    ops, layer = capture.ops, capture.layers[-1]
    weights = ops.mean(layer.gradients, axis=(1, 2))
    return {layer.name: ops.einsum("nhwc,nc->nhw", layer.features, weights)}


METHOD = Method(
    "grad_cam",
    "Grad-CAM",
    explain,
    source="Selvaraju et al., ICCV 2017",
    layers=("before_last", "last"),
    needs=frozenset({"features", "gradients"}),
    postprocessing="relu",
)
