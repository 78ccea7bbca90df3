"""Occlusion: what the target loses when a patch of the image is covered."""

import math

import numpy as np
from jaxtyping import Bool, Float

from hrcam.capture import Array, Capture, Parts
from hrcam.methods.method import Method
from hrcam.perturbations import allowed, responses

#: Patches per side if they did not overlap; they overlap by half.
CELLS = 8


def spans(pixels: int, length: int, step: int) -> Bool[np.ndarray, "patches pixels"]:
    """Return where patches lie along an axis.

    Patches start every ``step`` pixels; the last is moved back to end on the border,
    so that all are equally long and every pixel is covered.
    """
    last = pixels - length
    starts = np.append(np.arange(0, last, step), last)
    place = np.arange(pixels) - starts[:, None]
    return (place >= 0) & (place < length)


def grid(
    size: tuple[int, int], most: int
) -> tuple[Bool[np.ndarray, "a h"], Bool[np.ndarray, "b w"]]:
    """Return the rows and columns of the patches: as fine as ``most`` patches allow.

    A patch is 1/cells of each side, rounded, and patches overlap by half, rounded
    down; there are :data:`CELLS` cells, or the largest number below with at most
    ``most`` patches. With one cell the one patch is the whole image.
    """
    for cells in range(CELLS, 0, -1):
        lengths = [max(round(side / cells), 1) for side in size]
        rows, columns = (
            spans(side, length, -(-length // 2))
            for side, length in zip(size, lengths, strict=True)
        )
        if len(rows) * len(columns) <= most:
            break
    return rows, columns


def occlude(
    capture: Capture,
    rows: Bool[np.ndarray, "a h"],
    columns: Bool[np.ndarray, "b w"],
    fill: Float[np.ndarray, " n"],
) -> Float[np.ndarray, "n h w"]:
    """Return the mean drop S(image) - S(covered) over the patches on each pixel.

    Parameters
    ----------
    capture
        Of the images, recorded.
    rows, columns
        Patches: every row span with every column span.
    fill
        The value that a patch gets, in every channel.
    """
    across = len(columns)

    def change(images: Array, numbers: Array) -> Array:
        covered = rows[numbers // across, :, None] & columns[numbers % across, None]
        color = fill[images, None, None, None]
        return np.where(covered[..., None], color, capture.pixels[images])

    scores = responses(capture, len(rows) * across, change)
    drops = np.asarray(capture.logits, dtype=np.float64)[:, None] - scores
    drops = drops.reshape(-1, len(rows), across)
    coverage = np.outer(rows.sum(axis=0), columns.sum(axis=0))
    return rows.T.astype(float) @ drops @ columns.astype(float) / coverage


def explain(capture: Capture) -> Parts:
    """Cover the image patch by patch; average the drops of the logit, (n, h, w).

    Signed: positive where the covered pixels spoke for the target. Overlapping
    patches are averaged, not added, so borders weigh as much as the middle. Patches
    take the median gray value of the image's tissue (0, black, where that is
    unknown). Under a limit of calls the grid is coarser. Source: Zeiler and Fergus,
    section 4.2.
    """
    rows, columns = grid(capture.size, allowed(math.prod(capture.size), capture))
    fill = capture.tissue_median
    if fill is None:
        fill = np.zeros(len(capture.pixels))
    return {"image": occlude(capture, rows, columns, np.asarray(fill, np.float64))}


METHOD = Method(
    "occlusion",
    "Occlusion",
    explain,
    source="Zeiler and Fergus, ECCV 2014",
    needs=frozenset({"calls"}),
)
