"""EigenGrad-CAM: the first principal projection of features times gradients."""

from hrcam.capture import Array, Layer, Ops
from hrcam.contraction import at_last, contributions, unflat
from hrcam.eigenvectors import principal, toward
from hrcam.methods.method import Method


def draw(ops: Ops, layer: Layer) -> Array:
    """Project the contributions of each position on their first right singular vector.

    Returns the map at the layer's own size, (n, h, w). There is no paper: the method
    was introduced by the library pytorch-grad-cam, which centers the matrix and leaves
    the sign to the solver. Here it is not centered, and the sign is HiResCAM's: a
    target turned round turns the map round, as no sign of the map's own sum can.
    """
    parts = contributions(ops, layer)
    hires = ops.sum(parts, axis=-1, keepdims=True)
    return unflat(ops, toward(ops, principal(ops, parts), hires), layer)


METHOD = Method(
    "eigen_grad_cam",
    "EigenGrad-CAM",
    at_last(draw),
    source="Gildenblat et al., pytorch-grad-cam",
    layers=("last",),
    needs=frozenset({"features", "gradients"}),
    postprocessing="relu",
)
