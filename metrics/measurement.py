"""Read maps and masks batch by batch and score every map."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from metrics.counting.statuses import STATUSES
from metrics.counting.thresholds import Sweep, sweep
from metrics.counting.truth import Truth
from metrics.measured import Measured, Plan
from metrics.pooled.froc import Candidates, join, propose
from metrics.scores.evaluation import evaluate
from metrics.scores.score import Compared
from metrics.sources.intake import read_masks, read_present
from metrics.sources.source import MapSource, MaskSource
from metrics.storage.allocation import allocate

THRESHOLDS = 101
_CODES = {status: code for code, status in enumerate(STATUSES)}


def measure(
    sources: Mapping[str, MapSource],
    masks: MaskSource,
    plan: Plan,
    progress: Callable[[int], None] | None = None,
) -> Measured:
    """Score every map of every source against the masks, in one pass.

    Memory holds one batch; what is found of each image is written where it belongs, on
    disk if ``plan.spill`` names a folder and it is much.

    Parameters
    ----------
    sources
        Maps by entry name.
    masks
        Masks of the images to score; a map without one is left alone, a mask without
        a map a row with status ``missing``.
    plan
        What is computed.
    progress
        Called with the number of images just finished.

    Raises
    ------
    ValueError
        If shapes differ.
    """
    ids = tuple(masks.ids)
    have = {name: frozenset(source.ids) for name, source in sources.items()}
    found: _Found | None = None
    start = 0
    with ThreadPoolExecutor(plan.workers) as pool:
        # One worker is this thread: sources need not stand threads then.
        run: Any = map if plan.workers == 1 else pool.map
        for batch, truth in read_masks(masks, ids):
            if found is None:
                found = _prepare(sources, ids, plan, soft=truth.soft is not None)
            rows = slice(start, start + len(batch))
            jobs = [
                partial(_score, name, source, batch, truth, have[name], plan)
                for name, source in sources.items()
            ]
            _warm(truth)
            for place, part in enumerate(run(_do, jobs)):
                found.keep(place, rows, part)
            start += len(batch)
            if progress is not None:
                progress(len(batch))
    if found is None:
        msg = "masks must hold at least one image, got none"
        raise ValueError(msg)
    return found.finish(tuple(sources), ids, plan)


@dataclass(frozen=True)
class _Part:
    """What is found of one entry on one batch."""

    values: Float[np.ndarray, "c n"]
    codes: UInt8[np.ndarray, "c n"]
    worst: Float[np.ndarray, "c n"]
    sweep: Sweep
    candidates: Candidates | None


@dataclass(frozen=True)
class _Found:
    """Arrays that fill up batch by batch."""

    values: np.ndarray
    codes: np.ndarray
    worst: np.ndarray
    marked: np.ndarray
    sizes: np.ndarray
    status: np.ndarray
    candidates: tuple[list[Candidates], ...]

    def keep(self, place: int, rows: slice, part: _Part) -> None:
        """Write one entry's part where it belongs."""
        self.values[place, :, rows] = part.values
        self.codes[place, :, rows] = part.codes
        self.worst[:, rows] = part.worst
        self.marked[place, 0, rows] = part.sweep.marked_healthy
        self.marked[place, 1, rows] = part.sweep.marked_lesion
        self.sizes[0, rows] = part.sweep.healthy
        self.sizes[1, rows] = part.sweep.lesion
        self.status[place, rows] = [_CODES[word] for word in part.sweep.status]
        if part.candidates is not None:
            self.candidates[place].append(part.candidates)

    def finish(
        self, entries: tuple[str, ...], ids: tuple[str, ...], plan: Plan
    ) -> Measured:
        """Return all of it."""
        healthy, lesion = self.sizes
        words = np.array(STATUSES)
        sweeps = {
            name: Sweep(
                self.marked[place, 1],
                self.marked[place, 0],
                lesion,
                healthy,
                words[self.status[place]],
            )
            for place, name in enumerate(entries)
        }
        arrays = self.values, self.codes, self.worst
        candidates = {
            name: join(parts)
            for name, parts in zip(entries, self.candidates, strict=True)
            if parts
        }
        return Measured(entries, plan.columns, ids, *arrays, sweeps, candidates)


def _prepare(
    sources: Mapping[str, MapSource], ids: Sequence[str], plan: Plan, soft: bool
) -> _Found:
    """Make room for everything."""
    m, c, n = len(sources), len(plan.columns), len(ids)
    counts = np.dtype(np.float64 if soft else np.int32)
    return _Found(
        allocate((m, c, n), np.dtype(np.float64), plan.spill),
        allocate((m, c, n), np.dtype(np.uint8), plan.spill),
        allocate((c, n), np.dtype(np.float64), plan.spill),
        allocate((m, 2, n, THRESHOLDS), counts, plan.spill),
        np.zeros((2, n), np.float64 if soft else np.int64),
        np.zeros((m, n), np.uint8),
        tuple([] for _ in sources),
    )


def _warm(truth: Truth) -> None:
    """Compute once what all entries of the batch share, before threads do."""
    for shared in (truth.codes, truth.shares, truth.lesion_size, truth.counted):
        shared.flags.writeable = False


def _score(
    name: str,
    source: MapSource,
    batch: Sequence[str],
    truth: Truth,
    have: frozenset[str],
    plan: Plan,
) -> _Part:
    """Score one entry on one batch; rows without a map are ``missing``."""
    maps, present = read_present(name, source, have, batch, truth.size)
    counts = sweep(maps, truth)
    counts = replace(counts, status=np.where(present, counts.status, "missing"))
    tuned = plan.tuned.get(name, -1)
    compared = Compared(maps, truth, counts, plan.thresholds, tuned)
    parts = [evaluate(score, compared) for score in plan.scores]
    codes = [
        np.broadcast_to([_CODES[word] for word in part.status], part.values.shape)
        for part in parts
    ]
    return _Part(
        np.concatenate([part.values for part in parts]),
        np.concatenate(codes).astype(np.uint8),
        np.concatenate([part.worst for part in parts]),
        counts,
        propose(compared) if plan.froc else None,
    )


def _do(job: Callable[[], _Part]) -> _Part:
    return job()
