"""SmoothGrad: the gradient, averaged over noisy copies of the image."""

import numpy as np
from jaxtyping import Float, Int

from hrcam.capture import Array, Capture, Parts
from hrcam.methods.method import Method
from hrcam.perturbations import allowed, slopes

#: Noisy copies, and the noise's width as a share of the image's range.
SAMPLES, SIGMA = 50, 0.15

#: Seed of the noise.
SEED = 1706_03825


def noise(
    numbers: Int[np.ndarray, " b"], shape: tuple[int, ...]
) -> Float[np.ndarray, "b h w c"]:
    """Return the standard normal noise of the numbered samples, one stream each."""
    unique, place = np.unique(numbers, return_inverse=True)
    drawn = [np.random.default_rng([SEED, int(k)]).normal(size=shape) for k in unique]
    return np.stack(drawn)[place].astype(np.float32)


def explain(capture: Capture) -> Parts:
    """Average the signed gradient over noisy copies; sum over channels, (n, h, w).

    The width is :data:`SIGMA` of the image's own range (equation of section 3.2),
    not an absolute number. The noise of a sample is the same for every image. Under
    a limit of calls fewer copies are averaged; a constant image has no range, so its
    map is its gradient.
    """
    pixels = capture.pixels
    axes = (1, 2, 3)
    widths = SIGMA * (pixels.max(axis=axes) - pixels.min(axis=axes))

    def change(rows: Array, numbers: Array) -> Array:
        drawn = noise(numbers, pixels.shape[1:])
        return pixels[rows] + widths[rows, None, None, None] * drawn

    count = allowed(SAMPLES, capture)
    return {"image": slopes(capture, np.full(count, 1 / count), change).sum(axis=-1)}


METHOD = Method(
    "smooth_grad",
    "SmoothGrad",
    explain,
    source="Smilkov et al., 2017, arXiv 1706.03825",
    needs=frozenset({"calls"}),
    postprocessing="absolute",
)
