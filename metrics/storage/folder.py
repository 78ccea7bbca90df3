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
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq
import zarr

from metrics.analysis.results import SCHEMA
from metrics.counting.statuses import STATUSES
from metrics.counting.thresholds import Sweep
from metrics.measured import Column, Measured
from metrics.scoring import Scores
from metrics.storage.archives import read_arrays, write_arrays
from metrics.storage.plain import to_json
from metrics.table import lengthen

_MEMBERS = ("scores.parquet", "scores.csv", "curves.zarr", "evidence", "results.json")


def write(scores: Scores, folder: Path) -> None:
    """Write scores into a new or empty folder.

    Raises
    ------
    FileExistsError
        If the folder holds anything; hidden files aside.
    ValueError
        If a piece of evidence is neither a mapping of arrays nor fit for JSON.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if any(not entry.name.startswith(".") for entry in folder.iterdir()):
        msg = f"{folder} must be empty, got files in it; name another folder"
        raise FileExistsError(msg)
    _write_table(scores, folder)
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
        measured = _read_measured(folder, results)
        frame = _read_frame(folder / "scores.parquet", len(measured.ids))
        evidence = _read_evidence(folder / "evidence")
    except Exception as error:  # libraries raise anything on broken files
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        msg = (
            f"{folder} must be a complete scores folder, got {reason!r}; "
            "score the maps again"
        )
        raise ValueError(msg) from error
    return Scores(measured, frame, tuple(results["entries"]), results, evidence)


def _write_table(scores: Scores, folder: Path) -> None:
    """Write the long table, entry by entry."""
    parts = lengthen(scores.measured, scores.entries, scores.frame)
    writer: pq.ParquetWriter | None = None
    with (folder / "scores.csv").open("w", encoding="utf-8", newline="") as text:
        for rows in parts:
            first = writer is None
            rows.to_csv(text, index=False, header=first, lineterminator="\n")
            table = pa.Table.from_pandas(rows, preserve_index=False)
            if writer is None:
                writer = pq.ParquetWriter(folder / "scores.parquet", table.schema)
            writer.write_table(table.cast(writer.schema))
    if writer is not None:
        writer.close()


def _read_measured(folder: Path, results: Mapping[str, Any]) -> Measured:
    """Read scores, statuses and counts."""
    group = zarr.open_group(folder / "curves.zarr", mode="r", zarr_format=3)
    attributes: Mapping[str, Any] = dict(group.attrs)
    entries, ids = tuple(attributes["entries"]), tuple(attributes["image_ids"])
    columns = tuple(Column(name, at) for name, at in attributes["columns"])
    if [entry["name"] for entry in results["entries"]] != list(entries):
        msg = "other entries in curves.zarr than in results.json"
        raise ValueError(msg)
    shape = len(entries), len(columns), len(ids)
    wanted = ["value", "status"]
    table = pq.read_table(folder / "scores.parquet", columns=wanted)
    if table.num_rows != np.prod(shape):
        msg = f"scores.parquet with {table.num_rows} rows, not {np.prod(shape)}"
        raise ValueError(msg)
    words = pa.compute.index_in(table["status"], pa.array(STATUSES))
    values = table["value"].to_numpy().reshape(shape)
    codes = words.to_numpy().astype(np.uint8).reshape(shape)
    sweeps = _read_counts(group, entries)
    worst = np.asarray(group["worst"])
    return Measured(entries, columns, ids, values, codes, worst, sweeps)


def _read_frame(path: Path, images: int) -> pd.DataFrame:
    """Read subject and strata: what stands behind the scores, once per image."""
    file = pq.ParquetFile(path)
    names = file.schema_arrow.names
    wanted = names[names.index("status") + 1 :]
    rows = file.read_row_group(0, columns=wanted).slice(0, images)
    return rows.to_pandas()


def _write_counts(scores: Scores, path: Path) -> None:
    """Write counts of all entries; one chunk per entry."""
    measured = scores.measured
    codes = {status: code for code, status in enumerate(STATUSES)}
    attributes = {
        "entries": list(measured.entries),
        "image_ids": list(measured.ids),
        "columns": [[column.score, column.threshold] for column in measured.columns],
        "statuses": list(STATUSES),
    }
    group = zarr.create_group(path, zarr_format=3, attributes=attributes)
    first = measured.sweeps[measured.entries[0]]
    for name in ("marked_lesion", "marked_healthy"):
        counts: np.ndarray = getattr(first, name)
        whole = counts.dtype.kind != "f"
        array = group.create_array(
            name,
            shape=(len(measured.entries), *counts.shape),
            dtype=np.int32 if whole else np.float64,
            chunks=(1, *counts.shape),
            dimension_names=("entry", "image", "threshold"),
        )
        for place, entry in enumerate(measured.entries):
            array[place] = getattr(measured.sweeps[entry], name)
    for name in ("lesion", "healthy"):
        group.create_array(name, data=getattr(first, name), dimension_names=("image",))
    group.create_array(
        "worst", data=np.asarray(measured.worst), dimension_names=("column", "image")
    )
    status = np.array(
        [[codes[s] for s in measured.sweeps[e].status] for e in measured.entries]
    )
    group.create_array(
        "status", data=status.astype(np.uint8), dimension_names=("entry", "image")
    )


def _read_counts(group: zarr.Group, entries: tuple[str, ...]) -> dict[str, Sweep]:
    arrays = {name: np.asarray(array[:]) for name, array in group.arrays()}
    statuses = np.array(STATUSES)[arrays["status"]]
    return {
        name: Sweep(
            arrays["marked_lesion"][index],
            arrays["marked_healthy"][index],
            arrays["lesion"],
            arrays["healthy"],
            statuses[index],
        )
        for index, name in enumerate(entries)
    }


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
