"""Compare the ``scores.json`` of several methods, image by image."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from hrcam.pipeline.json_files import read_json
from hrcam.pipeline.model import versions
from hrcam.pipeline.studies.differences import to_row
from hrcam.pipeline.studies.suites.schema import SuiteCell, SuiteScores
from metrics.statistics.trainings import Part, contrast_means
from metrics.storage.plain import to_plain
from simbench.parsing import on_one_line

MARGIN = 0.02
_DIGITS = 8


def read_scores(path: Path) -> SuiteScores:
    """Read and check a ``scores.json``.

    Raises
    ------
    ValueError
        If it is not one.
    """
    content = read_json(path, "name a file of `hrcam suite run`")
    try:
        return SuiteScores.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the top"
        rule = on_one_line(first["msg"].removeprefix("Value error, "))
        msg = f"{path} must be of `hrcam suite run`, got at {where}: {rule}"
        raise ValueError(msg) from error


def compare_suites(paths: Sequence[Path]) -> dict[str, Any]:
    """Compare the first file's method with those of the others and the baselines.

    Returns
    -------
    dict
        ``means``: of each entry on each recipe; ``differences``: of the first method
        less each, by recipe and on all, over images and trainings.

    Raises
    ------
    ValueError
        If the files are of different suites, or two have one method.
    """
    files = [read_scores(path) for path in paths]
    first = files[0]
    for path, other in zip(paths[1:], files[1:], strict=True):
        _check_same(paths[0], first, path, other)
    tables = _collect(paths, files)
    own = next(iter(tables))
    recipes = list(dict.fromkeys(cell.recipe for cell in first.cells))
    result = {
        "suite": first.suite.model_dump(),
        "primary": first.primary,
        "margin": MARGIN,
        "reference": own,
        "files": [
            {"path": path.name, "method": file.method.model_dump()}
            for path, file in zip(paths, files, strict=True)
        ],
        "same_weights": all(_weights(f) == _weights(first) for f in files),
        "trainings": len(first.cells),
        "means": [
            {"entry": name, "recipe": key, "mean": _mean(table, first.cells, key)}
            for name, table in tables.items()
            for key in ("all", *recipes)
        ],
        "differences": [
            {"other": name, "recipe": key, **_contrast(tables, name, first.cells, key)}
            for name in tables
            if name != own
            for key in ("all", *recipes)
        ],
        "provenance": {
            "command": "hrcam suite compare",
            "date": datetime.now(UTC).date().isoformat(),
            "versions": versions(),
        },
    }
    return dict(to_plain(result, _DIGITS))


def _check_same(one: Path, first: SuiteScores, two: Path, other: SuiteScores) -> None:
    if first.suite != other.suite:
        a, b = (f"{x.suite.name} {x.suite.sha256[:16]}" for x in (first, other))
        msg = (
            f"files must be of one suite, got {a} ({one}) and {b} ({two}); run the "
            "method again on the other's suite"
        )
        raise ValueError(msg)
    if [(c.name, c.images) for c in first.cells] != [
        (c.name, c.images) for c in other.cells
    ]:
        msg = f"files must score the same images, got others in {two} than in {one}"
        raise ValueError(msg)


def _weights(file: SuiteScores) -> list[str]:
    return [cell.weights for cell in file.cells]


Values = Mapping[str, np.ndarray]


def _collect(paths: Sequence[Path], files: Sequence[SuiteScores]) -> dict[str, Values]:
    """Return each entry's primary scores by cell; the first file's baselines last."""
    tables: dict[str, dict[str, np.ndarray]] = {}
    for path, file in zip(paths, files, strict=True):
        for entry in file.cells[0].entries:
            if not entry.own and file is not files[0]:
                continue
            if entry.own and entry.name in tables and file is not files[0]:
                msg = (
                    f"methods must have different names, got {entry.name!r} in {path} "
                    "again; rename one"
                )
                raise ValueError(msg)
            tables[entry.name] = {
                cell.name: np.array(
                    [np.nan if v is None else v for v in found.values], dtype=np.float64
                )
                for cell in file.cells
                for found in cell.entries
                if found.name == entry.name
            }
    baselines = {entry.name for entry in files[0].cells[0].entries if not entry.own}
    return {n: tables[n] for n in sorted(tables, key=lambda name: name in baselines)}


def _mean(table: Values, cells: Sequence[SuiteCell], recipe: str) -> float:
    means = [np.nanmean(table[c.name]) for c in cells if recipe in ("all", c.recipe)]
    return float(np.mean(means))


def _contrast(
    tables: Mapping[str, Values], other: str, cells: Sequence[SuiteCell], recipe: str
) -> dict[str, Any]:
    """Compare over images and trainings."""
    own = tables[next(iter(tables))]
    groups: dict[tuple[str, str], list[SuiteCell]] = {}
    for cell in cells:
        if recipe in ("all", cell.recipe):
            groups.setdefault((cell.recipe, cell.network), []).append(cell)
    parts = [
        Part(
            f"{key}, {network}",
            key,
            np.stack([own[c.name] for c in same]),
            np.stack([tables[other][c.name] for c in same]),
            np.unique(same[0].subjects, return_inverse=True)[1],
        )
        for (key, network), same in groups.items()
    ]
    found = contrast_means(parts, MARGIN)
    return {**to_row(found), "verdict": found.verdict}
