"""What becomes of a response when pixels go or come back in the order of a map.

Deletion starts from the image and takes the pixels away that the map calls most
important first; insertion starts from the fill and gives them back (Petsiuk et al.,
BMVC 2018). The area is taken over the *share* of pixels, from 0 to 1 with both ends, so
it does not depend on the number of steps.
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Bool, Float, Int

#: Shares of the pixels at which the response is asked for; dense where lesions are.
FRACTIONS = (0.0, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0)


def removal_order(
    maps: Float[np.ndarray, "n h w"], ties: Float[np.ndarray, "n h w"]
) -> Int[np.ndarray, "n p"]:
    """Return the pixels of each map, highest value first.

    Parameters
    ----------
    maps
        Raw saliency.
    ties
        Random numbers of the images' own streams: they order pixels of equal value, so
        a constant map takes pixels away at random and never row by row.

    Raises
    ------
    ValueError
        If shapes differ or a map has NaN or infinity, which have no order.
    """
    if maps.shape != ties.shape:
        msg = f"maps and ties must have one shape, got {maps.shape} and {ties.shape}"
        raise ValueError(msg)
    if not np.isfinite(maps).all():
        lost = int((~np.isfinite(maps).all(axis=(1, 2))).sum())
        msg = f"maps must be finite to be ordered, got {lost} that are not; leave out"
        raise ValueError(msg)
    count = len(maps)
    pixels = maps.shape[1] * maps.shape[2]
    keys = ties.reshape(count, pixels), -maps.reshape(count, pixels)
    return np.lexsort(keys, axis=1)


def first_share(
    order: Int[np.ndarray, "n p"], fraction: float, size: tuple[int, int]
) -> Bool[np.ndarray, "n h w"]:
    """Mark the first part of an order of pixels.

    Parameters
    ----------
    order
        From :func:`removal_order`.
    fraction
        Share of the pixels in [0, 1]; rounded to whole pixels.
    size
        Rows and columns.
    """
    if not 0 <= fraction <= 1:
        msg = f"fraction must lie in [0, 1], got {fraction}"
        raise ValueError(msg)
    count, pixels = order.shape
    marked = np.zeros((count, pixels), bool)
    np.put_along_axis(marked, order[:, : round(fraction * pixels)], values=True, axis=1)
    return marked.reshape(count, *size)


def area(
    fractions: Sequence[float], responses: Float[np.ndarray, "n s"]
) -> Float[np.ndarray, " n"]:
    """Return the area under each response over the share of pixels, by trapezoids.

    A response that is constant has itself for its area. NaN stays NaN.

    Raises
    ------
    ValueError
        If the fractions do not rise from 0 to 1, or are not as many as the responses.
    """
    steps = np.asarray(fractions, dtype=np.float64)
    if len(steps) != responses.shape[1]:
        msg = (
            f"fractions must be as many as responses, got {len(steps)} and "
            f"{responses.shape[1]}"
        )
        raise ValueError(msg)
    if len(steps) < 2 or steps[0] != 0 or steps[-1] != 1 or (np.diff(steps) <= 0).any():
        msg = f"fractions must rise from 0 to 1, got {tuple(map(float, fractions))}"
        raise ValueError(msg)
    return np.trapezoid(responses, steps, axis=1)
