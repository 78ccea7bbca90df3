"""XGrad-CAM: Grad-CAM whose gradients are averaged where the features are."""

from hrcam.capture import Array, Layer, Ops
from hrcam.contraction import at_last, contributions, flat, ratio, total, weigh
from hrcam.methods.method import Method


def draw(ops: Ops, layer: Layer) -> Array:
    """Weight each channel by its mean gradient, weighted by its feature map.

    Returns the raw, signed map at the layer's own size, (n, h, w). The weight is
    ``sum(g A) / sum(A)`` over positions (Fu et al., BMVC 2020, equation 8), so the map
    sums to the sum of g A over positions and channels: the axiom of conservation. A
    channel whose features sum to 0 gets no weight; a dead channel has nothing to give.
    """
    gains = total(ops, contributions(ops, layer))
    features = total(ops, flat(ops, layer.features))
    return weigh(ops, layer, ratio(ops, gains, features))


METHOD = Method(
    "xgrad_cam",
    "XGrad-CAM",
    at_last(draw),
    source="Fu et al., BMVC 2020",
    layers=("last",),
    needs=frozenset({"features", "gradients"}),
    postprocessing="relu",
)
