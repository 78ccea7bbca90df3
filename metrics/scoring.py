"""Score any method's maps: the one call that the other modules serve."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from html import escape
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from metrics.analysis.options import ScoreOptions, resolve_reference
from metrics.analysis.results import Analysis, assemble
from metrics.analysis.strata import align, stratify
from metrics.counting.thresholds import Sweep
from metrics.measurement import Measured, measure
from metrics.scores.table import SCORES
from metrics.sources.entries import KEYS, name_entries
from metrics.sources.source import as_maps, as_masks


@dataclass(frozen=True, eq=False)
class Scores:
    """Scores of every entry on every image, and what follows from them.

    Attributes
    ----------
    table
        Long: image_id, what tells entries apart, score, threshold, value, status,
        subject and the given strata.
    counts
        Counts of each entry at all thresholds.
    ids
        Images in the order of the counts.
    entries
        Names of each entry.
    results
        Content of ``results.json``.
    evidence
        What else a report shows, by name; filled by who knows data and model.
    """

    table: pd.DataFrame
    counts: Mapping[str, Sweep]
    ids: tuple[str, ...]
    entries: tuple[Mapping[str, str], ...]
    results: Mapping[str, Any]
    evidence: Mapping[str, Any] = field(default_factory=dict)

    def values_of(
        self, entry: str, score: str, threshold: float | None = None
    ) -> Float[np.ndarray, " n"]:
        """Values of one entry's score in the order of ``ids``.

        Raises
        ------
        ValueError
            If there is no such entry, score or threshold.
        """
        names = next((e for e in self.entries if e["name"] == entry), None)
        if names is not None:
            rows = self.table["score"] == score
            for key in KEYS:
                rows &= self.table[key] == names[key]
            at = self.table["threshold"]
            rows &= at.isna() if threshold is None else at == threshold
            if rows.any():
                return self.table.loc[rows, "value"].to_numpy(dtype=np.float64)
        msg = (
            f"score must have been computed, got {score!r} at {threshold} of {entry!r}"
        )
        raise ValueError(msg)

    def _repr_html_(self) -> str:
        return _draw_summary(self.results)


def score(
    sources: Mapping[str, Any],
    masks: Any,
    strata: pd.DataFrame | None = None,
    options: ScoreOptions | None = None,
    workers: int = 1,
    progress: Callable[[int], None] | None = None,
) -> Scores:
    """Score maps against masks and compare the methods.

    Parameters
    ----------
    sources
        Per entry a :class:`~metrics.sources.source.MapSource`, or an array (n, h, w)
        whose images are those of the masks; the key names the method of an array.
    masks
        A :class:`~metrics.sources.source.MaskSource` or an array (n, h, w), not 0 on
        lesion.
    strata
        One row per image_id (column or index); ``subject``, ``lesion`` and
        ``correct`` are understood, other columns are carried along.
    options
        Choices of the analysis.
    workers
        Threads that share the entries.
    progress
        Called with the number of images just finished.

    Returns
    -------
    Scores
        A mask without a map is a row ``missing``; a map that is not finite is a row
        ``nonfinite``.

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
    if workers < 1:
        msg = f"workers must be at least 1, got {workers}"
        raise ValueError(msg)
    options = ScoreOptions() if options is None else options
    truth = as_masks(masks)
    maps = [as_maps(name, source, truth) for name, source in sources.items()]
    entries = name_entries([source.names for source in maps])
    frame = align(strata, tuple(truth.ids))
    named = {entry["name"]: m for entry, m in zip(entries, maps, strict=True)}
    resolve_reference(options, tuple(named))  # fails before the long work
    measured = measure(named, truth, options.thresholds, workers, progress)
    groups = stratify(frame, measured.lesion)
    results = assemble(Analysis(measured, groups, entries, options))
    table = _lengthen(measured, entries, frame)
    return Scores(table, measured.sweeps, measured.ids, entries, results)


def with_evidence(scores: Scores, evidence: Mapping[str, Any]) -> Scores:
    """Return the same scores with other evidence."""
    return replace(scores, evidence=dict(evidence))


def _lengthen(
    measured: Measured, entries: tuple[Mapping[str, str], ...], frame: pd.DataFrame
) -> pd.DataFrame:
    """Make the long table, one row per entry, score, threshold and image."""
    m, c, n = measured.values.shape
    columns: dict[str, Any] = {"image_id": np.tile(np.array(measured.ids), m * c)}
    for key in KEYS:
        columns[key] = np.repeat([entry[key] for entry in entries], c * n)
    names = [column.score for column in measured.columns]
    levels = [np.nan if k.threshold is None else k.threshold for k in measured.columns]
    columns["score"] = np.tile(np.repeat(names, n), m)
    columns["threshold"] = np.tile(np.repeat(levels, n), m)
    columns["value"] = measured.values.ravel()
    columns["status"] = measured.statuses.ravel()
    for name in frame.columns:
        columns[name] = pd.concat([frame[name]] * (m * c), ignore_index=True)
    return pd.DataFrame(columns)


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
