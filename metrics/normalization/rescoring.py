"""Score every map under every normalization, batch by batch."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from metrics.counting.thresholds import count
from metrics.counting.truth import Truth
from metrics.measured import Column
from metrics.normalization.table import Limits, Maps, Normalization
from metrics.scores.evaluation import evaluate
from metrics.scores.score import Compared, Score
from metrics.sources.intake import read_maps, read_masks
from metrics.sources.source import MapSource, MaskSource
from metrics.storage.allocation import allocate


@dataclass(frozen=True)
class Rescored:
    """Scores under every normalization.

    Attributes
    ----------
    normalizations, entries, columns
        What the first axes of the values stand for.
    values
        NaN where undefined, (k, m, c, n).
    """

    normalizations: tuple[str, ...]
    entries: tuple[str, ...]
    columns: tuple[Column, ...]
    values: Float[np.ndarray, "k m c n"]


def rescore(
    sources: Mapping[str, MapSource],
    masks: MaskSource,
    normalizations: tuple[Normalization, ...],
    scores: tuple[Score, ...],
    thresholds: tuple[float, ...],
    spill: Path | None = None,
) -> Rescored:
    """Score maps under several normalizations.

    Every map is read twice: the limits of a method's maps come first. Images without a
    map, and maps with NaN or infinity, have no value.

    Parameters
    ----------
    sources, masks
        As of :func:`metrics.measurement.measure`.
    normalizations
        Of :func:`~metrics.normalization.table.choose_normalizations`.
    scores, thresholds
        What is computed.
    spill
        Folder for large arrays; None for memory.
    """
    columns = tuple(
        Column(score.name, threshold)
        for score in scores
        for threshold in (thresholds if score.at_thresholds else (None,))
    )
    ids = tuple(masks.ids)
    shape = len(normalizations), len(sources), len(columns), len(ids)
    values = allocate(shape, np.dtype(np.float64), spill)
    limits = _find_limits(sources, masks)
    start = 0
    for batch, truth in read_masks(masks, ids):
        rows = slice(start, start + len(batch))
        for m, (name, source) in enumerate(sources.items()):
            maps = _read(name, source, tuple(batch), truth)
            for k, normalization in enumerate(normalizations):
                found = normalization.apply(maps, limits[name])
                compared = Compared(found, truth, count(found, truth), thresholds)
                parts = [evaluate(score, compared).values for score in scores]
                values[k, m, :, rows] = np.concatenate(parts)
        start += len(batch)
    names = tuple(entry.name for entry in normalizations)
    return Rescored(names, tuple(sources), columns, values)


def _find_limits(
    sources: Mapping[str, MapSource], masks: MaskSource
) -> dict[str, Limits]:
    """Find the least and greatest value of each method's finite maps."""
    limits = dict.fromkeys(sources, (np.inf, -np.inf))
    for batch, truth in read_masks(masks, tuple(masks.ids)):
        for name, source in sources.items():
            maps = _read(name, source, tuple(batch), truth)
            finite = ~np.isnan(maps.reshape(len(maps), -1)[:, 0])
            if finite.any():
                low, high = limits[name]
                low, high = min(low, maps[finite].min()), max(high, maps[finite].max())
                limits[name] = float(low), float(high)
    return limits


def _read(name: str, source: MapSource, batch: tuple[str, ...], truth: Truth) -> Maps:
    """Read maps; those that are missing or not finite are NaN everywhere."""
    have = frozenset(source.ids)
    present = np.array([key in have for key in batch])
    maps = np.full(truth.lesion.shape, np.nan)
    if present.any():
        wanted = [key for key in batch if key in have]
        maps[present] = read_maps(name, source, wanted, truth.size)
    maps[~np.isfinite(maps.reshape(len(maps), -1)).all(axis=1)] = np.nan
    return maps
