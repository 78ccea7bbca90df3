"""How alike two maps of one image are: structure, ranks, and where both are highest.

For checks that ask whether a map changes (other weights, other labels, another training
run), never for scores against a mask. Every function takes maps in pairs and returns a
value per pair; a pair with a constant map, NaN or infinity has none (NaN), and
:func:`metrics.likeness.pairs.compare_maps` says why.
"""

import numpy as np
from jaxtyping import Bool, Float
from scipy.stats import rankdata

from metrics.counting.thresholds import normalize

#: Side of the window of :func:`structural_similarity`, pixels.
WINDOW = 7
#: Share of the pixels that :func:`top_overlap` calls the top.
TOP = 0.1

Maps = Float[np.ndarray, "n h w"]
Values = Float[np.ndarray, " n"]


def structural_similarity(first: Maps, second: Maps) -> Values:
    """Return the mean structural similarity of maps that are scaled to [0, 1].

    Each map is min-max normalized on its own, so the data range is 1 by construction;
    windows of 7 x 7 equal weights, K1 = 0.01, K2 = 0.03, sample covariance. Wang et
    al., IEEE TIP 13:600, 2004.

    Raises
    ------
    ValueError
        If shapes differ or a side is shorter than the window.

    Notes
    -----
    Two maps that share an empty background score high whatever else they show, so it
    is read against pairs of maps of different images, not against 0.
    """
    from skimage.metrics import structural_similarity as similarity

    require_pairs(first, second)
    if min(first.shape[1:]) < WINDOW:
        msg = (
            f"maps must have sides of at least {WINDOW} for structural similarity, got "
            f"{first.shape[1]} x {first.shape[2]}"
        )
        raise ValueError(msg)
    values = np.full(len(first), np.nan)
    ones, others = normalize(first), normalize(second)
    for row in np.flatnonzero(comparable(first, second)):
        values[row] = similarity(  # type: ignore[no-untyped-call]  # has no types
            ones[row], others[row], data_range=1.0, win_size=WINDOW
        )
    return values


def spearman(first: Maps, second: Maps) -> Values:
    """Return the rank correlation of the pixels' values, ties at their mean rank."""
    require_pairs(first, second)
    good = comparable(first, second)
    values = np.full(len(first), np.nan)
    ones, others = (_centered_ranks(maps[good]) for maps in (first, second))
    lengths = np.sqrt((ones**2).sum(axis=1) * (others**2).sum(axis=1))
    values[good] = np.divide(
        (ones * others).sum(axis=1),
        lengths,
        out=np.full(len(ones), np.nan),
        where=lengths > 0,
    )
    return np.clip(values, -1, 1)


def spearman_of_sizes(first: Maps, second: Maps) -> Values:
    """Return the rank correlation of absolute values: blind to a change of sign."""
    return spearman(np.abs(first), np.abs(second))


def top_overlap(first: Maps, second: Maps, share: float = TOP) -> Values:
    """Return how much of one map's top pixels is in the other's, in [0, 1].

    Parameters
    ----------
    first, second
        The maps.
    share
        Part of the pixels that is the top, in (0, 1].

    Notes
    -----
    The size of the intersection over the size of the top. Pixels tied at the edge of
    the top are in it with equal probability, independently in both maps, and the
    expectation is returned: a map whose top is one big tie overlaps by ``share`` with
    anything, itself included.
    """
    require_pairs(first, second)
    if not 0 < share <= 1:
        msg = f"share must lie in (0, 1], got {share}"
        raise ValueError(msg)
    good = comparable(first, second)
    values = np.full(len(first), np.nan)
    count = max(1, round(share * first.shape[1] * first.shape[2]))
    ones, others = (_chances(maps[good], count) for maps in (first, second))
    values[good] = (ones * others).sum(axis=1) / count
    return values


def require_pairs(first: Maps, second: Maps) -> None:
    """Check that maps come in pairs."""
    if first.shape != second.shape:
        msg = f"maps must have one shape, got {first.shape} and {second.shape}"
        raise ValueError(msg)


def finite(maps: Maps) -> Bool[np.ndarray, " n"]:
    """Tell the maps without NaN and infinity."""
    return np.isfinite(maps).all(axis=(1, 2))


def comparable(first: Maps, second: Maps) -> Bool[np.ndarray, " n"]:
    """Tell the pairs of which neither map is constant or holds NaN or infinity."""
    good = np.ones(len(first), bool)
    for maps in (first, second):
        good &= finite(maps)
        good[good] &= maps[good].max(axis=(1, 2)) > maps[good].min(axis=(1, 2))
    return good


def _centered_ranks(maps: Maps) -> Float[np.ndarray, "n p"]:
    rows = maps.reshape(len(maps), maps.shape[1] * maps.shape[2])
    return rankdata(rows, axis=1) - (rows.shape[1] + 1) / 2


def _chances(maps: Maps, count: int) -> Float[np.ndarray, "n p"]:
    """Return each pixel's probability of being among the ``count`` highest."""
    rows = maps.reshape(len(maps), maps.shape[1] * maps.shape[2])
    edge = np.partition(rows, rows.shape[1] - count, axis=1)[:, -count, None]
    above, tied = rows > edge, rows == edge
    left = count - above.sum(axis=1, keepdims=True)
    return above + tied * (left / tied.sum(axis=1, keepdims=True))
