"""What the specifications say together: curves, shares of variance, options."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from hrcam.pipeline.multiverse.axes import MARKED, PRIMARY, RANKED
from hrcam.pipeline.multiverse.cell import Cell
from hrcam.pipeline.multiverse.differences import pair
from hrcam.pipeline.multiverse.plan import Plan
from hrcam.pipeline.multiverse.variance import shares, totals
from metrics.statistics.bootstrap import resample
from metrics.statistics.clusters import gather
from metrics.statistics.draws import Draws

#: Axes beyond those of the plan, at endpoints with a threshold.
FURTHER = ("normalization", "threshold")

#: Resamples of subjects behind the interval of a share of specifications.
RESAMPLES = 500


def curve_of(table: pd.DataFrame, rival: str, endpoint: str) -> pd.DataFrame:
    """Return the rows of one rival and endpoint."""
    chosen = (table["rival"] == rival) & (table["endpoint"] == endpoint)
    return table[chosen].reset_index(drop=True)


def describe_curve(
    rows: pd.DataFrame, plan: Plan, rival: str, endpoint: str, margin: float
) -> dict[str, Any]:
    """Describe the curve of a rival and an endpoint.

    Counts, quantiles, verdicts, and the shares of the variance of the difference over
    the axes.
    """
    values = rows["difference"].to_numpy(dtype=np.float64)
    known = np.isfinite(values)
    some = values[known]
    quantiles = (
        np.quantile(some, (0, 0.25, 0.5, 0.75, 1)) if len(some) else [np.nan] * 5
    )
    clear = rows["low"].to_numpy() > 0, rows["high"].to_numpy() < 0
    names = ("least", "q1", "median", "q3", "most")
    parts = variance(rows, plan, endpoint)
    axes = axis_options(rows, plan, endpoint)
    return {
        "rival": rival,
        "endpoint": endpoint,
        "specifications": len(rows),
        "undefined": int((~known).sum()),
        "positive": float((some > 0).mean()) if len(some) else np.nan,
        "clear_for": float(clear[0][known].mean()) if len(some) else np.nan,
        "clear_against": float(clear[1][known].mean()) if len(some) else np.nan,
        "beyond_for": _beyond(rows, margin, 1),
        "beyond_against": _beyond(rows, margin, -1),
        "mean": float(some.mean()) if len(some) else np.nan,
        **dict(zip(names, map(float, quantiles), strict=True)),
        "verdicts": _counted(rows["verdict"]),
        "shares": parts,
        "totals": totals(parts, list(axes)),
        "options": _by_option(rows, axes),
    }


def _beyond(rows: pd.DataFrame, margin: float, side: int) -> float:
    """Return the share of specifications whose interval lies beyond the margin."""
    ends = rows["low"] > margin if side > 0 else rows["high"] < -margin
    return float(ends[np.isfinite(rows["difference"])].mean())


def _counted(verdicts: pd.Series) -> dict[str, int]:
    counts = verdicts.value_counts()
    return {str(name): int(number) for name, number in counts.items() if number}


def axis_options(
    rows: pd.DataFrame, plan: Plan, endpoint: str
) -> dict[str, tuple[Any, ...]]:
    """Return the options of every axis that a curve has, in the order of the tables."""
    found: dict[str, tuple[Any, ...]] = {a.name: a.options for a in plan.axes}
    if endpoint in MARKED:
        found |= {name: tuple(rows[name].unique()) for name in FURTHER}
    return found


def as_grid(
    rows: pd.DataFrame, axes: Mapping[str, Sequence[Any]]
) -> Float[np.ndarray, "..."]:
    """Arrange the differences of a balanced table as an array, an axis each.

    Raises
    ------
    ValueError
        If a specification is missing or stands twice.
    """
    shape = tuple(len(options) for options in axes.values())
    codes = [
        rows[name].astype(object).map({o: k for k, o in enumerate(options)})
        for name, options in axes.items()
    ]
    places = np.ravel_multi_index([c.to_numpy(dtype=np.int64) for c in codes], shape)
    if not np.array_equal(np.sort(places), np.arange(int(np.prod(shape)))):
        msg = (
            f"rows must be every specification once, {int(np.prod(shape))}, got "
            f"{len(np.unique(places))} of {len(rows)}"
        )
        raise ValueError(msg)
    grid = np.empty(int(np.prod(shape)))
    grid[places] = rows["difference"].to_numpy(dtype=np.float64)
    return grid.reshape(shape)


def variance(rows: pd.DataFrame, plan: Plan, endpoint: str) -> dict[str, float]:
    """Return the shares of the variance of the difference over the axes.

    Empty where some difference is undefined, as the grid is then not balanced.
    """
    axes = axis_options(rows, plan, endpoint)
    grid = as_grid(rows, axes)
    return shares(grid, list(axes)) if np.isfinite(grid).all() else {}


def _by_option(
    rows: pd.DataFrame, axes: Mapping[str, Sequence[Any]]
) -> list[dict[str, Any]]:
    """Say of every option what the difference is, over all specifications with it."""
    told = []
    for name, options in axes.items():
        if len(options) < 2:
            continue
        for option in options:
            some = rows.loc[rows[name] == option, "difference"]
            told.append(
                {
                    "axis": name,
                    "option": str(option),
                    "mean": float(some.mean()),
                    "positive": float((some > 0).mean()),
                    "specifications": len(some),
                }
            )
    return told


def resampled(
    groups: Mapping[str, Sequence[Cell]], plan: Plan, rival: str, seed: int
) -> dict[str, Any]:
    """Return intervals over subjects of the share above 0 and of the mean difference.

    All specifications are resampled together, by the subjects of each dataset, so what
    they share is kept. The networks stay as they are.

    Parameters
    ----------
    groups
        Cells by data seed; cells of one dataset have one list of images.
    plan, rival
        What is compared.
    seed
        Of the bootstrap.
    """
    place = RANKED.index(PRIMARY)
    above, total, count = np.zeros(RESAMPLES), np.zeros(RESAMPLES), np.zeros(RESAMPLES)
    for number, cells in enumerate(groups.values()):
        for cell in cells:
            paired = pair(cell, plan, rival, place)
            clusters = int(paired.groups.max()) + 1
            draws = Draws(clusters, RESAMPLES, seed, f"multiverse {number}")
            differences = paired.own - paired.other
            means = resample(gather(differences, paired.groups, clusters), draws)
            above += (means > 0).sum(axis=1)
            total += np.nansum(means, axis=1)
            count += np.isfinite(means).sum(axis=1)
    found = {"positive": above / count, "mean": total / count}
    told: dict[str, Any] = {"resamples": RESAMPLES}
    for name, values in found.items():
        low, high = np.quantile(values, (0.025, 0.975))
        told[name] = {"low": float(low), "high": float(high)}
    return told
