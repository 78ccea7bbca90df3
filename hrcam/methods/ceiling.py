"""The mask seen through a layer's grid: the best a map of that size can do."""

from hrcam.capture import Capture, Parts
from hrcam.methods.method import Method
from hrcam.resampling import averager


def explain(capture: Capture) -> Parts:
    """Average the mask over each unit's share of the image, (n, h, w) per layer."""
    parts = {}
    for layer in capture.layers:
        rows, columns = (
            averager(u, p) for p, u in zip(capture.size, layer.size, strict=True)
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
