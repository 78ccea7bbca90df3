"""CAMERAS: the last layer's features times gradients, averaged over input sizes.

A direct rival of HR-CAM: it sharpens the deepest layer by showing the network larger
images, where HR-CAM reads shallower layers.
"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from hrcam.capture import Array, Capture, Parts
from hrcam.methods.method import Method
from hrcam.perturbations import BATCH, allowed, network
from hrcam.resampling import magnify

#: Sides of the inputs over the image's: 224, 324, ... 924 for images of 224.
SCALES = tuple((224 + 100 * step) / 224 for step in range(8))

#: Channels enlarged at once.
CHANNELS = 64

#: Features or gradients of one image at one input size.
Stack = Float[np.ndarray, "_ _ c"]


def explain(capture: Capture) -> Parts:
    """Multiply mean features by mean gradients over input sizes, (n, h, w), signed.

    The image is enlarged to every scale; features A and gradients g of the last layer
    that is seen are enlarged to the image's size and averaged over the scales, then
    sum over channels of mean A times mean g. All enlargement is bilinear and
    half-pixel (the authors enlarge the image bicubically). The target is fixed, so no
    scale is left out for a changed prediction. The first scale is the capture's own
    look. Under a limit of calls fewer scales are taken, evenly; each counts as one
    call, though the largest has 17 times the pixels. Source: Jalwana et al.,
    equations 4 to 6.
    """
    count = allowed(len(SCALES), capture)
    steps = np.round(np.linspace(0, len(SCALES) - 1, count)).astype(int)
    scales = [SCALES[step] for step in steps]
    total = np.empty((len(capture.pixels), *capture.size), np.float32)
    for row, features, gradients in _looks(capture, scales):
        total[row] = product(features, gradients, capture.size)
    return {"image": total}


def product(
    features: list[Stack], gradients: list[Stack], size: tuple[int, int]
) -> Float[np.ndarray, "h w"]:
    """Return the sum over channels of mean features times mean gradients.

    Parameters
    ----------
    features, gradients
        Of one image, one per input size, (h', w', c).
    size
        Rows and columns of the image.
    """
    total = np.zeros(size)
    for start in range(0, features[0].shape[-1], CHANNELS):
        part = slice(start, start + CHANNELS)
        means = (_mean(stacks, part, size) for stacks in (features, gradients))
        total += np.einsum("khw,khw->hw", *means)
    return total


def _looks(
    capture: Capture, scales: list[float]
) -> Iterator[tuple[int, list[Stack], list[Stack]]]:
    """Yield each image's number, features and gradients at every scale."""
    layer = capture.layers[-1]
    own: Array = layer.gradients
    step = max(int(BATCH / max(scales) ** 2), 1)
    for start in range(0, len(capture.pixels), step):
        rows = np.arange(start, min(start + step, len(capture.pixels)))
        found = [(layer.features[rows], own[rows])]
        for scale in scales[1:]:
            pixels = _enlarged(capture.pixels[rows], scale)
            maps, slopes = network(capture).looks(pixels, rows, (layer.name,))
            found.append((maps[layer.name], slopes[layer.name]))
        for place, row in enumerate(rows):
            yield int(row), [a[place] for a, _ in found], [g[place] for _, g in found]


def _enlarged(pixels: Array, scale: float) -> Array:
    """Enlarge images (n, h, w, c) by a factor, sides rounded."""
    count, height, width, channels = pixels.shape
    size = (round(height * scale), round(width * scale))
    flat = np.moveaxis(pixels, -1, 1).reshape(-1, height, width)
    large = magnify(np, flat, (height, width), size)
    return np.moveaxis(large.reshape(count, channels, *size), 1, -1)


def _mean(
    stacks: list[Stack], part: slice, size: tuple[int, int]
) -> Float[np.ndarray, "k h w"]:
    """Return the mean over input sizes of some channels, enlarged, (k, h, w)."""
    maps = [np.moveaxis(stack[..., part], -1, 0) for stack in stacks]
    large = [magnify(np, m, (m.shape[1], m.shape[2]), size) for m in maps]
    return np.mean(large, axis=0)


METHOD = Method(
    "cameras",
    "CAMERAS",
    explain,
    source="Jalwana et al., CVPR 2021",
    layers=("last",),
    needs=frozenset({"features", "gradients", "calls"}),
    postprocessing="relu",
)
