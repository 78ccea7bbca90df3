"""Uniform noise: what a map scores that knows nothing."""

from hrcam.capture import Capture, Parts
from hrcam.methods.method import Method


def explain(capture: Capture) -> Parts:
    """Return the image's own stream of uniform numbers, (n, h, w)."""
    return {"image": capture.noise}


METHOD = Method(
    "random", "Random", explain, source="chance, pixel by pixel", kind="baseline"
)
