"""Ablation-CAM: feature maps, weighted by what the target loses without each."""

import numpy as np

from hrcam.capture import Capture, Parts
from hrcam.methods.method import Method
from hrcam.perturbations import allowed, liveliest, network, pairs


def explain(capture: Capture) -> Parts:
    """Weight each channel by the relative drop of the logit when it is set to 0.

    w_k = (S - S without k) / |S|. The paper divides by S, which turns the map
    upside down where the logit is negative; with |S| a channel that speaks for the
    target keeps a positive weight. Where S is exactly 0 the relative drop is
    undefined and the map 0. Returns the raw map of the last layer that is seen,
    (n, h, w). Under a limit of calls only that many channels are ablated, those of
    largest spatial variance; the others weigh 0. Source: Desai and Ramaswamy,
    equation 3.
    """
    layer = capture.layers[-1]
    channels = layer.features.shape[-1]
    chosen = liveliest(layer.features, allowed(channels, capture))
    whole = np.asarray(capture.logits, dtype=np.float64)
    drops = np.zeros((len(whole), channels))
    for rows, numbers in pairs(*chosen.shape):
        off = chosen[rows, numbers]
        without = layer.features[rows]
        without[np.arange(len(rows)), :, :, off] = 0
        drops[rows, off] = whole[rows] - network(capture).tails(
            layer.name, without, rows
        )
    scale = np.abs(whole)[:, None]
    weights = np.divide(drops, scale, out=np.zeros_like(drops), where=scale > 0)
    return {layer.name: np.einsum("nhwk,nk->nhw", layer.features, weights)}


METHOD = Method(
    "ablation_cam",
    "Ablation-CAM",
    explain,
    source="Desai and Ramaswamy, WACV 2020",
    layers=("last",),
    needs=frozenset({"features", "calls"}),
    postprocessing="relu",
)
