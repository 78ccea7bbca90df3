"""Scores of all pixels and of all lesions of a stratum at once, with intervals."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from metrics.analysis.options import ScoreOptions
from metrics.analysis.strata import WITHOUT, Strata
from metrics.counting.statuses import LOST
from metrics.measured import Measured
from metrics.pooled.adding import add_lost, resample_pools
from metrics.pooled.froc import RATES, Candidates, choose, froc, read_off
from metrics.pooled.pixels import CURVES, POOLED, unstack
from metrics.statistics.draws import Draws
from metrics.statistics.intervals import FEWEST
from metrics.statistics.rows import BYTES

EVERY = "every_image"
"""Stratum of all images, those without a lesion too."""

GRID = tuple(k / 4 for k in range(33))
"""False parts per image at which a FROC curve is written down."""

_BLOCK = 250

Samples = dict[tuple[str, float | None], Float[np.ndarray, " b"]]
"""A value and its resamples by score and threshold."""


def pool_pixels(
    measured: Measured, strata: Strata, options: ScoreOptions, reference: str
) -> list[dict[str, Any]]:
    """Score the pixels of each stratum in one pool.

    Returns
    -------
    list of dict
        Rows of ``pooled`` in ``results.json``. The interval is that of percentiles of
        resampled subjects; ``worst`` counts lost maps as worst instead of leaving them
        out; ``difference`` is the reference less this entry, in the same resamples.
    """
    rows = []
    for stratum, members in _members(strata).items():
        groups = np.unique(strata.subjects[members], return_inverse=True)[1]
        draws = _draw(groups, options, f"pooled {stratum}", measured.spill)
        clusters = draws.clusters
        pools = resample_pools(measured.sweeps[reference], members, groups, draws)
        first = _score(pools, options)
        for name, sweep in measured.sweeps.items():
            if name != reference:
                pools = resample_pools(sweep, members, groups, draws)
            found = _score(pools, options)
            lost = members & np.isin(sweep.status, LOST)
            worst = _score(add_lost(pools[:1], sweep, lost), options)
            rows += [
                {
                    "name": name,
                    "score": key[0],
                    "threshold": key[1],
                    "stratum": stratum,
                    "images": int(members.sum() - lost.sum()),
                    "lost": int(lost.sum()),
                    **_bound("value", values, clusters, options.level),
                    "worst": worst[key][0],
                    **_bound(
                        "difference", first[key] - values, clusters, options.level
                    ),
                }
                for key, values in found.items()
                if np.isfinite(worst[key][0])
            ]
    return rows


def pool_lesions(
    measured: Measured, strata: Strata, options: ScoreOptions, reference: str
) -> list[dict[str, Any]]:
    """Trace lesions found against false parts per image, in each stratum.

    Returns
    -------
    list of dict
        Rows of ``froc`` in ``results.json``, as :func:`pool_pixels`; the value is the
        mean sensitivity at :data:`~metrics.pooled.froc.RATES`. Empty unless candidates
        were kept.
    """
    rows = []
    for stratum, members in _members(strata).items():
        groups = np.unique(strata.subjects[members], return_inverse=True)[1]
        draws = _draw(groups, options, f"froc {stratum}", measured.spill)
        clusters = draws.clusters
        parts = {
            name: choose(every, members) for name, every in measured.candidates.items()
        }
        if not parts or not parts[reference].lesions.any():
            continue
        first = _trace(parts[reference], groups, draws)
        for name, part in parts.items():
            values = _trace(part, groups, draws)
            rows.append(
                {
                    "name": name,
                    "stratum": stratum,
                    **_describe(part),
                    **_bound("value", values, clusters, options.level),
                    **_bound("difference", first - values, clusters, options.level),
                }
            )
    return rows


def _describe(candidates: Candidates) -> Mapping[str, Any]:
    """Describe a curve; ``worst`` takes a lost map as one that finds nothing."""
    curve = froc(candidates)
    all_images = replace(candidates, lost=np.zeros_like(candidates.lost))
    return {
        "images": curve.images,
        "lost": curve.lost,
        "lesions": int(candidates.lesions[~candidates.lost].sum()),
        "rates": RATES,
        "sensitivity": curve.at_rates,
        "grid": GRID,
        "curve": froc(candidates, GRID).at_rates,
        "worst": froc(all_images).mean,
    }


def _members(strata: Strata) -> dict[str, Bool[np.ndarray, " n"]]:
    """Return the strata that have images, and all images where some lack a lesion."""
    members = dict(strata.members)
    if WITHOUT in members:
        members[EVERY] = np.ones(len(strata.subjects), bool)
    return {name: rows for name, rows in members.items() if rows.any()}


def _draw(
    groups: Int[np.ndarray, " n"], options: ScoreOptions, name: str, spill: Path | None
) -> Draws:
    clusters = int(groups.max()) + 1
    return Draws(clusters, options.resamples, options.seed, name, spill=spill)


def _list_weights(draws: Draws, images: int) -> Iterator[Float[np.ndarray, "b g"]]:
    """Yield weights of clusters, block by block; the first row takes each once."""
    yield np.ones((1, draws.clusters))
    step = min(_BLOCK, max(BYTES // (8 * images), 1))
    for begin in range(0, draws.resamples, step):
        yield draws.weights(begin, min(begin + step, draws.resamples))


def _trace(
    candidates: Candidates, groups: Int[np.ndarray, " r"], draws: Draws
) -> Float[np.ndarray, " b"]:
    """Return the mean sensitivity of all resamples."""
    return np.concatenate(
        [
            read_off(candidates, RATES, weights[:, groups]).mean(axis=1)
            for weights in _list_weights(draws, len(groups))
        ]
    )


def _score(sums: Float[np.ndarray, "b c"], options: ScoreOptions) -> Samples:
    """Compute every pooled score of pools."""
    pool = unstack(sums)
    result: Samples = {}
    for name, compute in POOLED.items():
        if name in CURVES:
            result[name, None] = compute(pool)[:, 0]
            continue
        places = [round(threshold * 100) for threshold in options.thresholds]
        values = compute(pool.at(places))
        for threshold, column in zip(options.thresholds, values.T, strict=True):
            result[name, threshold] = column
    return result


def _bound(
    name: str, values: Float[np.ndarray, " b"], clusters: int, level: float
) -> dict[str, Any]:
    """Name the first value and the percentile interval of the rest.

    No interval with fewer than five clusters.
    """
    rest = values[1:][np.isfinite(values[1:])]
    ends = (1 - level) / 2, (1 + level) / 2
    known = clusters >= FEWEST and len(rest) and np.isfinite(values[0])
    low, high = np.quantile(rest, ends) if known else (np.nan, np.nan)
    prefix = "" if name == "value" else f"{name}_"
    return {name: values[0], f"{prefix}low": low, f"{prefix}high": high}
