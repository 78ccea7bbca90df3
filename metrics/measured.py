"""Every score of every map: what is measured, and what of it is asked for."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Num, Shaped, UInt8

from metrics.counting.statuses import STATUSES
from metrics.counting.thresholds import Sweep
from metrics.pooled.froc import Candidates
from metrics.scores.score import Score
from metrics.scores.table import choose_scores
from metrics.storage.allocation import allocate, release

_WORDS = np.array(STATUSES, dtype=object)
"""Statuses by their codes; an array of these refers to words and copies none."""


@dataclass(frozen=True)
class Column:
    """One score at one threshold; None for a score that has none."""

    score: str
    threshold: float | None


@dataclass(frozen=True, eq=False)
class Counted(Mapping[str, Sweep]):
    """Counts of each entry; statuses become words when they are asked for.

    Attributes
    ----------
    entries
        What the first axis stands for.
    lesion_marks, healthy_marks
        Marked pixels, (m, n, t).
    lesion, healthy
        Pixels inside and outside the masks, (n,).
    codes
        Statuses of maps, places in :data:`~metrics.counting.statuses.STATUSES`.
    """

    entries: tuple[str, ...]
    lesion_marks: Num[np.ndarray, "m n t"]
    healthy_marks: Num[np.ndarray, "m n t"]
    lesion: Num[np.ndarray, " n"]
    healthy: Num[np.ndarray, " n"]
    codes: UInt8[np.ndarray, "m n"]

    def __getitem__(self, entry: str) -> Sweep:
        if entry not in self.entries:
            raise KeyError(entry)
        place = self.entries.index(entry)
        return Sweep(
            self.lesion_marks[place],
            self.healthy_marks[place],
            self.lesion,
            self.healthy,
            _WORDS[self.codes[place]],
        )

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)


@dataclass(frozen=True)
class Measured:
    """Every entry's scores on every image.

    Attributes
    ----------
    entries, columns, ids
        What the axes of the arrays stand for.
    values
        Scores, NaN where undefined, (m, c, n).
    codes
        Their statuses, places in :data:`~metrics.counting.statuses.STATUSES`.
    worst
        What a map that has no value counts in the aggregate *counted as worst*, (c, n);
        NaN where the mask leaves the score undefined or there is no worst.
    sweeps
        Counts of each entry at all thresholds.
    candidates
        What each entry offers as lesions, if the plan asks for it.
    spill
        Folder on whose disk arrays too large for memory are kept; None for memory.
    """

    entries: tuple[str, ...]
    columns: tuple[Column, ...]
    ids: tuple[str, ...]
    values: Float[np.ndarray, "m c n"]
    codes: UInt8[np.ndarray, "m c n"]
    worst: Float[np.ndarray, "c n"]
    sweeps: Counted
    candidates: Mapping[str, Candidates] = field(default_factory=dict)
    spill: Path | None = None

    @cached_property
    def lesion(self) -> Num[np.ndarray, " n"]:
        """Lesion pixels of each image."""
        return self.sweeps[self.entries[0]].lesion

    @cached_property
    def healthy(self) -> Num[np.ndarray, " n"]:
        """Healthy pixels of each image."""
        return self.sweeps[self.entries[0]].healthy

    def scores_of(self, score: str) -> Float[np.ndarray, "m n"]:
        """Values of a threshold-free score, an entry a row."""
        return self.values[:, self.columns.index(Column(score, None))]

    def values_of(self, entry: int, column: int) -> Float[np.ndarray, " n"]:
        """Copy the values of one entry's column into memory."""
        values = np.array(self.values[entry, column])
        release(self.values)
        return values

    def worsts_of(self, entry: int, column: int) -> Float[np.ndarray, " n"]:
        """Values of one entry's column, the worst where its map has none."""
        values = self.values_of(entry, column)
        values = np.where(np.isfinite(values), values, self.worst[column])
        release(self.worst)
        return values

    def statuses_of(self, entry: int, column: int) -> Shaped[np.ndarray, " n"]:
        """Statuses of one entry's column, in words."""
        return np.array(STATUSES)[self.codes[entry, column]]


def fill_gaps(measured: Measured) -> Measured:
    """Return the same scores with those of missing maps at their worst."""
    missing = STATUSES.index("missing")
    if not any((codes == missing).any() for row in measured.codes for codes in row):
        return measured
    shape = measured.values.shape
    filled = allocate(shape, measured.values.dtype, measured.spill)
    for entry, column in np.ndindex(shape[:2]):
        gaps = measured.codes[entry, column] == missing
        worst, values = measured.worst[column], measured.values[entry, column]
        filled[entry, column] = np.where(gaps, worst, values)
        release(filled, measured.codes, measured.worst, measured.values)
    return replace(measured, values=filled)


@dataclass(frozen=True)
class Plan:
    """What is computed of every map.

    Attributes
    ----------
    scores
        Of :func:`metrics.scores.table.choose_scores`.
    thresholds
        Where scores of marked pixels are tabulated.
    tuned
        By entry, the place of the threshold that was tuned on other images.
    executor
        Scores the shards, in threads, processes or elsewhere; None scores them here.
    reopen
        Opens the same maps and masks where an executor's workers do not share this
        memory; equal ones open the same.
    keep
        Folder that shards are kept in until all are done; None for memory.
    spill
        Folder on whose disk arrays too large for memory are kept; None for memory.
    froc
        Whether candidates are kept, for FROC.
    """

    scores: tuple[Score, ...] = field(default_factory=choose_scores)
    thresholds: tuple[float, ...] = (0.3, 0.5, 0.8)
    tuned: Mapping[str, int] = field(default_factory=dict)
    executor: Executor | None = None
    reopen: Callable[[], Any] | None = None
    keep: Path | None = None
    spill: Path | None = None
    froc: bool = False

    @property
    def columns(self) -> tuple[Column, ...]:
        """Every score at its thresholds, in the order of the table of scores."""
        return tuple(
            Column(score.name, threshold)
            for score in self.scores
            for threshold in (self.thresholds if score.at_thresholds else (None,))
        )
