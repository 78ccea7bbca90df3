"""Assemble every number that a report prints of scores and tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from metrics.analysis.alerts import list_alerts, tally
from metrics.analysis.families import columns_in, compare_stratum, list_others
from metrics.analysis.further_tests import run_tests
from metrics.analysis.interactions import find_interactions
from metrics.analysis.normalizing import audit_normalizations
from metrics.analysis.options import ScoreOptions, resolve_reference
from metrics.analysis.ordering import compare_all_pairs, rank_entries
from metrics.analysis.pooling import pool_lesions, pool_pixels
from metrics.analysis.selection import choose_gallery, choose_panels
from metrics.analysis.strata import Strata
from metrics.analysis.tracing import trace_curves
from metrics.checks.doubt import Doubt
from metrics.measured import Measured, fill_gaps
from metrics.normalization.rescoring import Rescored
from metrics.sources.matching import Match
from metrics.statistics.intervals import FEWEST, average, median_interval
from metrics.statistics.paper import repeat_tests
from metrics.storage.plain import to_plain

SCHEMA = 2
DIGITS = 10


@dataclass(frozen=True)
class Analysis:
    """What is analyzed, and how.

    Attributes
    ----------
    measured, strata, entries, options
        Scores of every entry, groups of images, names of entries, choices.
    matches
        Which maps have masks.
    notices
        What was noticed before scoring; alerts.
    doubts
        What looks wrong with maps; alerts, those that warn.
    rescored
        Scores under other normalizations, if they were asked for.
    """

    measured: Measured
    strata: Strata
    entries: Sequence[Mapping[str, str]]
    options: ScoreOptions
    matches: Sequence[Match] = ()
    notices: Sequence[str] = ()
    doubts: Sequence[Doubt] = ()
    rescored: Rescored | None = None

    @property
    def reference(self) -> str:
        """Entry that the others are compared with."""
        return resolve_reference(self.options, self.measured.entries)


def assemble(analysis: Analysis) -> dict[str, Any]:
    """Analyze scores and return the content of ``results.json``.

    Floats keep ten significant digits; undefined numbers are None.
    """
    measured, strata = analysis.measured, analysis.strata
    worst = analysis.options.missing == "worst"
    compared = fill_gaps(measured) if worst else measured
    ceilings = [e["name"] for e in analysis.entries if e["kind"] == "ceiling"]
    panels, rule = choose_panels(
        measured, strata, analysis.entries, analysis.options, analysis.reference
    )
    results = {
        "schema": SCHEMA,
        "options": analysis.options.describe(analysis.reference),
        "inputs": [match.as_dict() for match in analysis.matches],
        "checks": [doubt.describe() for doubt in analysis.doubts],
        "images": _count_images(analysis),
        "strata": [
            {
                "name": name,
                "n": int(rows.sum()),
                "small": bool(rows.sum() < FEWEST),
                "bounds": strata.bounds.get(name),
            }
            for name, rows in strata.members.items()
        ],
        "entries": list(analysis.entries),
        "statuses": tally(measured),
        "summary": _summarize(analysis),
        "prevalence": _find_prevalence(analysis),
        "differences": [
            row
            for name in strata.members
            for row in compare_stratum(
                compared, strata, name, analysis.options, analysis.reference
            )
        ],
        "pairs": compare_all_pairs(compared, strata, analysis.options, ceilings),
        "ranks": rank_entries(compared, strata, analysis.options, ceilings),
        "interactions": find_interactions(
            compared, strata, analysis.options, analysis.reference
        ),
        "tests": run_tests(compared, strata, analysis.options, analysis.reference),
        "pooled": pool_pixels(measured, strata, analysis.options, analysis.reference),
        "froc": pool_lesions(measured, strata, analysis.options, analysis.reference),
        "normalizations": audit_normalizations(
            analysis.rescored, strata, analysis.options
        ),
        "paper_tests": _repeat_paper(analysis),
        "curves": trace_curves(measured, strata, analysis.options),
        "panels": panels,
        "panel_rule": rule,
        "gallery": choose_gallery(measured, strata, panels, analysis.options),
        "alerts": [
            *analysis.notices,
            *(doubt.alert for doubt in analysis.doubts if doubt.warns),
            *list_alerts(measured, strata, analysis.entries),
        ],
    }
    return to_plain(results, DIGITS)


def _count_images(analysis: Analysis) -> dict[str, Any]:
    ill = analysis.strata.members["all"]
    return {
        "total": len(ill),
        "with_lesion": int(ill.sum()),
        "without_lesion": int((~ill).sum()),
        "subjects": int(analysis.strata.subjects.max()) + 1,
        "clustered": analysis.strata.clustered,
    }


def _summarize(analysis: Analysis) -> list[dict[str, Any]]:
    measured, strata = analysis.measured, analysis.strata
    return [
        {
            "name": name,
            "score": column.score,
            "threshold": column.threshold,
            "stratum": stratum,
            **_describe(
                measured.values_of(m, c),
                measured.worsts_of(m, c),
                rows,
                strata,
                analysis.options.level,
            ),
        }
        for m, name in enumerate(measured.entries)
        for stratum, rows in strata.members.items()
        for c, column in enumerate(measured.columns)
        if c in columns_in(strata, stratum, measured.columns, analysis.options.primary)
    ]


def _describe(
    values: Float[np.ndarray, " n"],
    worsts: Float[np.ndarray, " n"],
    rows: Bool[np.ndarray, " n"],
    strata: Strata,
    level: float,
) -> dict[str, Any]:
    """Describe one score in one stratum.

    ``mean`` drops the images whose map has no value, ``worst`` counts them as worst;
    images whose mask leaves the score undefined are in neither.
    """
    known = rows & np.isfinite(values)
    chosen, groups = values[known], strata.subjects[known]
    mean = average(chosen, groups)
    low, high = mean.interval(level)
    median_low, median_high = median_interval(chosen, groups, level)
    q1, median, q3 = (
        np.quantile(chosen, (0.25, 0.5, 0.75)) if len(chosen) else (np.nan,) * 3
    )
    total = int(rows.sum())
    counted = worsts[rows & np.isfinite(worsts)]
    return {
        "n": mean.count,
        "undefined": total - mean.count,
        "mean": mean.estimate,
        "low": low,
        "high": high,
        "median": median,
        "median_low": median_low,
        "median_high": median_high,
        "q1": q1,
        "q3": q3,
        "worst": float(counted.mean()) if len(counted) else np.nan,
    }


def _find_prevalence(analysis: Analysis) -> dict[str, float]:
    """Mean share of lesion pixels: what a constant map's average precision is."""
    measured = analysis.measured
    share = measured.lesion / (measured.lesion + measured.healthy)
    return {
        name: float(share[rows].mean()) if rows.any() else np.nan
        for name, rows in analysis.strata.members.items()
    }


def _repeat_paper(analysis: Analysis) -> list[dict[str, Any]]:
    """Repeat the paper's tests at each threshold and pooled over all of them."""
    measured = analysis.measured
    rows = analysis.strata.members["all"]
    first = measured.entries.index(analysis.reference)
    result = []
    for name in list_others(measured.entries, analysis.reference):
        other = measured.entries.index(name)
        for score in ("sensitivity", "specificity"):
            places = [i for i, c in enumerate(measured.columns) if c.score == score]
            for chosen in ([place] for place in places), (places,):
                for part in chosen:
                    pair = (
                        np.stack([measured.values_of(m, c)[rows] for c in part])
                        for m in (first, other)
                    )
                    single = len(part) == 1
                    threshold = measured.columns[part[0]].threshold
                    result.append(
                        {
                            "reference": analysis.reference,
                            "other": name,
                            "score": score,
                            "threshold": threshold if single else None,
                            **repeat_tests(*(values.ravel() for values in pair)),
                        }
                    )
    return result
