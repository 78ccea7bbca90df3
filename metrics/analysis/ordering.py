"""All pairs of entries, and their order with what is sure of it."""

from collections.abc import Collection
from typing import Any

import numpy as np

from metrics.analysis.options import ScoreOptions
from metrics.analysis.primary import Primary, list_primary
from metrics.analysis.strata import Strata
from metrics.measured import Measured
from metrics.statistics.draws import Draws
from metrics.statistics.pairs import compare_pairs
from metrics.statistics.ranking import agree, rank_methods
from metrics.statistics.schemes import rank_by_schemes


def compare_all_pairs(
    measured: Measured,
    strata: Strata,
    options: ScoreOptions,
    ceilings: Collection[str] = (),
) -> list[dict[str, Any]]:
    """Compare every pair of entries by the primary score, in each stratum.

    Ceilings are left out: they see the mask.

    Returns
    -------
    list of dict
        Rows of ``pairs`` in ``results.json``; p is adjusted over all pairs of a stratum
        by max-T and by Holm, so that it depends on which entries there are.
    """
    rows: list[dict[str, Any]] = []
    for part in list_primary(measured, strata, options, ceilings):
        if len(part.names) < 2:
            continue
        found = compare_pairs(
            part.values[:, :, None], part.groups, _draw(part, options), options.level
        )
        rows += [
            {
                "first": part.names[first],
                "second": part.names[second],
                "score": options.primary,
                "stratum": part.stratum,
                "n": int(found.count[pair, 0]),
                "clusters": int(found.clusters[pair, 0]),
                "difference": found.difference[pair, 0],
                "low": found.low[pair, 0],
                "high": found.high[pair, 0],
                "win_rate": found.win_rate[pair, 0],
                "p": found.p_value[pair, 0],
                "p_adjusted": found.p_adjusted[pair, 0],
                "p_holm": found.p_holm[pair, 0],
            }
            for pair, (first, second) in enumerate(
                zip(found.first, found.second, strict=True)
            )
        ]
    return rows


def rank_entries(
    measured: Measured,
    strata: Strata,
    options: ScoreOptions,
    ceilings: Collection[str] = (),
) -> list[dict[str, Any]]:
    """Rank the entries by the primary score, in each stratum.

    Ceilings are left out: they see the mask.

    Returns
    -------
    list of dict
        Rows of ``ranks`` in ``results.json``, one for a stratum. ``low`` and ``high``
        bound each entry's rank for all entries at once; ``first`` is how often a
        resample puts it first; ``schemes`` its rank by other ways to aggregate, whose
        agreement with the means is Kendall's tau-b.
    """
    rows = []
    for part in list_primary(measured, strata, options, ceilings):
        if not part.names:
            continue
        signed = part.values
        signed *= part.sign
        draws = _draw(part, options)
        found = rank_methods(signed, part.groups, draws, options.level)
        schemes = rank_by_schemes(signed)
        known = found.agreement[np.isfinite(found.agreement)]
        rows.append(
            {
                "score": options.primary,
                "stratum": part.stratum,
                "n": found.count,
                "clusters": found.clusters,
                "agreement": float(known.mean()) if len(known) else np.nan,
                "schemes": {
                    name: agree(found.rank, ranks[None])[0]
                    for name, ranks in schemes.items()
                },
                "entries": [
                    {
                        "name": name,
                        "mean": part.sign * found.mean[place],
                        "rank": found.rank[place] if found.count else np.nan,
                        "low": found.low[place],
                        "high": found.high[place],
                        "first": found.first[place],
                        "schemes": {n: ranks[place] for n, ranks in schemes.items()},
                    }
                    for place, name in enumerate(part.names)
                ],
            }
        )
    return rows


def _draw(part: Primary, options: ScoreOptions) -> Draws:
    name = f"order {part.stratum}"
    return Draws(part.clusters, options.resamples, options.seed, name, spill=part.spill)
