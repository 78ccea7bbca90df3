"""Score any method's maps: the one call that the other modules serve."""

import warnings
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from metrics.analysis.normalizing import list_rescored
from metrics.analysis.options import ScoreOptions, resolve_reference
from metrics.analysis.results import Analysis, assemble
from metrics.analysis.strata import align, stratify
from metrics.checks.checking import check
from metrics.counting.thresholds import Sweep
from metrics.measured import Column, Measured, Plan
from metrics.measurement import measure
from metrics.normalization.rescoring import rescore
from metrics.normalization.table import choose_normalizations
from metrics.scores.table import SCORES
from metrics.sources.entries import name_entries
from metrics.sources.geometry import compare_geometry
from metrics.sources.matching import match
from metrics.sources.source import as_maps, as_masks
from metrics.table import lengthen
from metrics.threads import one_thread


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of every entry on every image, and what follows from them.

    Attributes
    ----------
    measured
        Scores, statuses and counts as arrays.
    frame
        One row per image in order: subject and the given strata.
    entries
        Names of each entry.
    results
        Content of ``results.json``.
    evidence
        What else a report shows, by name; filled by who knows data and model.
    """

    measured: Measured
    frame: pd.DataFrame
    entries: tuple[Mapping[str, str], ...]
    results: Mapping[str, Any]
    evidence: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ids(self) -> tuple[str, ...]:
        """Images in the order of the counts."""
        return self.measured.ids

    @property
    def counts(self) -> Mapping[str, Sweep]:
        """Counts of each entry at all thresholds."""
        return self.measured.sweeps

    @cached_property
    def table(self) -> pd.DataFrame:
        """Long: image_id, what tells entries apart, score, threshold, value, status.

        Then subject and the given strata; a row per entry, score, threshold and image.
        """
        parts = lengthen(self.measured, self.entries, self.frame)
        return pd.concat(list(parts), ignore_index=True)

    def values_of(
        self, entry: str, score: str, threshold: float | None = None
    ) -> Float[np.ndarray, " n"]:
        """Values of one entry's score in the order of ``ids``.

        Raises
        ------
        ValueError
            If there is no such entry, score or threshold.
        """
        column = Column(score, threshold)
        if entry in self.measured.entries and column in self.measured.columns:
            place = self.measured.entries.index(entry)
            values = self.measured.values[place, self.measured.columns.index(column)]
            return np.asarray(values)
        at = [c.threshold for c in self.measured.columns if c.score == score]
        msg = f"score must be one of {entry!r}, got {score!r} at {threshold}"
        if entry in self.measured.entries and at:
            msg += f"; there is threshold {', '.join(map(str, at))}"
        raise ValueError(msg)

    def _repr_html_(self) -> str:
        return _draw_summary(self.results)


@one_thread()
def score(  # noqa: PLR0913  keywords of a public call
    sources: Mapping[str, Any],
    masks: Any,
    strata: pd.DataFrame | None = None,
    options: ScoreOptions | None = None,
    executor: Executor | None = None,
    progress: Callable[[int], None] | None = None,
    spill: Path | None = None,
    reopen: Callable[[], Any] | None = None,
    keep: Path | None = None,
    warn: Callable[[str], None] = warnings.warn,
) -> Scores:
    """Score maps against masks and compare the methods.

    Parameters
    ----------
    sources
        Per entry a :class:`~metrics.sources.source.MapSource`, a path, or an array
        (n, h, w) or (n, d, h, w) whose images are those of the masks; the key names the
        method of a path or an array.
    masks
        A :class:`~metrics.sources.source.MaskSource`, a path, paths of several raters,
        a :class:`~metrics.counting.truth.Truth`, or an array (n, h, w) or (n, d, h, w),
        not 0 on lesion.
    strata
        One row per image_id (column or index); ``subject``, ``lesion`` and
        ``correct`` are understood, other columns are carried along.
    options
        Choices of the analysis.
    executor
        Scores shards of images; None scores them here. No number depends on it.
    progress
        Called with the number of images just finished.
    spill
        Folder on whose disk large arrays are kept, so that memory does not grow with
        the number of images; None keeps them in memory.
    reopen
        Returns the same sources and masks where the executor's workers do not share
        this memory; None if they do, as threads.
    keep
        Folder for what is found of each shard of images, which is taken again by the
        next call if maps and masks are the same; None keeps nothing.
    warn
        Called before scoring with each sentence on maps that look wrong.

    Returns
    -------
    Scores
        A map that is not finite is a row ``nonfinite``; a mask without a map, if
        ``options.missing`` lets it pass, a row ``missing``.

    Raises
    ------
    ValueError
        If ids do not match, shapes differ or an entry is not unique.

    Examples
    --------
    >>> masks = np.zeros((6, 4, 5), bool)
    >>> masks[:, 1:3, 2:4] = True
    >>> score({"mine": masks.astype(float)}, masks).values_of("mine", "auroc")
    array([1., 1., 1., 1., 1., 1.])
    """
    if not sources:
        msg = "sources must hold at least one method's maps, got none"
        raise ValueError(msg)
    options = ScoreOptions() if options is None else options
    truth = as_masks(masks)
    maps = [as_maps(name, source, truth) for name, source in sources.items()]
    entries = name_entries([source.names for source in maps])
    named = {entry["name"]: m for entry, m in zip(entries, maps, strict=True)}
    matches = [match(name, m.ids, truth.ids) for name, m in named.items()]
    for found in matches:
        found.check(options.missing, options.extra)
    notices = [
        notice.text
        for found in matches
        for notice in compare_geometry(
            found.name, named[found.name], truth, found.matched
        )
    ]
    frame = align(strata, tuple(truth.ids))
    resolve_reference(options, tuple(named))  # fails before the long work
    places = {name: round(value * 100) for name, value in options.tuned.items()}
    lost = [name for name in named if places and name not in places]
    if lost:
        msg = (
            f"tuned must hold a threshold of every entry, got none of {lost[0]!r}; "
            "tune it too or leave its maps out"
        )
        raise ValueError(msg)
    plan = Plan(
        options.choose(),
        options.thresholds,
        places,
        executor,
        reopen,
        keep,
        spill,
        options.froc,
    )
    doubts = check(named, truth) if options.checks else ()
    for doubt in doubts:
        if doubt.warns:
            warn(doubt.alert)
    measured = measure(named, truth, plan, progress)
    again = None
    if options.normalizations:
        again = rescore(
            named,
            truth,
            choose_normalizations(options.normalizations),
            Plan(list_rescored(options), options.thresholds, spill=spill),
        )
    share = measured.lesion / (measured.lesion + measured.healthy)
    groups = stratify(frame, measured.lesion, share)
    analysis = Analysis(
        measured, groups, entries, options, matches, notices, doubts, again
    )
    results = assemble(analysis)
    return Scores(measured, frame, entries, results)


def with_evidence(scores: Scores, evidence: Mapping[str, Any]) -> Scores:
    """Return the same scores with other evidence."""
    return replace(scores, evidence=dict(evidence))


def _draw_summary(results: Mapping[str, Any]) -> str:
    """Draw mean scores of images with a lesion as an HTML table."""
    rows = [row for row in results["summary"] if row["stratum"] == "all"]
    heads = list(dict.fromkeys((row["score"], row["threshold"]) for row in rows))
    means = {(r["name"], r["score"], r["threshold"]): r["mean"] for r in rows}
    titles = ["method"]
    for score, threshold in heads:
        at = "" if threshold is None else f" at {threshold:g}"
        titles.append(SCORES[score].label + at)
    head = "".join(f'<th scope="col">{escape(title)}</th>' for title in titles)
    body = ""
    for entry in results["entries"]:
        cells = [means[entry["name"], *key] for key in heads]
        shown = "".join(f"<td>{'' if v is None else f'{v:.3f}'}</td>" for v in cells)
        body += f'<tr><th scope="row">{escape(entry["label"])}</th>{shown}</tr>'
    images = results["images"]
    caption = (
        f"Means over {images['with_lesion']} images with a lesion "
        f"({images['total']} images, {images['subjects']} subjects)"
    )
    return (
        f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )
