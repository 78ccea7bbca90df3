"""Score somebody's method on a suite."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from hrcam.methods import Method
from hrcam.pipeline.executors import Hands
from hrcam.pipeline.folders import check_free, replace_text
from hrcam.pipeline.json_files import read_json
from hrcam.pipeline.locks import locked
from hrcam.pipeline.model import versions
from hrcam.pipeline.running import unwatched
from hrcam.pipeline.studies.cells import Watch, Work
from hrcam.pipeline.studies.grid import Cell
from hrcam.pipeline.studies.suites.lending import hash_source, lent
from hrcam.pipeline.studies.suites.storage import build, options_of
from hrcam.pipeline.studies.suites.suite import Suite
from metrics import Scores
from metrics.storage.folder import read
from metrics.storage.plain import to_json, to_plain

SCHEMA = 1
ONE = Hands()
_DIGITS = 8


def run_suite(  # noqa: PLR0913  the command's options, one to one
    suite: Suite,
    method: Method,
    out: Path | str,
    *,
    store: Path | str | None = None,
    loaded: str = "",
    hands: Hands = ONE,
    watch: Watch = unwatched,
) -> dict[str, Any]:
    """Score a method on every cell of a suite and write ``scores.json``.

    Parameters
    ----------
    suite, method
        What is scored on what.
    out
        Folder to write; it continues where it was interrupted.
    store
        The suite's folder, with its models and baselines; made if there is none. By
        default ``suite`` in ``out``.
    loaded
        Where the method was loaded from.
    hands
        Who makes the suite's folder: processes of this machine, or a Dask cluster.
    watch
        Told of every stage.

    Returns
    -------
    dict
        As :class:`hrcam.pipeline.studies.suites.schema.SuiteScores` says.

    Raises
    ------
    ValueError
        If the folder holds the scores of another method or suite, or the store does
        not agree with its checksums.
    """
    folder = Path(out)
    place = folder / "suite" if store is None else Path(store)
    told = _tell(method, loaded)
    folder.absolute().parent.mkdir(parents=True, exist_ok=True)
    with lent(method), locked(folder):
        _begin(folder, {"suite": suite.digest, "method": told})
        work = build(suite, place, hands, watch)
        cells = [_score(suite, work, cell, method, folder) for cell in suite.cells]
    plan = suite.plan
    found = {
        "schema": SCHEMA,
        "suite": {"name": plan.name, "version": plan.version, "sha256": suite.digest},
        "method": told,
        "primary": plan.primary,
        "cells": cells,
        "provenance": {
            "command": f"hrcam suite run {plan.name} --method {loaded}",
            "date": datetime.now(UTC).date().isoformat(),
            "versions": versions(),
        },
    }
    result = dict(to_plain(found, _DIGITS))
    replace_text(folder / "scores.json", to_json(result))
    return result


def _tell(method: Method, loaded: str) -> dict[str, Any]:
    return {
        "name": method.name,
        "label": method.label,
        "source": method.source,
        "kind": method.kind,
        "layers": list(method.layers),
        "needs": sorted(method.needs),
        "postprocessing": method.postprocessing,
        "fusion": method.fusion,
        "loaded": loaded,
        "source_sha256": hash_source(method),
    }


def _begin(folder: Path, wanted: Mapping[str, Any]) -> None:
    """Make the folder, or check that it is this method's on this suite."""
    path = folder / "method.json"
    if path.is_file():
        held = read_json(path, "choose another --out")
        odd = [key for key, value in wanted.items() if held.get(key) != value]
        if odd:
            msg = (
                f"{folder} must be free or hold a run of this {odd[0]}, got one of "
                "another (a method's file may have changed); choose another --out"
            )
            raise ValueError(msg)
        return
    if folder.exists() and any(folder.iterdir()):
        msg = f"{folder} must be free or hold a suite's run, got other files"
        raise FileExistsError(msg)
    check_free(folder, overwrite=True)
    folder.mkdir(exist_ok=True)
    replace_text(path, to_json(wanted))


def _score(
    suite: Suite, work: Work, cell: Cell, method: Method, folder: Path
) -> dict[str, Any]:
    """Explain a cell's model by the method, score it, and describe both."""
    from hrcam.pipeline.explaining import explain
    from hrcam.pipeline.scoring import score

    model, out = work.place(cell) / "model", folder / "cells" / cell.name
    if not out.is_dir():
        with work.watch(cell.name, cell.recipe.splits.test) as progress:
            maps = explain(
                *(model, work.data(cell), [method.name]),
                seed=cell.seed,
                progress=progress,
            )
            score(maps, work.data(cell), out, options=options_of(suite))
    mine, others = read(out), read(work.place(cell) / "scores")
    ill = np.asarray(mine.measured.lesion) > 0
    facts = read_json(model / "training.json", "build the suite again")
    names = [name for name in others.measured.entries if "/" not in name]
    taken = set(mine.measured.entries)
    return {
        "name": cell.name,
        "recipe": cell.key,
        "identity": cell.recipe.identity,
        "network": cell.network,
        "training_seed": cell.seed,
        "weights": facts["weights"],
        "images": [name for name, one in zip(mine.ids, ill, strict=True) if one],
        "subjects": mine.frame["subject"].astype(str).to_numpy()[ill].tolist(),
        "entries": [
            *(
                _describe(mine, name, suite.plan.primary, True)
                for name in mine.measured.entries
                if "/" not in name
            ),
            *(
                _describe(others, name, suite.plan.primary, False)
                for name in names
                if name not in taken
            ),
        ],
    }


def _describe(scores: Scores, name: str, primary: str, own: bool) -> dict[str, Any]:
    """Give an entry's means with intervals, and each image's primary score."""
    ill = np.asarray(scores.measured.lesion) > 0
    label = next(e["label"] for e in scores.entries if e["name"] == name)
    rows = [
        row
        for row in scores.results["summary"]
        if row["name"] == name and row["stratum"] == "all"
    ]
    return {
        "name": name,
        "label": label,
        "own": own,
        "scores": [
            {
                **{k: row[k] for k in ("score", "threshold", "mean", "low", "high")},
                "images": row["n"],
                "undefined": row["undefined"],
            }
            for row in rows
        ],
        "values": scores.values_of(name, primary)[ill],
    }
