"""Add pixels of images up to pools, some images at a time."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Bool, Float, Int

from metrics.counting.thresholds import Sweep
from metrics.pooled.pixels import stack
from metrics.statistics.bootstrap import weigh
from metrics.statistics.draws import Draws
from metrics.statistics.rows import cut
from metrics.storage.allocation import allocate, release

_BLOCK = 250


def list_blocks(
    sweep: Sweep, members: Bool[np.ndarray, " n"]
) -> Iterator[tuple[slice, Float[np.ndarray, "b c"]]]:
    """Yield the counts of some images after the others, and which of them they are."""
    images = np.flatnonzero(members)
    for part in cut(len(images), 2 * sweep.marked_lesion.shape[1] + 2):
        some = sweep.take(images[part])
        release(sweep.marked_lesion)
        yield part, stack(some, np.ones(len(some.status), bool))


def add_lost(
    sums: Float[np.ndarray, "1 c"], sweep: Sweep, lost: Bool[np.ndarray, " n"]
) -> Float[np.ndarray, "1 c"]:
    """Add the counts of lost maps, as the worst there can be."""
    images = np.flatnonzero(lost)
    for part in cut(len(images), sums.shape[1]):
        some = sweep.take(images[part])
        every = np.ones(len(some.status), bool)
        sums = sums + stack(some, every, worst=True).sum(axis=0, keepdims=True)
    return sums


def resample_pools(
    sweep: Sweep,
    members: Bool[np.ndarray, " n"],
    groups: Int[np.ndarray, " r"],
    draws: Draws,
) -> Float[np.ndarray, "b c"]:
    """Add up the pool of all images, then those of all resamples."""
    width = 2 * sweep.marked_lesion.shape[1] + 2
    shape = draws.clusters, width
    sums = allocate(shape, np.dtype(np.float64), draws.spill)
    pools = np.zeros((1 + draws.resamples, width))
    for part, counts in list_blocks(sweep, members):
        own = groups[part]
        if len(np.unique(own)) == len(own):
            sums[own] += counts
        else:
            np.add.at(sums, own, counts)
        pools[0] += counts.sum(axis=0)
        release(sums)
    for begin in range(0, draws.resamples, _BLOCK):
        stop = min(begin + _BLOCK, draws.resamples)
        pools[1 + begin : 1 + stop] = weigh(draws, begin, stop, sums)[0]
    return pools
