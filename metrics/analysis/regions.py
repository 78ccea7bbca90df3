"""How much of a map lies on regions that are no lesion: letters, rulers, hair.

The share of a map's positive part that lies in a region is held against the region's
share of the image, which is what a constant map has there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from metrics.sources.intake import read_masks, read_present
from metrics.sources.source import MapSource, MaskSource
from metrics.statistics.intervals import average


@dataclass(frozen=True)
class Shares:
    """What part of every map lies in every region.

    Attributes
    ----------
    entries, ids
        What the first and the last axis stand for.
    values
        Share of the map's positive part, NaN where the image does not have the region,
        or the map has no positive value or is not finite, (m, r, n).
    areas
        The region's share of the image, 0 where the image does not have it, (r, n).
    """

    entries: tuple[str, ...]
    ids: tuple[str, ...]
    values: Float[np.ndarray, "m r n"]
    areas: Float[np.ndarray, "r n"]


def share(sources: Mapping[str, MapSource], regions: MaskSource, count: int) -> Shares:
    """Add up every map's positive part in numbered regions.

    Parameters
    ----------
    sources
        Maps by entry name.
    regions
        A source whose truths are numbered: 1 is the first region, ``count`` the last,
        of all images alike.
    count
        How many regions there are.
    """
    ids = tuple(regions.ids)
    have = {name: frozenset(source.ids) for name, source in sources.items()}
    values = np.full((len(sources), count, len(ids)), np.nan)
    areas = np.zeros((count, len(ids)))
    start = 0
    for batch, truth in read_masks(regions, ids):
        numbers = truth.lesions.reshape(len(batch), -1)
        rows = slice(start, start + len(batch))
        areas[:, rows] = _add_up(np.ones(numbers.shape), numbers, count)
        for place, (name, source) in enumerate(sources.items()):
            maps, _ = read_present(name, source, have[name], batch, truth.size)
            found = _add_up(maps.reshape(len(batch), -1), numbers, count)
            values[place, :, rows] = np.where(areas[:, rows] > 0, found, np.nan)
        start += len(batch)
    return Shares(tuple(sources), ids, values, areas)


def _add_up(
    maps: Float[np.ndarray, "n p"], numbers: Int[np.ndarray, "n p"], count: int
) -> Float[np.ndarray, "r n"]:
    """Return the share of each map's positive part that lies in each region."""
    shares = np.full((count, len(maps)), np.nan)
    for row, (values, own) in enumerate(zip(maps, numbers, strict=True)):
        largest = values.max()
        if np.isfinite(values).all() and largest > 0:
            positive = np.maximum(values, 0).astype(np.float64) / largest
            sums = np.bincount(own, positive, minlength=count + 1)
            shares[:, row] = sums[1:] / sums.sum()
    return shares


def compare_shares(
    shares: Shares,
    names: Sequence[str],
    subjects: Int[np.ndarray, " n"],
    reference: str,
    level: float = 0.95,
) -> list[dict[str, Any]]:
    """Average the shares of every entry in every region, with intervals.

    Parameters
    ----------
    shares
        What :func:`share` returns.
    names
        Of the regions, in their order.
    subjects
        Number of each image's subject.
    reference
        Entry that the others are compared with.
    level
        Coverage of the intervals.

    Returns
    -------
    rows
        Of each region and entry: ``region``, ``name``; ``images`` that have the region
        and a map that can be shared out, ``lost`` those whose map cannot; ``share``,
        ``area`` (chance) and ``lift``, the ratio of their means, ``difference``, the
        reference's share minus this one on the images of both; each with its interval
        (``…_low``, ``…_high``), but the area, which is known.

    Notes
    -----
    Intervals are cluster-robust and for each row alone; the lift's is that of a ratio
    of means, by linearization (Cochran, *Sampling Techniques*, 1977, section 6.4).
    """
    first = shares.values[shares.entries.index(reference)]
    return [
        {
            "region": region,
            "name": name,
            **_describe(own[k], shares.areas[k], subjects, level),
            **_named("difference", first[k] - own[k], subjects, level, (-1.0, 1.0)),
        }
        for k, region in enumerate(names)
        for name, own in zip(shares.entries, shares.values, strict=True)
    ]


def _describe(
    values: Float[np.ndarray, " n"],
    areas: Float[np.ndarray, " n"],
    subjects: Int[np.ndarray, " n"],
    level: float,
) -> dict[str, Any]:
    """Describe one entry in one region."""
    known = np.isfinite(values)
    area = float(areas[known].mean()) if known.any() else np.nan
    lift = float(values[known].mean()) / area if known.any() else np.nan
    spread = average(values[known] - lift * areas[known], subjects[known])
    low, high = (lift + end / area for end in spread.interval(level))
    return {
        "images": int(known.sum()),
        "lost": int((areas > 0).sum() - known.sum()),
        **_named("share", values, subjects, level, (0.0, 1.0)),
        "area": area,
        "lift": lift,
        "lift_low": float(np.maximum(low, 0.0)),
        "lift_high": float(high),
    }


def _named(
    name: str,
    values: Float[np.ndarray, " n"],
    subjects: Int[np.ndarray, " n"],
    level: float,
    span: tuple[float, float],
) -> dict[str, float]:
    """Average the defined values; the interval is cut to the span."""
    known = np.isfinite(values)
    mean = average(values[known], subjects[known])
    low, high = np.clip(mean.interval(level), *span).tolist()
    return {name: mean.estimate, f"{name}_low": low, f"{name}_high": high}
