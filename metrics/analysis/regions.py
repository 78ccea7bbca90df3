"""How much of a map lies on regions that are no lesion: letters, rulers, hair.

The share of a map's positive part that lies in a region is held against the region's
share of the image, which is what a constant map has there.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from metrics.shard_inputs import SHARD, Opened, Reopen, reopened
from metrics.sources.intake import read_masks, read_present
from metrics.sources.source import MapSource, MaskSource
from metrics.threads import one_thread


@dataclass(frozen=True)
class Shares:
    """What part of every map lies in every region.

    Attributes
    ----------
    entries, ids
        What the first and the last axis stand for.
    values
        Share of the map's positive part, NaN where the image does not have the region,
        or the map has no positive value or is not finite, (m, r, n).
    areas
        The region's share of the image, 0 where the image does not have it, (r, n).
    """

    entries: tuple[str, ...]
    ids: tuple[str, ...]
    values: Float[np.ndarray, "m r n"]
    areas: Float[np.ndarray, "r n"]


def share(
    sources: Mapping[str, MapSource],
    regions: MaskSource,
    count: int,
    executor: Executor | None = None,
    reopen: Reopen | None = None,
) -> Shares:
    """Add up every map's positive part in numbered regions.

    Parameters
    ----------
    sources
        Maps by entry name.
    regions
        A source whose truths are numbered: 1 is the first region, ``count`` the last,
        of all images alike.
    count
        How many regions there are.
    executor
        Takes shards of images; None takes them here. No number depends on it.
    reopen
        Returns the same sources and regions where the executor's workers do not share
        this memory; None if they do.
    """
    ids, entries = tuple(regions.ids), tuple(sources)
    cuts = [ids[start : start + SHARD] for start in range(0, len(ids), SHARD)]
    if reopen is None:
        opened = Opened(tuple(sources.values()), regions)
        work: Any = partial(_share, entries, opened, count)
    else:
        work = partial(_share_afar, entries, reopen, count)
    parts = list((map if executor is None else executor.map)(work, cuts))
    values, areas = (np.concatenate(own, axis=-1) for own in zip(*parts, strict=True))
    return Shares(entries, ids, values, areas)


def _share_afar(
    entries: tuple[str, ...], reopen: Reopen, count: int, ids: Sequence[str]
) -> tuple[Float[np.ndarray, "m r n"], Float[np.ndarray, "r n"]]:
    """Share maps out in a process that opens them itself, once."""
    with one_thread():
        return _share(entries, reopened(reopen), count, ids)


def _share(
    entries: tuple[str, ...], opened: Opened, count: int, ids: Sequence[str]
) -> tuple[Float[np.ndarray, "m r n"], Float[np.ndarray, "r n"]]:
    """Return shares of maps and areas of regions on some images."""
    values = np.full((len(entries), count, len(ids)), np.nan)
    areas = np.zeros((count, len(ids)))
    start = 0
    for batch, truth in read_masks(opened.masks, ids):
        numbers = truth.lesions.reshape(len(batch), -1)
        rows = slice(start, start + len(batch))
        areas[:, rows] = _add_up(np.ones(numbers.shape), numbers, count)
        for place, source in enumerate(opened.sources):
            have = opened.have[place]
            maps, _ = read_present(entries[place], source, have, batch, truth.size)
            found = _add_up(maps.reshape(len(batch), -1), numbers, count)
            values[place, :, rows] = np.where(areas[:, rows] > 0, found, np.nan)
        start += len(batch)
    return values, areas


def _add_up(
    maps: Float[np.ndarray, "n p"], numbers: Int[np.ndarray, "n p"], count: int
) -> Float[np.ndarray, "r n"]:
    """Return the share of each map's positive part that lies in each region."""
    shares = np.full((count, len(maps)), np.nan)
    for row, (values, own) in enumerate(zip(maps, numbers, strict=True)):
        largest = values.max()
        if np.isfinite(values).all() and largest > 0:
            positive = np.maximum(values, 0).astype(np.float64) / largest
            sums = np.bincount(own, positive, minlength=count + 1)
            shares[:, row] = sums[1:] / sums.sum()
    return shares
