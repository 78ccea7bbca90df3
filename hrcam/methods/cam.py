"""CAM: feature maps of the last layer, weighted by the network's own linear head."""

from hrcam.capture import Capture, Parts
from hrcam.methods.method import Method


def explain(capture: Capture) -> Parts:
    """Weight each channel by the target's head weight and add them up.

    Returns the raw, signed map of the layer at its own size, (n, h, w). Its spatial
    mean plus the bias is the target logit. Source: Zhou et al., CVPR 2016, equation 2.
    """
    last = capture.layers[-1]
    weights = capture.heads["base"][last.name]
    return {last.name: capture.ops.einsum("nhwc,nc->nhw", last.features, weights)}


METHOD = Method(
    "cam",
    "CAM",
    explain,
    source="Zhou et al., CVPR 2016",
    layers=("last",),
    needs=frozenset({"features", "head:base"}),
    head="base",
    last_only="the network has a head for no other",
)
