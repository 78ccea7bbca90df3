"""The best way between places of a map, which is the one that dips least."""

import itertools

import numpy as np
from jaxtyping import Float, Int

from metrics.counting.compiled import compiled


def find_saddles(
    map: Float[np.ndarray, "..."],
    groups: Int[np.ndarray, "..."],
    ceiling: float = np.inf,
) -> Float[np.ndarray, "g g"]:
    """Find the lowest value on the best path between every two groups of pixels.

    A path steps between neighbors, corners included, and the best one has the highest
    lowest value. Any pixel of a group may be its end.

    Parameters
    ----------
    map
        One image, 2-D or 3-D, without NaN.
    groups
        Number of the group of each pixel, from 1 without a gap; 0 for none.
    ceiling
        Above it only *that* a saddle is above it is asked for, which is faster.

    Returns
    -------
    array
        That of groups j and k at (j - 1, k - 1); NaN on the diagonal.

    Notes
    -----
    Pixels are added from the highest to the lowest and joined to their neighbors; two
    groups meet at their saddle. Equal pixels may come in any order: the value at which
    groups meet is the same.

    Examples
    --------
    >>> find_saddles(np.array([[3.0, 1.0, 5.0]]), np.array([[1, 0, 2]]))
    array([[nan,  1.],
           [ 1., nan]])
    """
    least = walk_straight(map, groups)
    # A frame that is never added spares asking where the image ends.
    padded = np.pad(np.ascontiguousarray(map), 1, constant_values=-np.inf)
    strides = np.array(padded.strides) // padded.itemsize
    steps = itertools.product((-1, 0, 1), repeat=map.ndim)
    around = np.array([step for step in steps if any(step)]) @ strides
    values, numbers = padded.ravel(), np.pad(groups.astype(np.int32), 1).ravel()
    count = int(numbers.max())
    meetings = np.full((count, count), -1, np.int64)
    areas = start(numbers)
    flood(np.flatnonzero(values > ceiling), around, numbers, areas, meetings)
    rest = np.flatnonzero((values <= ceiling) & (values > least))
    if (meetings < 0).sum() > count:
        rest = rest[np.argsort(-values[rest])]
        flood(rest, around, numbers, areas, meetings)
    # Groups that have not met above the least value meet there.
    saddles = np.where(meetings >= 0, values[meetings], least)
    np.fill_diagonal(saddles, np.nan)
    return saddles


def walk_straight(
    map: Float[np.ndarray, "..."], groups: Int[np.ndarray, "..."]
) -> float:
    """Return the lowest value on straight ways from each group to the next.

    No saddle lies lower, and one that is not higher is equal.
    """
    places = np.argwhere(groups > 0)
    firsts = np.unique(groups[groups > 0], return_index=True)[1]
    least = np.inf
    for begin, end in itertools.pairwise(places[firsts]):
        steps = np.linspace(begin, end, np.abs(end - begin).max() + 1)
        least = min(least, map[tuple(np.rint(steps).astype(np.int64).T)].min())
    return float(least)


Row = Int[np.ndarray, " p"]
Areas = tuple[Row, Row, Row, Row]
"""By pixel: its parent, -1 if it is not there; and, where it stands for an area, the
size of that and the head of its list of groups, which holds a pixel of each; the next
in such a list. Lists end with -1."""


def start(groups: Int[np.ndarray, " p"]) -> Areas:
    """Return the areas before any pixel is there."""
    absent, one = np.full(groups.size, -1, np.int32), np.ones(groups.size, np.int32)
    heads = np.where(groups > 0, np.arange(groups.size, dtype=np.int32), -1)
    return absent, one, heads.astype(np.int32), absent.copy()


@compiled
def flood(
    order: Int[np.ndarray, " q"],
    around: Int[np.ndarray, " k"],
    groups: Row,
    areas: Areas,
    meetings: Int[np.ndarray, "g g"],
) -> None:
    """Add pixels in order and write where groups meet, until all have met."""
    parent, sizes, _, _ = areas
    missing = (meetings < 0).sum() - len(meetings)
    for pixel in order:
        if missing == 0:
            break
        parent[pixel] = area = pixel
        for step in around:
            if parent[pixel + step] < 0:
                continue
            other = root(parent, pixel + step)
            if other != area:
                if sizes[other] > sizes[area]:
                    area, other = other, area
                missing -= 2 * meet(area, other, areas, groups, meetings, pixel)
                parent[other] = area
                sizes[area] += sizes[other]


@compiled
def root(parent: Row, pixel: int) -> int:
    """Return the pixel that stands for the area of another, and shorten the way."""
    while parent[pixel] != pixel:
        parent[pixel] = parent[parent[pixel]]
        pixel = parent[pixel]
    return pixel


@compiled
def meet(
    area: int,
    other: int,
    areas: Areas,
    groups: Row,
    meetings: Int[np.ndarray, "g g"],
    pixel: int,
) -> int:
    """Join the groups of two areas at a pixel; returns how many pairs first met."""
    _, _, heads, later = areas
    met = 0
    node = heads[other]
    while node >= 0:
        following = later[node]
        here, known = groups[node] - 1, False
        mate = heads[area]
        while mate >= 0:
            there = groups[mate] - 1
            if there == here:
                known = True
            elif meetings[here, there] < 0:
                meetings[here, there] = meetings[there, here] = pixel
                met += 1
            mate = later[mate]
        if not known:
            later[node] = heads[area]
            heads[area] = node
        node = following
    return met
