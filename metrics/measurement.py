"""Score every map, shard by shard, and put together what is found."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from metrics.measured import Counted, Measured, Plan
from metrics.pooled.froc import Candidates, join
from metrics.shard_inputs import SHARD, Opened
from metrics.shards import Shard, describe, measure_afar, measure_shard
from metrics.sources.source import MapSource, MaskSource
from metrics.storage.allocation import allocate, release
from metrics.storage.shards import read_shard

_HELD = 16
"""Shards whose pages stay in memory until they are handed back."""


def measure(
    sources: Mapping[str, MapSource],
    masks: MaskSource,
    plan: Plan,
    progress: Callable[[int], None] | None = None,
) -> Measured:
    """Score every map of every source against the masks, in one pass.

    Memory holds one batch of a shard; what is found of each image is written where it
    belongs, on disk if ``plan.spill`` names a folder and it is much.

    Parameters
    ----------
    sources
        Maps by entry name.
    masks
        Masks of the images to score; a map without one is left alone, a mask without
        a map a row with status ``missing``.
    plan
        What is computed, who does it and where it is kept.
    progress
        Called with the number of images just finished, or found finished.

    Raises
    ------
    ValueError
        If shapes differ.
    """
    ids = tuple(masks.ids)
    if not ids:
        msg = "masks must hold at least one image, got none"
        raise ValueError(msg)
    starts = range(0, len(ids), SHARD)
    found: _Found | None = None
    for number, given in enumerate(_shards(sources, masks, plan)):
        shard = given if given is not None else _kept(plan.keep or Path(), number)
        found = _prepare(shard, len(ids), plan) if found is None else found
        rows = slice(starts[number], starts[number] + shard.values.shape[-1])
        found.keep(rows, shard)
        if progress is not None:
            progress(shard.values.shape[-1])
    assert found is not None  # noqa: S101  there is an image, so there is a shard
    return found.finish(tuple(sources), ids, plan)


def _shards(sources: Mapping[str, MapSource], masks: MaskSource, plan: Plan) -> Any:
    """Give out the shards; results come in order."""
    ids = tuple(masks.ids)
    cuts = [ids[start : start + SHARD] for start in range(0, len(ids), SHARD)]
    job = describe(tuple(sources), plan)
    if plan.reopen is None:
        opened = Opened(tuple(sources.values()), masks)
        work: Any = partial(measure_shard, job, opened, plan.keep)
    else:
        work = partial(measure_afar, job, plan.reopen, plan.keep)
    run: Any = map if plan.executor is None else plan.executor.map
    return run(work, range(len(cuts)), cuts)


def _kept(keep: Path, number: int) -> Shard:
    """Read a shard that a worker wrote."""
    path = keep / f"{number:08d}.npz"
    kept = read_shard(path)
    if kept is None:
        msg = (
            f"{path} must be there when a worker says so, got nothing; all workers "
            "must see one folder: run the same command again to continue"
        )
        raise FileNotFoundError(msg)
    return kept[0]


@dataclass(frozen=True)
class _Found:
    """Arrays that fill up shard by shard."""

    values: np.ndarray
    codes: np.ndarray
    worst: np.ndarray
    marked: np.ndarray
    sizes: np.ndarray
    status: np.ndarray
    candidates: tuple[list[Candidates], ...]

    def keep(self, rows: slice, shard: Shard) -> None:
        """Write a shard where it belongs."""
        self.values[..., rows] = shard.values
        self.codes[..., rows] = shard.codes
        self.worst[..., rows] = shard.worst
        self.marked[:, :, rows] = shard.marked
        self.sizes[:, rows] = shard.sizes
        self.status[:, rows] = shard.status
        for parts, some in zip(self.candidates, shard.candidates, strict=False):
            parts.append(some)
        if rows.start // SHARD % _HELD == 0:
            release(self.values, self.codes, self.worst, self.marked)

    def finish(
        self, entries: tuple[str, ...], ids: Sequence[str], plan: Plan
    ) -> Measured:
        """Return all of it."""
        healthy, lesion = self.sizes
        marks = self.marked[:, 1], self.marked[:, 0]
        sweeps = Counted(entries, *marks, lesion, healthy, self.status)
        arrays = self.values, self.codes, self.worst
        candidates = {
            name: join(parts)
            for name, parts in zip(entries, self.candidates, strict=True)
            if parts
        }
        return Measured(
            entries, plan.columns, tuple(ids), *arrays, sweeps, candidates, plan.spill
        )


def _prepare(shard: Shard, n: int, plan: Plan) -> _Found:
    """Make room for everything, in the types that the first shard has."""
    m, c = shard.values.shape[:2]
    levels, counts = shard.marked.shape[-1], shard.marked.dtype
    return _Found(
        allocate((m, c, n), np.dtype(np.float64), plan.spill),
        allocate((m, c, n), np.dtype(np.uint8), plan.spill),
        allocate((c, n), np.dtype(np.float64), plan.spill),
        allocate((m, 2, n, levels), counts, plan.spill),
        allocate((2, n), shard.sizes.dtype, plan.spill),
        allocate((m, n), np.dtype(np.uint8), plan.spill),
        tuple([] for _ in range(m)),
    )
