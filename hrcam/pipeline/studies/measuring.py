"""Measure endpoints: each condition by itself, and all of them together."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hrcam.pipeline.studies.differences import to_row
from hrcam.pipeline.studies.endpoints import Contrast, Share
from hrcam.pipeline.studies.grid import Grid
from hrcam.pipeline.studies.readings import Reading
from hrcam.pipeline.studies.verdicts import conclude, judge
from metrics.measured import Column
from metrics.statistics.seeds import SeedDifference
from metrics.statistics.trainings import (
    Part,
    contrast_means,
    contrast_medians,
    contrast_numbers,
)

Row = dict[str, Any]
Compare = Callable[[Sequence[Part], float, float], SeedDifference]
#: How images are put together, by the word for it.
STATISTICS: dict[str, Compare] = {"mean": contrast_means, "median": contrast_medians}


@dataclass(frozen=True)
class Study:
    """A grid with the readings of its cells."""

    grid: Grid
    readings: tuple[Reading, ...]

    def conditions(self, role: str) -> dict[str, tuple[Reading, ...]]:
        """Return the readings of a role's recipes, by condition."""
        keys = self.grid.keys_of(role)
        found: dict[str, list[Reading]] = {}
        for reading in self.readings:
            if reading.cell.key in keys:
                found.setdefault(reading.cell.condition, []).append(reading)
        return {name: tuple(members) for name, members in found.items()}

    def level(self, conditions: int) -> float:
        """Return the coverage of one condition's interval (Bonferroni)."""
        return 1 - (1 - self.grid.plan.level) / max(conditions, 1)


def measure_contrast(study: Study, contrast: Contrast) -> list[Row]:
    """Measure a contrast; one row for a threshold."""
    return [
        _measure_at(study, contrast, Column(contrast.score, threshold))
        for threshold in contrast.thresholds or (None,)
    ]


def _measure_at(study: Study, contrast: Contrast, column: Column) -> Row:
    conditions = study.conditions(contrast.recipes)
    compare, margin = STATISTICS[contrast.statistic], study.grid.plan.margin
    rivals = {
        name: _rival(contrast, column, members) for name, members in conditions.items()
    }

    def parts(name: str, twin: bool = False) -> list[Part]:
        factors = contrast.first, rivals[name]
        return _parts(name, conditions[name], factors, column, twin)

    level = study.level(len(conditions))
    places = [
        _describe(name, compare(parts(name), margin, level), margin, contrast.expects)
        | {"rival": ", ".join(rivals[name])}
        for name in conditions
    ]
    every = [part for name in conditions for part in parts(name)]
    row = _join(study, contrast.name, contrast.expects, places)
    row |= {"score": column.score, "threshold": column.threshold}
    row |= {"statistic": contrast.statistic, "survives": None}
    if every:
        usual = study.grid.plan.level
        found = compare(every, margin, usual)
        row |= to_row(found)
        turned = [p for name in conditions for p in parts(name, twin=True)]
        other = compare(turned, margin, usual)
        states = [_state(x, margin, contrast.expects) for x in (found, other)]
        row["survives"] = states[0] == states[1]
    return row


def measure_share(study: Study, share: Share, reference: str) -> Row:
    """Measure a share of layers."""
    conditions = study.conditions(share.recipes)
    less = {
        (r.cell.network, r.cell.recipe.seed, r.cell.seed): r
        for members in study.conditions(share.without or "all").values()
        for r in members
    }

    def number(reading: Reading) -> float:
        own = reading.share(reference, share.layers) - share.bound
        if share.without is None:
            return own
        cell = reading.cell
        other = less.get((cell.network, cell.recipe.seed, cell.seed))
        return np.nan if other is None else own - other.share(reference, share.layers)

    margin, level = study.grid.plan.margin, study.level(len(conditions))
    numbers = {
        name: np.array([number(r) for r in members])
        for name, members in conditions.items()
    }
    known = {name: own[np.isfinite(own)] for name, own in numbers.items()}
    places = [
        _describe(name, contrast_numbers([own], margin, level), margin, share.expects)
        for name, own in known.items()
        if own.size
    ]
    row = _join(study, share.name, share.expects, places)
    row |= {"score": "share", "threshold": None, "statistic": "mean", "survives": None}
    if places:
        strata = [own for own in known.values() if own.size]
        row |= to_row(contrast_numbers(strata, margin, study.grid.plan.level))
    return row


def _rival(
    contrast: Contrast, column: Column, members: Sequence[Reading]
) -> Mapping[str, float]:
    """Return what is subtracted; of several entries that of the largest mean."""
    if contrast.second:
        return contrast.second
    means = {
        name: np.mean([np.nanmean(r.mix({name: 1.0}, column)) for r in members])
        for name in contrast.best_of
    }
    return {max(means, key=lambda name: means[name]): 1.0}


def _parts(
    stratum: str,
    members: Sequence[Reading],
    factors: tuple[Mapping[str, float], Mapping[str, float]],
    column: Column,
    twin: bool,
) -> list[Part]:
    """Stack the trainings on each dataset."""
    sets: dict[str, list[Reading]] = {}
    for reading in members:
        sets.setdefault(reading.cell.data, []).append(reading)
    first, second = factors
    return [
        Part(
            stratum,
            data,
            np.stack([r.mix(first, column, twin) for r in same]),
            np.stack([r.mix(second, column, twin) for r in same]),
            same[0].groups,
        )
        for data, same in sets.items()
    ]


def _state(found: SeedDifference, margin: float, expects: Any) -> str:
    wide, narrow = (found.low, found.high), (found.low90, found.high90)
    return judge(wide, narrow, margin, expects)


def _describe(name: str, found: SeedDifference, margin: float, expects: Any) -> Row:
    recipe, _, network = name.partition(", ")
    return {
        "recipe": recipe,
        "network": network,
        **to_row(found),
        "state": _state(found, margin, expects),
        "rival": "",
    }


def _join(study: Study, name: str, expects: str, places: list[Row]) -> Row:
    """Begin a row: what its conditions say together."""
    states = {f"{p['recipe']}, {p['network']}": p["state"] for p in places}
    verdict = conclude(states)
    return {
        "endpoint": name,
        "expects": expects,
        "margin": study.grid.plan.margin,
        "difference": np.nan,
        "low": np.nan,
        "high": np.nan,
        "low90": np.nan,
        "high90": np.nan,
        "error_images": np.nan,
        "error_trainings": np.nan,
        "trainings": 0,
        "images": 0,
        "reason": "",
        "word": verdict.word,
        "verdict": verdict.text,
        "conditions": places,
    }
