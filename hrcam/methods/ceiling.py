"""The mask seen through a layer's grid: the best a map of that size can do."""

import numpy as np
from jaxtyping import Float

from hrcam.capture import Capture, Parts
from hrcam.methods.method import Method


def shares(pixels: int, units: int) -> Float[np.ndarray, "units pixels"]:
    """Return the matrix that averages an axis over equal stretches of it."""
    edges = np.linspace(0, pixels, units + 1)
    low = np.maximum(edges[:-1, None], np.arange(pixels))
    high = np.minimum(edges[1:, None], np.arange(pixels) + 1.0)
    cover = np.clip(high - low, 0, None)
    return (cover / cover.sum(axis=1, keepdims=True)).astype(np.float32)


def explain(capture: Capture) -> Parts:
    """Average the mask over each unit's share of the image, (n, h, w) per layer."""
    parts = {}
    for layer in capture.layers:
        rows, columns = (
            shares(p, u) for p, u in zip(capture.size, layer.size, strict=True)
        )
        mask = capture.truth.mask  # type: ignore[union-attr]  # `needs` promises it
        parts[layer.name] = capture.ops.matmul(
            capture.ops.matmul(rows, mask), columns.T.copy()
        )
    return parts


METHOD = Method(
    "ceiling",
    "Resolution ceiling",
    explain,
    source="mask averaged on the layer's grid",
    kind="ceiling",
    layers=("each",),
    needs=frozenset({"truth"}),
)
