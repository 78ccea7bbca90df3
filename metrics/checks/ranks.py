"""Turn maps into ranks on a grid small enough to look at quickly.

Ranks are standardized so that their mean over the lesion is the AUROC less one half, up
to a factor that depends on the mask only. *Heights* tell places apart that the AUROC
does not: among thousands of pixels, a map that marks the neighborhood of a lesion has
nearly the AUROC of one that marks the lesion.
"""

from itertools import product
from math import prod

import numpy as np
from jaxtyping import Bool, Float, Shaped

CELLS = 2**15
"""Blocks of an image at most; images of up to 181 x 181 pixels are kept whole."""


def choose_block(size: tuple[int, ...], cells: int = CELLS) -> tuple[int, ...]:
    """Choose the smallest blocks, as long as wide, that leave at most so many cells."""
    length = 1
    while prod(max(side // length, 1) for side in size) > cells:
        length += 1
    return tuple(min(length, side) for side in size)


def pool(
    images: Shaped[np.ndarray, "n ..."], block: tuple[int, ...]
) -> Float[np.ndarray, "n ..."]:
    """Average images over blocks.

    What is left over at the borders is left out, on both sides alike. Equal blocks have
    equal means to the last bit: ties stay ties.
    """
    sides = [side // step for side, step in zip(images.shape[1:], block, strict=True)]
    starts = [
        (whole - side * step) // 2
        for whole, side, step in zip(images.shape[1:], sides, block, strict=True)
    ]
    total = np.zeros((len(images), *sides))
    with np.errstate(over="ignore", invalid="ignore"):  # the largest floats
        for place in product(*map(range, block)):
            axes = [
                slice(start + shift, start + shift + side * step, step)
                for start, shift, side, step in zip(
                    starts, place, sides, block, strict=True
                )
            ]
            total += images[(slice(None), *axes)]
    return total / prod(block)


def standardize(
    maps: Float[np.ndarray, "n ..."], counted: Bool[np.ndarray, "n ..."]
) -> Float[np.ndarray, "n ..."]:
    """Rank the counted cells of each map, from -1/2 to 1/2, ties at their mean.

    Cells that do not count get 0, the mean of all ranks.
    """
    ranks = np.zeros(maps.shape, np.float32)
    for rank, map, known in zip(ranks, maps, counted, strict=True):
        rank[known] = _rank(map[known])
    return ranks


def raise_top(
    ranks: Float[np.ndarray, "n cells"], counted: Bool[np.ndarray, "n cells"]
) -> Float[np.ndarray, "n cells"]:
    """Turn standardized ranks into heights: e times as rare is one higher.

    The height of a cell is -ln of the share of cells at least as high, less its mean
    over the map. A constant map is 0 everywhere, and so is what does not count.
    """
    heights = -np.log(np.float32(0.5) - ranks)
    heights[~counted] = 0
    means = heights.sum(axis=1, keepdims=True) / counted.sum(axis=1, keepdims=True)
    heights -= means.astype(np.float32)
    heights[~counted] = 0
    return heights


def _rank(values: Float[np.ndarray, " p"]) -> Float[np.ndarray, " p"]:
    """Ranks of one map: (mean rank - (p + 1) / 2) / p."""
    order = np.argsort(values)
    rises = np.flatnonzero(np.diff(values[order])) + 1
    first = np.concatenate(([0], rises))
    length = np.diff(first, append=len(values))
    middle = (first + (length - len(values)) / 2) / len(values)
    ranks = np.empty(len(values), np.float32)
    ranks[order] = np.repeat(middle, length)
    return ranks
