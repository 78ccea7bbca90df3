"""Poly-CAM: Score-CAM-like maps of all layers, multiplied from deep to shallow.

The variant PCAM+- of the paper. A direct rival of HR-CAM: it too reads every tapped
layer, but it multiplies, and it asks the network instead of learning weights.
"""

import numpy as np
from jaxtyping import Float

from hrcam.capture import Array, Capture, Layer, Parts
from hrcam.methods.method import Method
from hrcam.perturbations import allowed, liveliest, network, responses, veils
from hrcam.resampling import average, magnify

Maps = Float[np.ndarray, "n h w"]


def explain(capture: Capture) -> Parts:
    """Multiply the locally normalized maps of the layers, from deep to shallow.

    P = L_deepest; then for each layer above, P = LNorm(L) * U(P), where L is the
    layer's rectified map (:func:`layer_map`), U enlarges half-pixel and LNorm divides
    L by its own mean over each unit of the layer below (:func:`normalize`). Returns
    the shallowest layer's map at its size, (n, h, w), >= 0.

    The target is a logit, where the authors take a probability; so that its zero does
    not matter, the response to black is subtracted. Each channel takes two calls.
    Under a limit the channels of largest spatial variance take part, shared out over
    the layers; where not even one channel a layer is allowed, the shallowest layers
    are left out. Source: Englebert et al., section 3.

    Raises
    ------
    ValueError
        If the limit allows fewer than three calls, one channel and black.
    """
    channels = [layer.features.shape[-1] for layer in capture.layers]
    most = (allowed(2 * sum(channels) + 1, capture) - 1) // 2
    if most < 1:
        limit = network(capture).limit
        msg = (
            f"calls must be at least 3 per image for poly_cam, got {limit}; allow more"
        )
        raise ValueError(msg)
    black = responses(capture, 1, lambda rows, _: np.zeros_like(capture.pixels[rows]))
    base = np.asarray(capture.logits, dtype=np.float64)[:, None] - black
    seen = [
        (layer, count)
        for layer, count in zip(capture.layers, shared(channels, most), strict=True)
        if count
    ]
    product = None
    for layer, count in reversed(seen):
        found = layer_map(capture, layer, count, base)
        if product is not None:
            below = (product.shape[1], product.shape[2])
            found = normalize(found, below) * magnify(np, product, below, layer.size)
        product = found
    return {seen[0][0].name: product}


def shared(channels: list[int], most: int) -> list[int]:
    """Share ``most`` channels out over layers: one each, deep to shallow, in turn."""
    shares = [0] * len(channels)
    while sum(shares) < min(most, sum(channels)):
        for place in reversed(range(len(channels))):
            if shares[place] < channels[place] and sum(shares) < most:
                shares[place] += 1
    return shares


def layer_map(
    capture: Capture, layer: Layer, count: int, base: Float[np.ndarray, "n 1"]
) -> Maps:
    """Return the rectified map of one layer from its ``count`` liveliest channels.

    The weight of a channel with mask m is ReLU(S(x m) + S(x) - S(0) - S(x (1 - m))):
    what its part of the image shows alone, and what the image loses without it.
    ``base`` is S(x) - S(0).
    """
    chosen = liveliest(layer.features, count)

    def change(rows: Array, numbers: Array) -> Array:
        """Show the image behind the masks, then what they leave."""
        maps = layer.features[rows, :, :, chosen[rows, numbers % count]]
        veil = veils(maps, capture.size)
        veil = np.where(numbers[:, None, None] < count, veil, 1 - veil)
        return capture.pixels[rows] * veil[..., None]

    scores = responses(capture, 2 * count, change)
    weights = np.maximum(scores[:, :count] + base - scores[:, count:], 0)
    kept = np.take_along_axis(layer.features, chosen[:, None, None, :], axis=-1)
    return np.maximum(np.einsum("nhwk,nk->nhw", kept, weights), 0)


def normalize(maps: Maps, size: tuple[int, int]) -> Maps:
    """Divide maps by their own means over a coarser grid, enlarged again (LNorm).

    0 where the mean is 0: there the map is 0 itself. The authors shrink bilinearly,
    which is the mean where a layer is half the size of the one above; for larger
    steps it skips units, and the map could be positive over a norm of 0.

    Parameters
    ----------
    maps
        (n, h, w), >= 0.
    size
        Rows and columns of the coarser grid.
    """
    height, width = maps.shape[1:]
    norm = magnify(np, average(maps, size), size, (height, width))
    return np.divide(maps, norm, out=np.zeros_like(maps), where=norm > 0)


METHOD = Method(
    "poly_cam",
    "Poly-CAM",
    explain,
    source="Englebert, Cornu and De Vleeschouwer, ICPR 2022",
    layers=("all",),
    needs=frozenset({"features", "calls"}),
)
