"""Run a study: state it, run its cells, judge its claims."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from hrcam.pipeline.executors import Hands
from hrcam.pipeline.folders import check_free, replace_text
from hrcam.pipeline.json_files import read_json
from hrcam.pipeline.locks import locked
from hrcam.pipeline.running import unwatched
from hrcam.pipeline.studies.cells import Watch, Work
from hrcam.pipeline.studies.crew import run_cells
from hrcam.pipeline.studies.grid import Grid
from hrcam.pipeline.studies.hashing import digest
from hrcam.pipeline.studies.readings import read_cell
from hrcam.pipeline.studies.results import judge_claims
from metrics import ScoreOptions
from metrics.storage.plain import to_json

#: The methods that every recipe is compared with, besides what the claims name.
BESIDES = ("random",)
SCHEMA = 1


def run_study(  # noqa: PLR0913  the command's options, one to one
    grid: Grid,
    out: Path | str,
    *,
    workers: int = 1,
    scheduler: str = "",
    keep: bool = False,
    command: str = "hrcam claims",
    watch: Watch = unwatched,
) -> dict[str, Any]:
    """Run what is left of a study, judge its claims and write its report.

    Parameters
    ----------
    grid
        What is stated beforehand.
    out
        The study's folder; it continues where it was interrupted.
    workers
        Processes that do cells; 1 does them here, one after the other.
    scheduler
        Address of a Dask scheduler whose workers do them instead; the folder must lie
        where all of them see it.
    keep
        Whether datasets and maps stay.
    command
        The command line, for the report.
    watch
        Told of every stage.

    Returns
    -------
    dict
        Content of ``claims.json``.

    Raises
    ------
    ValueError
        If the folder holds a study of another grid, or one whose record was changed.
    FileExistsError
        If it holds something else.
    """
    folder = Path(out)
    _check(grid)
    folder.absolute().parent.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        begun = begin(grid, folder)
        work = _plan(grid, folder.absolute(), Hands(workers, scheduler), keep, watch)
        run_cells(work, grid.cells, drop=not keep)
        readings = [read_cell(work.place(c), c, grid.digest) for c in grid.cells]
        result = judge_claims(grid, readings, begun, command)
        _write(folder, result)
    return result


def begin(grid: Grid, folder: Path) -> str:
    """Write down what is stated, before any cell; or check that this is it.

    Returns
    -------
    str
        When it was written.

    Raises
    ------
    ValueError
        If the folder holds a study of another grid, or one whose record was changed.
    FileExistsError
        If it holds something else.
    """
    path = folder / "grid.json"
    if not path.is_file():
        if folder.exists() and any(folder.iterdir()):
            msg = f"{folder} must be free or hold a study, got other files"
            raise FileExistsError(msg)
        check_free(folder, overwrite=True)
        folder.mkdir(exist_ok=True)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        record = {"schema": SCHEMA, "sha256": grid.digest, "written": now}
        replace_text(path, json.dumps({**record, "grid": grid.describe()}, indent=1))
        return now
    held = read_json(path, "choose another --out")
    if digest(held.get("grid")) != held.get("sha256"):
        msg = (
            f"{path} must be as it was written before the study, got a grid of "
            f"{digest(held.get('grid'))[:16]} under the hash {held.get('sha256')}; its "
            "results are no longer those of a study stated beforehand"
        )
        raise ValueError(msg)
    if held["sha256"] != grid.digest:
        msg = (
            f"{folder} must hold a study of the grid {grid.plan.name!r}, "
            f"{grid.digest[:16]}, got one of {held['sha256'][:16]}; choose another "
            "--out"
        )
        raise ValueError(msg)
    return str(held["written"])


def methods_of(grid: Grid) -> tuple[str, ...]:
    """Return every entry that some endpoint names, for every reference."""
    names: dict[str, None] = {}
    for reference in grid.plan.references:
        for contrast in grid.claims.contrasts():
            own = contrast.of(reference)
            names |= dict.fromkeys([*own.first, *own.second, *own.best_of])
    return (*names, *BESIDES)


def _check(grid: Grid) -> None:
    """Refuse networks that there are not, before any long work."""
    from hrcam.engine.networks import find

    for network in grid.plan.networks:
        find(network)


def _plan(grid: Grid, folder: Path, hands: Hands, keep: bool, watch: Watch) -> Work:
    """Say what the cells have in common."""
    options = {key: _options(grid, key) for key in grid.plan.recipes}
    methods, epochs = methods_of(grid), grid.plan.epochs
    return Work(folder, grid.digest, methods, options, epochs, hands, keep, watch)


def _options(grid: Grid, key: str) -> ScoreOptions:
    """Say how maps of a recipe are scored: by what its endpoints take, no more."""
    contrasts = [c for c in grid.claims.contrasts() if key in grid.keys_of(c.recipes)]
    thresholds = {t for c in contrasts for t in c.thresholds} or {0.5}
    return ScoreOptions(
        thresholds=tuple(sorted(thresholds)),
        margin=grid.plan.margin,
        level=grid.plan.level,
        reference=grid.plan.references[0],
        resamples=100,
        scores=tuple(dict.fromkeys(c.score for c in contrasts)),
        checks=False,
    )


def _write(folder: Path, result: Mapping[str, Any]) -> None:
    """Write the results as JSON, as a table, and as a report."""
    from reports.studies.claims import compose_claims
    from reports.writer import write_content

    replace_text(folder / "claims.json", to_json(result))
    replace_text(folder / "claims.csv", tabulate(result).to_csv(index=False))
    write_content(compose_claims(result), {"results": result}, folder / "report.pdf")


def tabulate(result: Mapping[str, Any]) -> pd.DataFrame:
    """Put all measurements into one table, a row for an endpoint and condition.

    Rows whose recipe and network are ``all`` have all conditions together.
    """
    rows = []
    for claim in result["claims"]:
        told = {"claim": claim["number"], "reference": claim["reference"]}
        rows += [told | row for row in claim["endpoints"]]
    rows += [{"claim": None, **row} for row in result["differences"]]
    flat = []
    for row in rows:
        own = {key: value for key, value in row.items() if key != "conditions"}
        flat.append(
            {**own, "recipe": "all", "network": "all", "state": "", "rival": ""}
        )
        same = {k: own[k] for k in ("claim", "reference", "endpoint", "expects")}
        same |= {k: own[k] for k in ("score", "threshold", "statistic", "margin")}
        flat += [{**same, **place} for place in row["conditions"]]
    frame = pd.DataFrame(flat)
    return frame.astype({"claim": "Int64"})
