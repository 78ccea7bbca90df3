"""FullGrad: what the image and every bias of the network add to the target logit."""

from hrcam.capture import Array, Capture, Ops, Parts
from hrcam.methods.method import Method
from hrcam.resampling import magnify


def stretched(ops: Ops, maps: Array) -> Array:
    """Take absolute values, stretch each image to [0, 1], add channels up.

    Parameters
    ----------
    ops
        ``numpy`` or ``keras.ops``.
    maps
        (n, h, w, c).

    Returns
    -------
    maps
        (n, h, w). The range is taken over all channels of an image together, as in
        the authors' code; a range of 0 gives 0.
    """
    size = ops.abs(maps)
    low = ops.min(size, axis=(1, 2, 3), keepdims=True)
    span = ops.max(size, axis=(1, 2, 3), keepdims=True) - low
    safe = ops.where(span > 0, span, ops.ones_like(span))
    return ops.sum((size - low) / safe, axis=-1)


def explain(capture: Capture) -> Parts:
    """Add up the stretched parts of the image and of the biases, (n, h, w), >= 0.

    Before absolute values are taken, the parts add up to the logit in piecewise
    linear networks: S = sum(image * dS/dimage) + sum over biases of b * dS/db. Parts
    without rows and columns (biases of dense layers, (n, c)) have no place in the
    image and are left out, as published. Maps are enlarged half-pixel; the authors'
    code aligns corners. Channels are added before they are enlarged, which is the
    same and cheaper. Source: Srinivas and Fleuret, equation 4.
    """
    ops = capture.ops
    total = stretched(ops, capture.pixels * capture.slopes["plain"])
    for bias in capture.biases:
        if len(bias.shape) == 4:
            units = (int(bias.shape[1]), int(bias.shape[2]))
            total = total + magnify(ops, stretched(ops, bias), units, capture.size)
    return {"image": total}


METHOD = Method(
    "full_grad",
    "FullGrad",
    explain,
    source="Srinivas and Fleuret, NeurIPS 2019",
    needs=frozenset({"slope:plain", "biases"}),
)
