"""Sum feature maps over channels or positions: what the methods of this family share.

Positions are flattened first, so the same lines serve images and volumes, and a
compiler that meets one expression twice (features times gradients) computes it once.
Nothing of the size of the feature maps is made where a matrix product does.
"""

from collections.abc import Callable
from math import prod

import numpy as np

from hrcam.capture import Array, Capture, Layer, Ops, Parts


def flat(ops: Ops, maps: Array) -> Array:
    """Return feature maps (n, h, w, c) as (n, h * w, c)."""
    *_, channels = maps.shape
    return ops.reshape(maps, (-1, prod(maps.shape[1:-1]), channels))


def unflat(ops: Ops, values: Array, layer: Layer) -> Array:
    """Return values of all positions, (n, h * w) or (n, h * w, 1), as (n, h, w)."""
    return ops.reshape(values, (-1, *layer.features.shape[1:-1]))


def contributions(ops: Ops, layer: Layer) -> Array:
    """Return features times gradients, (n, h * w, c): first-order contributions."""
    return flat(ops, layer.features) * flat(ops, layer.gradients)


def total(ops: Ops, maps: Array) -> Array:
    """Add up flat maps (n, z, c) over the positions, (n, 1, c).

    As a product with a row of ones, which costs a third of a sum along this axis.
    """
    return ops.matmul(np.ones((1, 1, maps.shape[1]), np.float32), maps)


def weigh(ops: Ops, layer: Layer, weights: Array) -> Array:
    """Weight a layer's channels, (n, c) or (n, 1, c), and add them up, (n, h, w)."""
    column = ops.reshape(weights, (-1, layer.features.shape[-1], 1))
    return unflat(ops, ops.matmul(flat(ops, layer.features), column), layer)


def ratio(ops: Ops, above: Array, below: Array) -> Array:
    """Divide two arrays; 0 where the denominator is 0."""
    return above / ops.where(below == 0.0, float("inf"), below)


def at_last(draw: Callable[[Ops, Layer], Array]) -> Callable[[Capture], Parts]:
    """Return the method that draws the deepest layer that it is shown."""

    def explain(capture: Capture) -> Parts:
        layer = capture.layers[-1]
        return {layer.name: draw(capture.ops, layer)}

    return explain
