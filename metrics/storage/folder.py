"""The scores folder: all that a report needs, and the same bytes each time.

``scores.parquet`` and ``scores.csv`` hold the long table, ``curves.zarr`` the counts,
``evidence/`` what the report shows beside them, ``results.json`` every number; it is
written last, so a folder without it is unfinished.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import zarr

from metrics.analysis.results import SCHEMA
from metrics.counting.thresholds import STATUSES, Sweep
from metrics.scoring import Scores
from metrics.storage.archives import read_arrays, write_arrays
from metrics.storage.plain import to_json

_MEMBERS = ("scores.parquet", "scores.csv", "curves.zarr", "evidence", "results.json")


def write(scores: Scores, folder: Path) -> None:
    """Write scores into a new or empty folder.

    Raises
    ------
    FileExistsError
        If the folder holds anything.
    ValueError
        If a piece of evidence is neither a mapping of arrays nor fit for JSON.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        msg = f"{folder} must be empty, got files in it; name another folder"
        raise FileExistsError(msg)
    scores.table.to_parquet(folder / "scores.parquet", index=False)
    scores.table.to_csv(folder / "scores.csv", index=False, lineterminator="\n")
    _write_counts(scores, folder / "curves.zarr")
    (folder / "evidence").mkdir()
    for name, content in scores.evidence.items():
        _write_evidence(folder / "evidence", name, content)
    (folder / "results.json").write_text(to_json(scores.results), encoding="utf-8")


def read(folder: Path) -> Scores:
    """Read scores back.

    Raises
    ------
    FileNotFoundError
        If a member of the folder is missing.
    ValueError
        If a member is damaged or of another version.
    """
    folder = Path(folder)
    lost = [name for name in _MEMBERS if not (folder / name).exists()]
    if lost:
        msg = (
            f"{folder} must be a complete scores folder, got no {', '.join(lost)}; "
            "score the maps again"
        )
        raise FileNotFoundError(msg)
    try:
        results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
        if results["schema"] != SCHEMA:
            msg = f"schema {results['schema']}, not {SCHEMA}"
            raise ValueError(msg)
        table = pd.read_parquet(folder / "scores.parquet")
        counts, ids = _read_counts(folder / "curves.zarr")
        evidence = _read_evidence(folder / "evidence")
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        msg = (
            f"{folder} must be a complete scores folder, got {reason!r}; "
            "score the maps again"
        )
        raise ValueError(msg) from error
    return Scores(table, counts, ids, tuple(results["entries"]), results, evidence)


def _write_counts(scores: Scores, path: Path) -> None:
    """Write counts of all entries; one chunk per entry."""
    sweeps = list(scores.counts.values())
    codes = {status: code for code, status in enumerate(STATUSES)}
    attributes = {
        "entries": list(scores.counts),
        "image_ids": list(scores.ids),
        "statuses": list(STATUSES),
    }
    group = zarr.create_group(path, zarr_format=3, attributes=attributes)
    for name in ("marked_lesion", "marked_healthy"):
        counts = np.stack([getattr(result, name) for result in sweeps])
        group.create_array(
            name,
            data=counts.astype(np.int32),
            chunks=(1, *counts.shape[1:]),
            dimension_names=("entry", "image", "threshold"),
        )
    for name in ("lesion", "healthy"):
        group.create_array(
            name, data=getattr(sweeps[0], name), dimension_names=("image",)
        )
    status = np.array([[codes[s] for s in result.status] for result in sweeps])
    group.create_array(
        "status", data=status.astype(np.uint8), dimension_names=("entry", "image")
    )


def _read_counts(path: Path) -> tuple[dict[str, Sweep], tuple[str, ...]]:
    group = zarr.open_group(path, mode="r", zarr_format=3)
    attributes: Mapping[str, Any] = dict(group.attrs)
    arrays = {name: np.asarray(array[:]) for name, array in group.arrays()}
    statuses = np.array(attributes["statuses"])[arrays["status"]]
    return {
        name: Sweep(
            arrays["marked_lesion"][index],
            arrays["marked_healthy"][index],
            arrays["lesion"],
            arrays["healthy"],
            statuses[index],
        )
        for index, name in enumerate(attributes["entries"])
    }, tuple(attributes["image_ids"])


def _write_evidence(folder: Path, name: str, content: Any) -> None:
    """Write arrays to ``NAME.npz``, all else to ``NAME.json``."""
    if isinstance(content, Mapping) and _holds_arrays(content):
        write_arrays(folder / f"{name}.npz", content)
        return
    try:
        text = to_json(content)
    except (TypeError, ValueError) as error:
        msg = f"evidence {name!r} must fit JSON or be arrays by name, got: {error}"
        raise ValueError(msg) from error
    (folder / f"{name}.json").write_text(text, encoding="utf-8")


def _holds_arrays(content: Mapping[str, Any]) -> bool:
    return bool(content) and all(isinstance(v, np.ndarray) for v in content.values())


def _read_evidence(folder: Path) -> dict[str, Any]:
    evidence: dict[str, Any] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix == ".npz":
            evidence[path.stem] = read_arrays(path)
        elif path.suffix == ".json":
            evidence[path.stem] = json.loads(path.read_text(encoding="utf-8"))
    return evidence
