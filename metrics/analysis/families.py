"""Compare the reference with every other entry and correct for their number."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from metrics.analysis.options import ScoreOptions
from metrics.analysis.strata import WITHOUT, Strata
from metrics.measured import Column, Measured
from metrics.scores.table import SCORES
from metrics.statistics.bootstrap import resample_means
from metrics.statistics.comparison import contrast, subtract
from metrics.statistics.draws import Draws
from metrics.statistics.effects import Effects, measure_effects
from metrics.statistics.multiplicity import adjust_by_holm, adjust_by_maximum
from metrics.statistics.rows import Rows
from metrics.storage.allocation import release


def compare_stratum(
    measured: Measured,
    strata: Strata,
    stratum: str,
    options: ScoreOptions,
    reference: str,
) -> list[dict[str, Any]]:
    """Compare the reference with all others in one stratum.

    Within the stratum, one family holds the comparisons of sensitivity and specificity
    with every entry at all thresholds, and every other score is a family of its own, so
    that more scores change no p value; they are adjusted within a family by the joint
    bootstrap. Scores in the map's own unit are not compared. The margin is one of
    scores between 0 and 1: others are never called equivalent.

    An entry that was also read in another alignment is compared in both: ``survives``
    tells whether the verdict is the same, None where there is one alignment only.

    Returns
    -------
    list of dict
        Rows of ``differences`` in ``results.json``.
    """
    twins = find_twins(measured.entries)
    rows = strata.members[stratum]
    groups = np.unique(strata.subjects[rows], return_inverse=True)[1]
    first = measured.entries.index(reference)
    places = [
        place
        for place in columns_in(strata, stratum, measured.columns, options.primary)
        if not SCORES[measured.columns[place].score].own_unit
    ]
    result = []
    others = [
        measured.entries.index(n) for n in list_others(measured.entries, reference)
    ]
    for other in others:
        name = measured.entries[other]
        for place in places:
            column = measured.columns[place]
            margin = margin_of(column, options.margin)
            a, b = (measured.values_of(m, place)[rows] for m in (first, other))
            found = contrast(a, b, groups, margin, options.level)
            result.append(
                {
                    "reference": reference,
                    "other": name,
                    "score": column.score,
                    "threshold": column.threshold,
                    "stratum": stratum,
                    "n": found.count,
                    "clusters": found.clusters,
                    "difference": found.difference,
                    "low": found.low,
                    "high": found.high,
                    "low90": found.low90,
                    "high90": found.high90,
                    "win_rate": found.win_rate,
                    **_name_effects(measure_effects(a, b, groups, options.level)),
                    "p": found.p_value,
                    "p_adjusted": np.nan,
                    "p_holm": np.nan,
                    "verdict": found.verdict,
                    "reason": found.reason,
                    "survives": None,
                }
            )
            if reference in twins or name in twins:
                both = [twins.get(entry, entry) for entry in (reference, name)]
                where = [measured.entries.index(entry) for entry in both]
                a, b = (measured.values_of(m, place)[rows] for m in where)
                again = contrast(a, b, groups, margin, options.level)
                result[-1]["survives"] = again.verdict == found.verdict and (
                    again.difference * found.difference > 0
                    or not found.verdict.startswith("different")
                )
    if result and len(groups):
        clusters = int(groups.max()) + 1
        draws = Draws(
            clusters, options.resamples, options.seed, stratum, spill=measured.spill
        )
        pairs = _subtract(measured, (first, others), places, np.flatnonzero(rows))
        _adjust(result, resample_means(pairs, groups, draws))
    return result


def _subtract(
    measured: Measured,
    entries: tuple[int, list[int]],
    places: Sequence[int],
    images: Int[np.ndarray, " n"],
) -> Rows:
    """Subtract entries from the first one, a column an entry and a place."""
    first, others = entries

    def make(rows: Int[np.ndarray, " k"]) -> Float[np.ndarray, "k c"]:
        where = images[rows]
        own = measured.values[first][np.ix_(places, where)]
        theirs = measured.values[np.ix_(others, places, where)]
        release(measured.values)
        return subtract(own, theirs).reshape(-1, len(where)).T

    return Rows((len(images), len(others) * len(places)), make)


def find_twins(names: Sequence[str]) -> dict[str, str]:
    """Find the entries that were also read in another alignment.

    Examples
    --------
    >>> find_twins(["cam", "cam/half_pixel", "random"])
    {'cam': 'cam/half_pixel'}
    """
    return {
        name: twin for name in names for twin in names if twin.startswith(f"{name}/")
    }


def drop_twins(names: Sequence[str]) -> list[str]:
    """List the entries that are not another one read in a second alignment."""
    twins = find_twins(names).values()
    return [name for name in names if name not in twins]


def list_others(names: Sequence[str], reference: str) -> list[str]:
    """List the entries that the reference is compared with."""
    return [name for name in drop_twins(names) if name != reference]


def columns_in(
    strata: Strata, stratum: str, columns: Sequence[Column], primary: str
) -> list[int]:
    """List the columns that say something of a stratum's images.

    Thirds by size and difficulty hold the primary score only.
    """
    if stratum in strata.bounds:
        return [columns.index(Column(primary, None))]
    return [
        index
        for index, column in enumerate(columns)
        if (
            SCORES[column.score].of_lesion_free
            if stratum == WITHOUT
            else SCORES[column.score].of_lesions
        )
    ]


def margin_of(column: Column, margin: float) -> float:
    """Return the margin where the score has its scale, else NaN."""
    return margin if SCORES[column.score].span == (0.0, 1.0) else np.nan


def family_of(score: str) -> str:
    """Name the family whose p values are adjusted together."""
    return "" if score in ("sensitivity", "specificity") else score


def add_holm(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add ``p_holm`` to rows that are one family."""
    p_values = np.array([row["p"] for row in rows], dtype=np.float64)
    adjusted = adjust_by_holm(p_values)
    return [row | {"p_holm": p} for row, p in zip(rows, adjusted.tolist(), strict=True)]


def _name_effects(effects: Effects) -> dict[str, Any]:
    """Name sizes of effects as the results do."""
    named = asdict(effects)
    named["median_difference"] = named.pop("median")
    named["effects_reason"] = named.pop("reason")
    return named


def _adjust(rows: list[dict[str, Any]], resampled: Float[np.ndarray, "b c"]) -> None:
    """Add ``p_adjusted`` (max-T) and ``p_holm`` to each row, family by family."""
    families = [family_of(row["score"]) for row in rows]
    p_values = np.array([row["p"] for row in rows])
    means = np.array([row["difference"] for row in rows])
    adjusted, holm = np.full((2, len(rows)), np.nan)
    for family in sorted(set(families)):
        members = np.array([name == family for name in families])
        adjusted[members] = adjust_by_maximum(
            p_values[members], means[members], resampled[:, members]
        )
        holm[members] = adjust_by_holm(p_values[members])
    for row, value, other in zip(rows, adjusted, holm, strict=True):
        row["p_adjusted"], row["p_holm"] = value, other
