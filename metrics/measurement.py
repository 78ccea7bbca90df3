"""Read maps and masks batch by batch and score every map."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from metrics.counting.thresholds import Sweep
from metrics.scores.table import SCORES, compare, explain_rows
from metrics.sources.intake import check_ids, read_maps, read_masks
from metrics.sources.source import MapSource, MaskSource, check_unique

THRESHOLDS = 101


@dataclass(frozen=True)
class Column:
    """One score at one threshold; None for a score that has none."""

    score: str
    threshold: float | None


@dataclass(frozen=True)
class Measured:
    """Every entry's scores on every image.

    Attributes
    ----------
    entries, columns, ids
        What the axes of the arrays stand for.
    values, statuses
        Scores, NaN where undefined, and their statuses, (m, c, n).
    sweeps
        Counts of each entry at all thresholds.
    """

    entries: tuple[str, ...]
    columns: tuple[Column, ...]
    ids: tuple[str, ...]
    values: Float[np.ndarray, "m c n"]
    statuses: Shaped[np.ndarray, "m c n"]
    sweeps: Mapping[str, Sweep]

    @property
    def lesion(self) -> Int[np.ndarray, " n"]:
        """Lesion pixels of each image."""
        return self.sweeps[self.entries[0]].lesion

    @property
    def healthy(self) -> Int[np.ndarray, " n"]:
        """Healthy pixels of each image."""
        return self.sweeps[self.entries[0]].healthy

    def scores_of(self, score: str) -> Float[np.ndarray, "m n"]:
        """Values of a threshold-free score, an entry a row."""
        return self.values[:, self.columns.index(Column(score, None))]


def list_columns(thresholds: Sequence[float]) -> tuple[Column, ...]:
    """Every score at its thresholds, in the order of the table of scores."""
    return tuple(
        Column(score.name, threshold)
        for score in SCORES.values()
        for threshold in (thresholds if score.at_thresholds else (None,))
    )


def measure(
    sources: Mapping[str, MapSource],
    masks: MaskSource,
    thresholds: Sequence[float],
    workers: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Measured:
    """Score every map of every source against the masks.

    Parameters
    ----------
    sources
        Maps by entry name.
    masks
        Masks of the images to score; a map without one is an error, a mask without
        a map a row with status ``missing``.
    thresholds
        Where sensitivity and specificity are tabulated.
    workers
        Threads that share the entries of a batch.
    progress
        Called with the number of images just finished.

    Raises
    ------
    ValueError
        If ids do not match or shapes differ.
    """
    ids = tuple(masks.ids)
    check_unique("masks", ids)
    for name, source in sources.items():
        check_ids(name, source.ids, ids)
    have = {name: frozenset(source.ids) for name, source in sources.items()}
    columns = list_columns(thresholds)
    parts: dict[str, list[_Part]] = {name: [] for name in sources}
    with ThreadPoolExecutor(workers) as pool:
        # One worker is this thread: sources need not stand threads then.
        run = map if workers == 1 else pool.map
        for batch, truth in read_masks(masks, ids):
            jobs = [
                partial(_score, name, source, batch, truth, have[name], columns)
                for name, source in sources.items()
            ]
            for name, part in zip(sources, run(_do, jobs), strict=True):
                parts[name].append(part)
            if progress is not None:
                progress(len(batch))
    return Measured(
        tuple(sources),
        columns,
        ids,
        np.stack([np.hstack([p.values for p in parts[s]]) for s in sources]),
        np.stack([np.hstack([p.statuses for p in parts[s]]) for s in sources]),
        {name: _join([part.sweep for part in parts[name]]) for name in sources},
    )


@dataclass(frozen=True)
class _Part:
    values: Float[np.ndarray, "c n"]
    statuses: Shaped[np.ndarray, "c n"]
    sweep: Sweep


def _score(
    name: str,
    source: MapSource,
    batch: Sequence[str],
    truth: Bool[np.ndarray, "n h w"],
    have: frozenset[str],
    columns: Sequence[Column],
) -> _Part:
    """Score one entry on one batch; rows without a map are ``missing``."""
    present = np.array([key in have for key in batch])
    wanted = [key for key in batch if key in have]
    maps = np.full(truth.shape, np.nan)
    if wanted:
        read = read_maps(name, source, wanted, truth.shape[1:])
        if len(wanted) == len(batch):
            maps = read
        else:
            maps[present] = read
    compared = compare(maps, truth)
    status = np.where(present, compared.sweep.status, "missing")
    result = Sweep(
        compared.sweep.marked_lesion.astype(np.int32),
        compared.sweep.marked_healthy.astype(np.int32),
        compared.sweep.lesion,
        compared.sweep.healthy,
        status,
    )
    computed = {key: score.compute(compared) for key, score in SCORES.items()}
    values = [_pick(computed[column.score], column.threshold) for column in columns]
    rows = {key: explain_rows(score, result) for key, score in SCORES.items()}
    return _Part(np.stack(values), np.stack([rows[c.score] for c in columns]), result)


def _do(job: Callable[[], _Part]) -> _Part:
    return job()


def _pick(
    values: Float[np.ndarray, "n ..."], threshold: float | None
) -> Float[np.ndarray, " n"]:
    if threshold is None:
        return values
    return values[:, round(threshold * (THRESHOLDS - 1))]


def _join(sweeps: Sequence[Sweep]) -> Sweep:
    """Put the batches of one entry together again."""
    return Sweep(
        np.concatenate([part.marked_lesion for part in sweeps]),
        np.concatenate([part.marked_healthy for part in sweeps]),
        np.concatenate([part.lesion for part in sweeps]),
        np.concatenate([part.healthy for part in sweeps]),
        np.concatenate([part.status for part in sweeps]),
    )
