"""``hrcam multiverse``: make what is missing, measure every cell, tell the result."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from hrcam.pipeline.folders import check_free, replace_text
from hrcam.pipeline.json_files import read_json
from hrcam.pipeline.locks import locked
from hrcam.pipeline.model import versions
from hrcam.pipeline.multiverse.asked import (
    REPORT,
    RESULTS,
    SCHEMA,
    TABLE,
    Asked,
    Place,
)
from hrcam.pipeline.multiverse.axes import MARKED, PRIMARY, RANKED, RIVAL, RIVALS
from hrcam.pipeline.multiverse.cell import Cell
from hrcam.pipeline.multiverse.crew import measure_cells, train_cells
from hrcam.pipeline.multiverse.differences import tabulate
from hrcam.pipeline.multiverse.drawing import drawn
from hrcam.pipeline.multiverse.plan import Plan, cells
from hrcam.pipeline.multiverse.planning import make_plan, settle_plan
from hrcam.pipeline.multiverse.resuming import measured, related
from hrcam.pipeline.multiverse.sources import Source
from hrcam.pipeline.multiverse.summary import curve_of, describe_curve, resampled
from hrcam.pipeline.running import Watch, unwatched
from metrics.storage.plain import to_json, to_plain

#: Curves that are described: rival and endpoint.
CURVES = tuple((rival, endpoint) for rival in RIVALS for endpoint in (*RANKED, *MARKED))


def multiverse(
    given: str | Path,
    out: Path | str,
    asked: Asked | None = None,
    *,
    command: str = "",
    watch: Watch = unwatched,
) -> dict[str, Any]:
    """Measure HR-CAM against its rivals under every specification.

    Everything is kept in ``out`` as soon as it is whole, so the same call made again
    continues where an interrupted one stopped.

    Parameters
    ----------
    given
        A shipped recipe's name, a TOML file, or the folder of a run.
    out
        Folder to write.
    asked
        Networks, seeds, specifications.
    command
        The command line, for the provenance.
    watch
        Told of every stage.

    Returns
    -------
    results
        What ``multiverse.json`` holds.

    Raises
    ------
    ValueError
        If the folder holds another multiverse, or the recipe gives nothing to compare.
    """
    asked, out = asked or Asked(), Path(out)
    source = Source(str(given), asked, Place(out), watch)
    _ = source.run  # refuses a folder without a run before anything is made
    if not out.exists():
        check_free(out, overwrite=False)
        out.mkdir()
    with locked(out / RESULTS):
        train_cells(source)
        plan = make_plan(source)
        told = settle_plan(plan, source, out)
        (out / "cells").mkdir(exist_ok=True)
        measure_cells(source, plan)
        found = {k: measured(source, plan, cell) for k, cell in enumerate(cells(plan))}
        return _conclude(source, plan, found, {**told, "command": command})


def _conclude(
    source: Source, plan: Plan, found: Mapping[int, Cell], told: dict[str, Any]
) -> dict[str, Any]:
    """Write table, results and report."""
    places, margin = cells(plan), source.asked.margin
    parts = [tabulate(found[k], cell, plan, margin) for k, cell in enumerate(places)]
    table = _joined(parts)
    reliance = [related(source, cell) for cell in places]
    groups: dict[str, list[Cell]] = {}
    for k, cell in enumerate(places):
        groups.setdefault(cell["data_seed"], []).append(found[k])
    curves = []
    for rival, endpoint in CURVES:
        if rival in plan.rivals:
            rows = curve_of(table, rival, endpoint)
            curve = describe_curve(rows, plan, rival, endpoint, margin)
            if endpoint == PRIMARY:
                curve["intervals"] = resampled(groups, plan, rival, 0)
            curves.append(curve)
    results = to_plain(
        {
            "schema": SCHEMA,
            **told,
            "margin": margin,
            "primary": {"rival": RIVAL, "endpoint": PRIMARY},
            "rows": len(table),
            "images": {k: len(v[0].ids) for k, v in groups.items()},
            "cells": [_told(source, c, found[k]) for k, c in enumerate(places)],
            "curves": curves,
            "curve": drawn(curve_of(table, RIVAL, PRIMARY), plan),
            "reliance": [r for r in reliance if r.get("entries")],
            "versions": versions(),
            "date": datetime.now(UTC).date().isoformat(),
        },
        digits=10,
    )
    _write(source.place.folder, table, results)
    return dict(results)


def _joined(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Put the tables of all cells below one another; words stay categories."""
    table = pd.concat(parts, ignore_index=True)
    words = [name for name in parts[0] if parts[0][name].dtype == "category"]
    return table.astype(dict.fromkeys(words, "category"))


def _told(source: Source, cell: dict[str, str], found: Cell) -> dict[str, Any]:
    """Identify a cell's model and dataset."""
    facts = source.model(cell).facts
    return {
        **cell,
        "model": facts["weights"],
        "dataset": facts["dataset"],
        "epochs": facts["settings"]["epochs"],
        "images": len(found.ids),
        "correct": float(found.correct.mean()),
    }


def _write(folder: Path, table: pd.DataFrame, results: dict[str, Any]) -> None:
    """Write table, results and report, each whole."""
    temporary = folder / f"{TABLE}.partial"
    table.to_parquet(temporary, index=False)
    temporary.replace(folder / TABLE)
    replace_text(folder / RESULTS, to_json(results))
    from reports.multiverse import compose_multiverse
    from reports.writer import write_content

    told = read_json(folder / RESULTS)
    write_content(compose_multiverse(told), {"multiverse": told}, folder / REPORT)
