"""Score the images of one shard: what one worker does, and what one file keeps.

A shard that was kept is taken again only if masks, maps and what is asked for are the
same, bit for bit: they are read again, but not scored.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from jaxtyping import Float, Num, UInt8

from metrics.counting.statuses import STATUSES
from metrics.counting.thresholds import Sweep, sweep
from metrics.measured import Plan
from metrics.pooled.froc import Candidates, join, propose
from metrics.scores.evaluation import evaluate
from metrics.scores.score import Compared
from metrics.scores.table import SCORES
from metrics.shard_inputs import Job, Opened, Read, Reopen, identify, reopened, walk
from metrics.threads import one_thread

SIDES = ("healthy", "lesion")
"""What pixels are, in the order that a shard has them."""
_CODES = {status: code for code, status in enumerate(STATUSES)}


@dataclass(frozen=True, eq=False)
class Shard:
    """What is found on the images of one shard; axes as of ``Measured``.

    ``marked`` holds healthy, then lesion pixels, ``sizes`` likewise.
    """

    values: Float[np.ndarray, "m c n"]
    codes: UInt8[np.ndarray, "m c n"]
    worst: Float[np.ndarray, "c n"]
    marked: Num[np.ndarray, "m 2 n t"]
    sizes: Num[np.ndarray, "2 n"]
    status: UInt8[np.ndarray, "m n"]
    candidates: tuple[Candidates, ...] = ()


def describe(entries: Sequence[str], plan: Plan) -> Job:
    """Write down what a plan computes."""
    return Job(
        tuple(entries),
        tuple(score.name for score in plan.scores),
        plan.thresholds,
        tuple(sorted(plan.tuned.items())),
        plan.froc,
    )


def measure_shard(
    job: Job, opened: Opened, keep: Path | None, number: int, ids: Sequence[str]
) -> Shard | None:
    """Score the images of one shard; None if it is kept in the folder ``keep``."""
    from metrics.storage.shards import read_shard, write_shard

    path = None if keep is None else keep / f"{number:08d}.npz"
    if path is not None:
        kept = read_shard(path)
        if kept is not None and kept[1] == identify(job, opened, ids):
            return None
    digest = hashlib.sha256()
    shard = _measure(job, walk(job, opened, ids, digest))
    if path is None:
        return shard
    write_shard(path, shard, digest.hexdigest())
    return None


def measure_afar(
    job: Job, reopen: Reopen, keep: Path | None, number: int, ids: Sequence[str]
) -> Shard | None:
    """Score a shard in a process that opens maps and masks itself, once."""
    with one_thread():
        return measure_shard(job, reopened(reopen), keep, number, ids)


@dataclass(frozen=True, eq=False)
class _Part:
    """What is found of one entry on one batch."""

    values: Float[np.ndarray, "c n"]
    codes: UInt8[np.ndarray, "c n"]
    worst: Float[np.ndarray, "c n"]
    sweep: Sweep
    candidates: Candidates | None


def _measure(job: Job, reads: Iterator[Read]) -> Shard:
    """Score what is read, and put it together."""
    scores = tuple(SCORES[name] for name in job.scores)
    plan = Plan(scores, job.thresholds, dict(job.tuned), froc=job.froc)
    rows: list[list[_Part]] = [[] for _ in job.entries]
    for read in reads:
        rows[read.entry].append(_score(job.entries[read.entry], read, plan))
    found = [[part.sweep for part in parts] for parts in rows]
    marked = [
        (_beside(x.marked_healthy for x in s), _beside(x.marked_lesion for x in s))
        for s in found
    ]
    status = [_beside(_encode(x.status) for x in sweeps) for sweeps in found]
    first = rows[0], found[0]  # masks are the same for every entry
    return Shard(
        np.stack([_beside((part.values for part in parts), 1) for parts in rows]),
        np.stack([_beside((part.codes for part in parts), 1) for parts in rows]),
        _beside((part.worst for part in first[0]), 1),
        np.array(marked),
        np.stack([_beside(getattr(x, k) for x in first[1]) for k in SIDES]),
        np.stack(status),
        tuple(join([p.candidates for p in ps if p.candidates]) for ps in rows)
        if job.froc
        else (),
    )


def _score(name: str, read: Read, plan: Plan) -> _Part:
    """Score one entry on one batch; rows without a map are ``missing``."""
    counts = sweep(read.maps, read.truth)
    counts = replace(counts, status=np.where(read.present, counts.status, "missing"))
    tuned = plan.tuned.get(name, -1)
    compared = Compared(read.maps, read.truth, counts, plan.thresholds, tuned)
    parts = [evaluate(score, compared) for score in plan.scores]
    codes = [np.broadcast_to(_encode(p.status), p.values.shape) for p in parts]
    return _Part(
        np.concatenate([part.values for part in parts]),
        np.concatenate(codes),
        np.concatenate([part.worst for part in parts]),
        counts,
        propose(compared) if plan.froc else None,
    )


def _encode(words: Iterable[str]) -> UInt8[np.ndarray, " n"]:
    return np.array([_CODES[word] for word in words], np.uint8)


def _beside(parts: Iterable[np.ndarray], axis: int = 0) -> np.ndarray:
    return np.concatenate(list(parts), axis=axis)
