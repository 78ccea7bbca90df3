"""One value everywhere: what a map scores that says nothing."""

from hrcam.capture import Capture, Parts
from hrcam.methods.method import Method


def explain(capture: Capture) -> Parts:
    """Return ones, (n, h, w)."""
    return {"image": capture.ops.ones_like(capture.images)}


METHOD = Method(
    "constant", "Constant", explain, source="chance, all tied", kind="baseline"
)
