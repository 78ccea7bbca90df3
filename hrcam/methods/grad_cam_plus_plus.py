"""Grad-CAM++: Grad-CAM that weights the positive gradients of every position."""

from hrcam.capture import Array, Layer, Ops
from hrcam.contraction import at_last, flat, ratio, total, weigh
from hrcam.methods.method import Method


def draw(ops: Ops, layer: Layer) -> Array:
    r"""Weight each channel by its positive gradients, scaled position by position.

    Returns the raw map at the layer's own size, (n, h, w). With gradient g and feature
    map A of a channel, the weight is the sum over positions of ``a * ReLU(g)`` with

        a = g^2 / (2 g^2 + S g^3),    S the **sum** of A over positions,

    equation 19 of Chattopadhay et al., WACV 2018, where the score is the exponential of
    the logit and its derivatives reduce to powers of g. The exponential itself is a
    positive factor of every weight and left out. Where g or the denominator is 0, a is
    0. Only g > 0 counts, so ``a * ReLU(g)`` is computed as ``p / (2 + S p)`` with
    ``p = ReLU(g)``: the same number without the cube, which would underflow.
    """
    positive = ops.maximum(flat(ops, layer.gradients), 0.0)
    features = total(ops, flat(ops, layer.features))
    scaled = ratio(ops, positive, 2.0 + features * positive)
    return weigh(ops, layer, total(ops, scaled))


METHOD = Method(
    "grad_cam_plus_plus",
    "Grad-CAM++",
    at_last(draw),
    source="Chattopadhay et al., WACV 2018",
    layers=("last",),
    needs=frozenset({"features", "gradients"}),
    postprocessing="relu",
)
