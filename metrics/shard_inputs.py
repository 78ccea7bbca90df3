"""What a shard is made of: maps, masks, what is asked for, and the hash of it all."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from metrics.counting.truth import Truth
from metrics.sources.intake import read_masks, read_present
from metrics.sources.source import MapSource, MaskSource

SHARD = 64
"""Images of one shard."""
VERSION = 1
"""Of what is computed; another one takes no shard that was kept."""

Reopen = Callable[[], tuple[Mapping[str, MapSource], MaskSource]]
"""Opens maps and masks once more, in another process; equal ones open the same."""


@dataclass(frozen=True, eq=False)
class Opened:
    """Maps in the order of the entries, and masks."""

    sources: tuple[MapSource, ...]
    masks: MaskSource

    @cached_property
    def have(self) -> tuple[frozenset[str], ...]:
        """Images that each source has; sources of the same ones share a set."""
        ids = [tuple(source.ids) for source in self.sources]
        sets = {some: frozenset(some) for some in dict.fromkeys(ids)}
        return tuple(sets[some] for some in ids)


@lru_cache(maxsize=1)
def reopened(reopen: Reopen) -> Opened:
    """Open maps and masks in a worker, which keeps them for its next shard."""
    sources, masks = reopen()
    return Opened(tuple(sources.values()), masks)


@dataclass(frozen=True)
class Job:
    """What is computed of every shard, in words that can be sent and written down."""

    entries: tuple[str, ...]
    scores: tuple[str, ...]
    thresholds: tuple[float, ...]
    tuned: tuple[tuple[str, int], ...] = ()
    froc: bool = False
    version: int = VERSION


@dataclass(frozen=True, eq=False)
class Read:
    """Maps of one entry on one batch that begins at ``start``."""

    start: int
    entry: int
    truth: Truth
    maps: Float[np.ndarray, "n ..."]
    present: Bool[np.ndarray, " n"]


def walk(job: Job, opened: Opened, ids: Sequence[str], digest: Any) -> Iterator[Read]:
    """Read a shard batch by batch, entry by entry; everything enters the digest."""
    _feed(digest, json.dumps([asdict(job), list(ids)]).encode())
    start = 0
    for batch, truth in read_masks(opened.masks, ids):
        known = (truth.soft, truth.ignored, truth.numbered)
        _feed(digest, repr(truth.spacing).encode(), truth.lesion, *known)
        for entry, source in enumerate(opened.sources):
            name, have = job.entries[entry], opened.have[entry]
            maps, present = read_present(name, source, have, batch, truth.size)
            _feed(digest, maps, present)
            yield Read(start, entry, truth, maps, present)
        start += len(batch)


def _feed(digest: Any, *parts: Any) -> None:
    for part in parts:
        if isinstance(part, np.ndarray):
            digest.update(f"{part.dtype.str} {part.shape}".encode())
            digest.update(np.ascontiguousarray(part).data)
        else:
            digest.update(b"none" if part is None else part)


def identify(job: Job, opened: Opened, ids: Sequence[str]) -> str:
    """Hash all that a shard's result follows from."""
    digest = hashlib.sha256()
    for _ in walk(job, opened, ids, digest):
        pass
    return digest.hexdigest()
