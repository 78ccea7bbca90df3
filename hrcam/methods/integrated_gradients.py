"""Integrated gradients: the gradient along the way from black to the image."""

import numpy as np

from hrcam.capture import Array, Capture, Parts
from hrcam.methods.method import Method
from hrcam.perturbations import allowed, slopes

#: Nodes of the Gauss-Legendre quadrature.
NODES = 50


def explain(capture: Capture) -> Parts:
    """Integrate the gradient from black to the image, times the image, (n, h, w).

    The baseline is 0 in the network's own units; attributions of a pixel's channels
    are added up. The sum of the map is S(image) - S(black) to the accuracy of the
    quadrature, which is exact for linear networks and for polynomials up to degree
    2 nodes - 1 along the way; rectifiers bend the way, so there it is close. Under a
    limit of calls there are fewer nodes. Source: Sundararajan et al., equation 1.
    """
    pixels = capture.pixels
    places, weights = np.polynomial.legendre.leggauss(allowed(NODES, capture))
    shares = ((places + 1) / 2).astype(np.float32)

    def change(rows: Array, numbers: Array) -> Array:
        return shares[numbers, None, None, None] * pixels[rows]

    mean = slopes(capture, weights / 2, change)
    return {"image": (pixels * mean).sum(axis=-1)}


METHOD = Method(
    "integrated_gradients",
    "Integrated gradients",
    explain,
    source="Sundararajan et al., ICML 2017",
    needs=frozenset({"calls"}),
    postprocessing="absolute",
)
