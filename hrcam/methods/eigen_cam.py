"""Eigen-CAM: the first principal projection of a layer's features, for any class."""

from hrcam.capture import Array, Layer, Ops
from hrcam.contraction import at_last, flat, unflat
from hrcam.eigenvectors import principal, toward
from hrcam.methods.method import Method


def draw(ops: Ops, layer: Layer) -> Array:
    """Project the features of each position on their first right singular vector.

    Returns the map at the layer's own size, (n, h, w). The matrix of positions by
    channels is **not centered**, as published (Muhammad and Yeasin, IJCNN 2020); some
    libraries center it. A singular vector has no sign; here the map's product with the
    mean activation, position by position, is not negative in sum. After a ReLU the
    singular vector has no negative entry then (Perron and Frobenius), and neither has
    the map. The map knows neither the class nor the gradients.
    """
    features = flat(ops, layer.features)
    activation = ops.sum(features, axis=-1, keepdims=True)
    return unflat(ops, toward(ops, principal(ops, features), activation), layer)


METHOD = Method(
    "eigen_cam",
    "Eigen-CAM",
    at_last(draw),
    source="Muhammad and Yeasin, IJCNN 2020",
    layers=("last",),
    needs=frozenset({"features"}),
)
