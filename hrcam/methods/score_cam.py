"""Score-CAM: feature maps, weighted by what the network sees through each of them."""

import numpy as np
from jaxtyping import Float

from hrcam.capture import Array, Capture, Parts
from hrcam.methods.method import Method
from hrcam.perturbations import allowed, liveliest, responses, veils


def softmax(scores: Float[np.ndarray, "n k"]) -> Float[np.ndarray, "n k"]:
    """Return the softmax over the last axis; large scores do not overflow."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def explain(capture: Capture) -> Parts:
    """Weight channels by the softmax of the response to the image behind each.

    The mask of channel k is its map, enlarged half-pixel and then stretched to
    [0, 1] (all 0 for a constant map); its score the target logit of image times mask.
    The response to black, which the paper subtracts, cancels in the softmax over
    channels and is not asked for. Returns the raw map of the last layer that is
    seen, (n, h, w). Under a limit of calls only that many channels take part: those
    of largest spatial variance (Faster-Score-CAM). Source: Wang et al., equations 6
    to 8; scores are logits, as there.
    """
    layer, pixels = capture.layers[-1], capture.pixels
    chosen = liveliest(layer.features, allowed(layer.features.shape[-1], capture))

    def change(rows: Array, numbers: Array) -> Array:
        maps = layer.features[rows, :, :, chosen[rows, numbers]]
        return pixels[rows] * veils(maps, capture.size)[..., None]

    weights = softmax(responses(capture, chosen.shape[1], change))
    kept = np.take_along_axis(layer.features, chosen[:, None, None, :], axis=-1)
    return {layer.name: np.einsum("nhwk,nk->nhw", kept, weights)}


METHOD = Method(
    "score_cam",
    "Score-CAM",
    explain,
    source="Wang et al., CVPR workshops 2020",
    layers=("last",),
    needs=frozenset({"features", "calls"}),
    postprocessing="relu",
)
