"""The Hodges-Lehmann estimate: the median of all pairwise means."""

import numpy as np
from jaxtyping import Float

from metrics.counting.compiled import compiled


def hodges_lehmann(values: Float[np.ndarray, " n"]) -> float:
    """Return the median of ``(x_i + x_j) / 2`` over i <= j; NaN of nothing.

    Exact, in memory of the size of the values: the sums up to a bound are counted
    with two fingers on the ordered values, and the bound is moved from sum to sum.

    Examples
    --------
    >>> hodges_lehmann(np.array([1.0, 2.0, 6.0]))  # of 1, 1.5, 2, 3.5, 4, 6
    2.75
    """
    if not len(values):
        return float("nan")
    ordered = np.sort(values)
    total = len(ordered) * (len(ordered) + 1) // 2
    lower = _select(ordered, (total + 1) // 2)
    upper = lower if total % 2 else _select(ordered, total // 2 + 1)
    return (lower + upper) / 4


@compiled
def _select(ordered: Float[np.ndarray, " n"], rank: int) -> float:
    """Find the sum ``x_i + x_j``, i <= j, that has ``rank`` sums up to it."""
    low, high = 2 * ordered[0], 2 * ordered[-1]
    while low < high:
        middle = low / 2 + high / 2
        if not low <= middle < high:  # no float lies between
            middle = low
        # The largest sum up to the middle and the smallest one beyond it.
        count, below, above = 0, low, high
        place = len(ordered) - 1
        for i in range(len(ordered)):
            while place >= i and ordered[i] + ordered[place] > middle:
                above = min(above, ordered[i] + ordered[place])
                place -= 1
            if place < i:
                break
            count += place - i + 1
            below = max(below, ordered[i] + ordered[place])
        if count >= rank:
            high = below
        else:
            low = above
    return low
