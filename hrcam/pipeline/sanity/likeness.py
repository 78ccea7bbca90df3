"""How alike maps are before and after, against pairs of maps of different images."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float, Int

from hrcam.maps import Explained
from metrics.likeness.pairs import compare_maps
from metrics.statistics.intervals import average

#: Other images that each image's map is paired with for the reference.
PARTNERS = 3
LEVEL = 0.95

Maps = Mapping[str, Float[np.ndarray, "n h w"]]


@dataclass(frozen=True)
class Place:
    """Which comparison: the check, what was kept of it, and the step of a cascade."""

    check: str
    variant: str = ""
    step: str = ""
    depth: int = 0


@dataclass(frozen=True)
class Findings:
    """What checks have found so far: summaries, and rows image by image."""

    comparisons: list[dict[str, Any]] = field(default_factory=list)
    rows: list[pd.DataFrame] = field(default_factory=list)


@dataclass(frozen=True)
class Reference:
    """The maps of the model in question, and how alike those of different images are.

    Parameters
    ----------
    maps
        By entry.
    ids, subjects
        The images, and the number of each one's subject.
    pairs
        By entry and measure: each image's mean likeness to its partners, (n,).
    """

    maps: Maps
    ids: tuple[str, ...]
    subjects: Int[np.ndarray, " n"]
    pairs: Mapping[str, Mapping[str, Float[np.ndarray, " n"]]]


def arrays(explained: Explained, ids: Sequence[str]) -> Maps:
    """Read the finished maps of every entry."""
    return {name: source.read(ids) for name, source in explained.items()}


def refer(
    maps: Maps, ids: Sequence[str], subjects: Int[np.ndarray, " n"], seed: int
) -> Reference:
    """Measure how alike the maps of different images are.

    Partners come from a seeded order of the images, so that each image is paired with
    the next ones of that order.
    """
    count = len(ids)
    order = np.random.default_rng([seed, 3]).permutation(count)
    pairs = {}
    for name, own in maps.items():
        found = []
        for step in range(1, min(PARTNERS, count - 1) + 1):
            partner = np.empty(count, dtype=np.int64)
            partner[order] = np.roll(order, -step)
            found.append(compare_maps(own, own[partner]).values)
        pairs[name] = {k: _mean([f[k] for f in found]) for k in found[0]}
    return Reference(maps, tuple(ids), subjects, pairs)


def compare(reference: Reference, maps: Maps, place: Place, findings: Findings) -> None:
    """Add how alike some entries' maps are to the reference's, image by image."""
    for name, other in maps.items():
        found = compare_maps(reference.maps[name], other)
        for measure, values in found.values.items():
            near = reference.pairs[name][measure]
            findings.comparisons.append(
                {
                    **vars(place),
                    "entry": name,
                    "measure": measure,
                    **summary(values, reference.subjects),
                    **_against(values - near, reference.subjects),
                }
            )
            findings.rows.append(
                pd.DataFrame(
                    {
                        **vars(place),
                        "entry": name,
                        "image_id": reference.ids,
                        "measure": measure,
                        "value": values,
                        "status": found.status,
                    }
                )
            )


def summary(
    values: Float[np.ndarray, " n"], subjects: Int[np.ndarray, " n"]
) -> dict[str, Any]:
    """Return mean, interval, number of defined values and of undefined ones."""
    known = np.isfinite(values)
    mean = average(values[known], subjects[known])
    low, high = mean.interval(LEVEL)
    return {
        "mean": mean.estimate,
        "low": low,
        "high": high,
        "n": mean.count,
        "undefined": int((~known).sum()),
    }


def _against(
    differences: Float[np.ndarray, " n"], subjects: Int[np.ndarray, " n"]
) -> dict[str, Any]:
    """Judge whether maps are more alike than those of different images.

    ``undefined`` where every map is constant or not finite, on either side.
    """
    found = summary(differences, subjects)
    low, high = found["low"], found["high"]
    if not found["n"]:
        verdict = "undefined"
    elif not np.isfinite(low):
        verdict = "too few images"
    elif low > 0:
        verdict = "more alike"
    else:
        verdict = "less alike" if high < 0 else "no more alike"
    return {
        "difference": found["mean"],
        "difference_low": low,
        "difference_high": high,
        "verdict": verdict,
    }


def _mean(rows: Sequence[Float[np.ndarray, " n"]]) -> Float[np.ndarray, " n"]:
    """Average over partners, leaving out undefined values; NaN if there are none."""
    table = np.stack(rows)
    known = np.isfinite(table)
    count = known.sum(axis=0)
    total = np.where(known, table, 0.0).sum(axis=0)
    mean = np.full(table.shape[1], np.nan)
    return np.divide(total, count, out=mean, where=count > 0)
