"""Distance of the blurred image from the tissue's median."""

from hrcam.capture import Capture, Parts
from hrcam.filters import blur
from hrcam.methods.intensity import deviation
from hrcam.methods.method import Method

#: Width of the blur in pixels.
SIGMA = 2.0


def explain(capture: Capture) -> Parts:
    """Return the absolute value of the blurred deviation, (n, h, w)."""
    blurred = blur(capture.ops, deviation(capture), capture.size, SIGMA)
    return {"image": capture.ops.abs(blurred) * capture.tissue}


METHOD = Method(
    "intensity_blurred",
    "Intensity, blurred",
    explain,
    source="|blur(image - tissue median)|, sigma 2 pixels",
    kind="baseline",
)
