"""Local variance of the image's fine structure: finds changes of texture."""

from hrcam.capture import Capture, Parts
from hrcam.filters import blur
from hrcam.methods.method import Method

#: Widths in pixels: what counts as fine structure, and how local the variance is.
FINE, LOCAL = 1.5, 4.0


def explain(capture: Capture) -> Parts:
    """Return the blurred square of image minus blurred image, (n, h, w)."""
    ops, size = capture.ops, capture.size
    fine = capture.images - blur(ops, capture.images, size, FINE)
    return {"image": blur(ops, ops.square(fine) * capture.tissue, size, LOCAL)}


METHOD = Method(
    "local_variance",
    "Local variance",
    explain,
    source="blur((image - blur(image, 1.5))^2, 4 pixels)",
    kind="baseline",
)
