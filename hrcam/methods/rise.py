"""RISE: the average of random masks, weighted by what the network sees through them."""

import numpy as np
from jaxtyping import Float, Int

from hrcam.capture import Array, Capture, Parts
from hrcam.methods.method import Method
from hrcam.perturbations import BATCH, allowed, responses
from hrcam.resampling import magnifier

#: Masks, chance that a cell is open, cells per side, and the seed of the masks.
MASKS, OPEN, CELLS, SEED = 1000, 0.5, 8, 1806_07421


def mask(number: int, size: tuple[int, int]) -> Float[np.ndarray, "h w"]:
    """Draw the numbered mask, values in [0, 1].

    Cells are open or shut, enlarged bilinearly to one cell more than the image per
    side, and cropped at an offset of the mask's own.
    """
    rng = np.random.default_rng([SEED, number])
    cells = (rng.random((CELLS, CELLS)) < OPEN).astype(np.float32)
    rows, columns = (_window(side, rng) for side in size)
    return rows @ cells @ columns.T


def masks(
    numbers: Int[np.ndarray, " b"], size: tuple[int, int]
) -> Float[np.ndarray, "b h w"]:
    """Draw the numbered masks; equal numbers give equal masks."""
    unique, place = np.unique(numbers, return_inverse=True)
    return np.stack([mask(int(number), size) for number in unique])[place]


def explain(capture: Capture) -> Parts:
    """Average masks weighted by the target logit behind them, (n, h, w), signed.

    The map is sum(S(image * mask) * mask) / (N p), the paper's estimator: it divides
    by the expected sum of the masks and leaves the mean response in. The masks are
    the same for every image. Covered pixels go to 0 in the network's units. Under a
    limit of calls there are fewer masks, N. Source: Petsiuk et al., equation 6.
    """
    pixels, size = capture.pixels, capture.size
    count = allowed(MASKS, capture)

    def change(rows: Array, numbers: Array) -> Array:
        return pixels[rows] * masks(numbers, size)[..., None]

    scores = responses(capture, count, change)
    total = np.zeros((len(pixels), *size))
    for start in range(0, count, BATCH):
        numbers = np.arange(start, min(start + BATCH, count))
        total += np.tensordot(scores[:, numbers], masks(numbers, size), axes=1)
    return {"image": total / (count * OPEN)}


def _window(side: int, rng: np.random.Generator) -> Float[np.ndarray, "side cells"]:
    """Return the enlargement of the cells along one axis, cropped at random."""
    cell = -(-side // CELLS)
    offset = int(rng.integers(cell))
    return magnifier((CELLS + 1) * cell, CELLS)[offset : offset + side]


METHOD = Method(
    "rise",
    "RISE",
    explain,
    source="Petsiuk et al., BMVC 2018",
    needs=frozenset({"calls"}),
)
