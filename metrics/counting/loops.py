"""The compiled loops over the pixels of one map."""

import numpy as np
from jaxtyping import Float, Int, Shaped, UInt8

from metrics.counting.compiled import compiled


@compiled
def count_levels(
    values: Float[np.ndarray, " p"],
    codes: UInt8[np.ndarray, " p"],
    frame: tuple[float, float, float],
    marks: Float[np.ndarray, " t"],
    counts: Int[np.ndarray, "3 l"],
) -> None:
    """Count pixels by what they are and the highest mark that they reach.

    ``frame`` holds low, span and scale: a value stands at ``(scale * value - low) /
    span``, evaluated in float64. ``marks`` rise from 0 to 1, infinity behind them.
    """
    low, span, scale = frame
    last = marks.size - 2
    for index in range(values.size):
        place = (np.float64(values[index]) * scale - low) / span
        level = int(place * last)
        # The product may round across a mark; comparing with the marks settles it.
        if marks[level + 1] <= place:
            level += 1
        elif marks[level] > place:
            level -= 1
        counts[codes[index], level] += 1


@compiled
def weigh_levels(
    values: Float[np.ndarray, " p"],
    shares: Float[np.ndarray, " p"],
    frame: tuple[float, float, float],
    marks: Float[np.ndarray, " t"],
    counts: Float[np.ndarray, "2 l"],
) -> None:
    """Add up the healthy and the lesion shares of pixels by level.

    As :func:`count_levels`; a share below 0 is a pixel that does not count.
    """
    low, span, scale = frame
    last = marks.size - 2
    for index in range(values.size):
        if shares[index] < 0:
            continue
        place = (np.float64(values[index]) * scale - low) / span
        level = int(place * last)
        if marks[level + 1] <= place:
            level += 1
        elif marks[level] > place:
            level -= 1
        counts[0, level] += 1 - shares[index]
        counts[1, level] += shares[index]


@compiled
def split(
    values: Float[np.ndarray, " p"],
    codes: UInt8[np.ndarray, " p"],
    lesion: Float[np.ndarray, " k"],
    healthy: Float[np.ndarray, " m"],
) -> None:
    """Copy the values of lesion pixels and of healthy pixels."""
    first = second = 0
    for index in range(values.size):
        if codes[index] == 1:
            lesion[first] = values[index]
            first += 1
        elif codes[index] == 0:
            healthy[second] = values[index]
            second += 1


@compiled
def merge(
    lesion: Float[np.ndarray, " k"],
    healthy: Float[np.ndarray, " m"],
    groups: Shaped[np.ndarray, "2 g"],
) -> int:
    """Count healthy and lesion pixels of each value, highest first.

    Both come sorted, lowest first. Returns the number of distinct values.
    """
    first, second, found = lesion.size - 1, healthy.size - 1, 0
    while first >= 0 or second >= 0:
        if second < 0 or (first >= 0 and lesion[first] >= healthy[second]):
            value = lesion[first]
        else:
            value = healthy[second]
        inside = outside = 0
        while first >= 0 and lesion[first] == value:
            inside += 1
            first -= 1
        while second >= 0 and healthy[second] == value:
            outside += 1
            second -= 1
        groups[0, found] = outside
        groups[1, found] = inside
        found += 1
    return found


@compiled
def gather(
    values: Float[np.ndarray, " k"],
    shares: Float[np.ndarray, " k"],
    groups: Float[np.ndarray, "2 g"],
) -> int:
    """Add up the shares of pixels of each value; both come with the highest first."""
    found = -1
    for index in range(values.size):
        if index == 0 or values[index] != values[index - 1]:
            found += 1
            groups[0, found] = groups[1, found] = 0.0
        groups[0, found] += 1 - shares[index]
        groups[1, found] += shares[index]
    return found + 1


@compiled
def walk(
    groups: Shaped[np.ndarray, "2 g"],
    sizes: Float[np.ndarray, " s"],
    overlaps: Float[np.ndarray, " s"],
    spared: float,
) -> tuple[float, float, float]:
    """Walk down the values and see what lies above each.

    Parameters
    ----------
    groups
        Healthy and lesion pixels of each value, highest first.
    sizes, overlaps
        Numbers of top pixels, and by expectation over ties the lesion pixels among
        them (written).
    spared
        Most healthy pixels that may be marked for the third result.

    Returns
    -------
    tuple
        Pairs of a lesion and a healthy pixel in the right order, those of equal value
        counted one half, twice; sum over lesion pixels of the precision at their value;
        most lesion pixels that a threshold marks within ``spared``.
    """
    # Integers stay integers in the first: exact up to 2**53.
    twice = groups[0, 0] * 0
    inside = outside = twice
    within = groups[1, 0] * 0.0
    precision = 0.0
    overlaps[:] = 0.0
    for index in range(groups.shape[1]):
        healthy, lesion = groups[0, index], groups[1, index]
        for place in range(sizes.size):
            left = sizes[place] - (inside + outside)
            if left > 0:
                part = min(1.0, left / (healthy + lesion))
                overlaps[place] += lesion * part
        twice += healthy * (2 * inside + lesion)
        inside += lesion
        outside += healthy
        precision += lesion * (inside / (inside + outside))
        if outside <= spared:
            within = inside * 1.0
    return twice * 1.0, precision, within


@compiled
def add_mass(
    values: Float[np.ndarray, " p"],
    codes: UInt8[np.ndarray, " p"],
    shares: Float[np.ndarray, " p"],
    sums: Float[np.ndarray, " 4"],
) -> None:
    """Add up positive parts and absolute values, each in the lesion and in all."""
    for index in range(values.size):
        if codes[index] == 2:
            continue
        value = np.float64(values[index])
        size = abs(value)
        sums[2] += size * shares[index]
        sums[3] += size
        if value > 0:
            sums[0] += value * shares[index]
            sums[1] += value
