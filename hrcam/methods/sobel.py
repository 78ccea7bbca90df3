"""Gradient magnitude of the image: what a map scores that finds edges."""

from hrcam.capture import Capture, Parts
from hrcam.filters import gradient
from hrcam.methods.method import Method


def explain(capture: Capture) -> Parts:
    """Return the Sobel magnitude, both axes, (n, h, w)."""
    return {"image": gradient(capture.ops, capture.images, capture.size)}


METHOD = Method("sobel", "Sobel", explain, source="Sobel magnitude", kind="baseline")
