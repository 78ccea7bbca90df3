"""Distance of a pixel's gray value from the tissue's median."""

from hrcam.capture import Array, Capture, Parts
from hrcam.methods.method import Method


def deviation(capture: Capture) -> Array:
    """Return gray value minus the tissue median, 0 outside the tissue, (n, h, w)."""
    median = capture.ops.reshape(capture.tissue_median, (-1, 1, 1))
    return (capture.images - median) * capture.tissue


def explain(capture: Capture) -> Parts:
    """Return the absolute deviation from the tissue median, (n, h, w)."""
    return {"image": capture.ops.abs(deviation(capture))}


METHOD = Method(
    "intensity",
    "Intensity",
    explain,
    source="|image - tissue median|",
    kind="baseline",
)
