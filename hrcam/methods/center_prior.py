"""A Gaussian in the middle of the image: what a map scores that knows where to look."""

import numpy as np

from hrcam.capture import Capture, Parts
from hrcam.methods.method import Method


def explain(capture: Capture) -> Parts:
    """Return a Gaussian with a quarter of each side for its width, (n, h, w)."""
    down, across = (
        np.exp(-0.5 * ((np.arange(side) - (side - 1) / 2) / (side / 4)) ** 2)
        for side in capture.size
    )
    bell = np.outer(down, across).astype(np.float32)
    return {"image": capture.ops.ones_like(capture.images) * bell}


METHOD = Method(
    "center_prior",
    "Center prior",
    explain,
    source="Gaussian, sigma a quarter of each side",
    kind="baseline",
)
