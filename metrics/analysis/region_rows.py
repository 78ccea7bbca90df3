"""What every entry has in every region, averaged, with intervals."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from metrics.analysis.regions import Shares
from metrics.statistics.intervals import average


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
        What :func:`metrics.analysis.regions.share` returns.
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
