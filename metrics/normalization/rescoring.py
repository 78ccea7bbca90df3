"""Score every map under every normalization, batch by batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from metrics.counting.thresholds import count
from metrics.counting.truth import Truth
from metrics.measured import Column, Plan
from metrics.normalization.table import Limits, Maps, Normalization
from metrics.scores.evaluation import evaluate
from metrics.scores.score import Compared
from metrics.sources.intake import read_masks, read_present
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
    plan: Plan,
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
    plan
        Scores, thresholds, and where large arrays are kept.
    """
    ids = tuple(masks.ids)
    shape = len(normalizations), len(sources), len(plan.columns), len(ids)
    values = allocate(shape, np.dtype(np.float64), plan.spill)
    have = {name: frozenset(source.ids) for name, source in sources.items()}
    limits = _find_limits(sources, masks, have)
    start = 0
    for batch, truth in read_masks(masks, ids):
        rows = slice(start, start + len(batch))
        for m, (name, source) in enumerate(sources.items()):
            maps = _read(name, source, have[name], batch, truth)
            for k, normalization in enumerate(normalizations):
                found = normalization.apply(maps, limits[name])
                compared = Compared(found, truth, count(found, truth), plan.thresholds)
                parts = [evaluate(score, compared).values for score in plan.scores]
                values[k, m, :, rows] = np.concatenate(parts)
        start += len(batch)
    names = tuple(entry.name for entry in normalizations)
    return Rescored(names, tuple(sources), plan.columns, values)


def _find_limits(
    sources: Mapping[str, MapSource],
    masks: MaskSource,
    have: Mapping[str, frozenset[str]],
) -> dict[str, Limits]:
    """Find the least and greatest value of each method's finite maps."""
    limits = dict.fromkeys(sources, (np.inf, -np.inf))
    for batch, truth in read_masks(masks, tuple(masks.ids)):
        for name, source in sources.items():
            maps = _read(name, source, have[name], batch, truth)
            finite = ~np.isnan(maps.reshape(len(maps), -1)[:, 0])
            if finite.any():
                low, high = limits[name]
                low, high = min(low, maps[finite].min()), max(high, maps[finite].max())
                limits[name] = float(low), float(high)
    return limits


def _read(
    name: str,
    source: MapSource,
    have: frozenset[str],
    batch: Sequence[str],
    truth: Truth,
) -> Maps:
    """Read maps; those that are missing or not finite are NaN everywhere."""
    maps = read_present(name, source, have, batch, truth.size)[0]
    lost = ~np.isfinite(maps.reshape(len(maps), -1)).all(axis=1)
    if lost.any():
        maps = maps.copy()  # it may be the source's own
        maps[lost] = np.nan
    return maps
