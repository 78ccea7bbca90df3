"""The scores folder: all that a report needs, and the same bytes each time.

``scores.parquet`` and ``scores.csv`` hold the long table, ``curves.zarr`` the counts,
``evidence/`` what the report shows beside them, ``results.json`` every number; it is
written last, so a folder without it is unfinished.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq
import zarr
from jaxtyping import Float, UInt8

from metrics.analysis.results import SCHEMA
from metrics.counting.statuses import STATUSES
from metrics.measured import Column, Measured
from metrics.scoring import Scores
from metrics.storage.allocation import release_tables
from metrics.storage.archives import read_arrays, write_arrays
from metrics.storage.curves import read_counts, write_counts
from metrics.storage.plain import to_json
from metrics.table import ROWS, lengthen

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
    write_counts(scores.measured, folder / "curves.zarr")
    (folder / "evidence").mkdir()
    for name, content in scores.evidence.items():
        _write_evidence(folder / "evidence", name, content)
    (folder / "results.json").write_text(to_json(scores.results), encoding="utf-8")


def read(folder: Path, written: Scores | None = None) -> Scores:
    """Read scores back.

    Parameters
    ----------
    folder
        Of :func:`write`.
    written
        What was just written there: what grows with the number of images is taken from
        it and not read again.

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
        if written is None:
            measured = _read_measured(folder, results)
            frame = _read_frame(folder / "scores.parquet", len(measured.ids))
        else:
            measured, frame = replace(written.measured, candidates={}), written.frame
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
    """Write the long table, some rows at a time."""
    parts = lengthen(scores.measured, scores.entries, scores.frame)
    writer: pq.ParquetWriter | None = None
    with (folder / "scores.csv").open("w", encoding="utf-8", newline="") as text:
        for rows in parts:
            first = writer is None
            rows.to_csv(text, index=False, header=first, lineterminator="\n")
            table = pa.Table.from_pandas(rows, preserve_index=False)
            if writer is None:
                schema = _complete(table.schema, scores.frame)
                writer = pq.ParquetWriter(folder / "scores.parquet", schema)
            writer.write_table(table.cast(writer.schema))
            del rows, table
            release_tables()
    if writer is not None:
        writer.close()


def _complete(schema: pa.Schema, frame: pd.DataFrame) -> pa.Schema:
    """Take the types of a frame's columns from all of its rows, not the first ones."""
    for field in pa.Schema.from_pandas(frame, preserve_index=False):
        schema = schema.set(schema.get_field_index(field.name), field)
    return schema


def _read_measured(folder: Path, results: Mapping[str, Any]) -> Measured:
    """Read scores, statuses and counts."""
    group = zarr.open_group(folder / "curves.zarr", mode="r", zarr_format=3)
    attributes: Mapping[str, Any] = dict(group.attrs)
    entries = tuple(attributes["entries"])
    sweeps = read_counts(group, entries)
    images = len(sweeps.lesion)
    first = _read_first(folder / "scores.parquet", ["image_id"], images)
    ids = tuple(first["image_id"].astype(str))
    columns = tuple(Column(name, at) for name, at in attributes["columns"])
    if [entry["name"] for entry in results["entries"]] != list(entries):
        msg = "other entries in curves.zarr than in results.json"
        raise ValueError(msg)
    shape = len(entries), len(columns), len(ids)
    values, codes = _read_values(folder / "scores.parquet", shape)
    worst = np.asarray(group["worst"])
    return Measured(entries, columns, ids, values, codes, worst, sweeps)


def _read_values(
    path: Path, shape: tuple[int, ...]
) -> tuple[Float[np.ndarray, "m c n"], UInt8[np.ndarray, "m c n"]]:
    """Read values and statuses of the long table, some rows at a time."""
    with pq.ParquetFile(path) as file:
        if file.metadata.num_rows != np.prod(shape):
            msg = f"scores.parquet with {file.metadata.num_rows} rows, not "
            raise ValueError(msg + str(np.prod(shape)))
        values, codes = np.empty(shape), np.empty(shape, np.uint8)
        start, words = 0, pa.array(STATUSES)
        for rows in file.iter_batches(ROWS, columns=["value", "status"]):
            part = slice(start, start + rows.num_rows)
            found = pa.compute.index_in(rows["status"], words)
            values.reshape(-1)[part] = rows["value"].to_numpy(zero_copy_only=False)
            codes.reshape(-1)[part] = found.to_numpy(zero_copy_only=False)
            start += rows.num_rows
    return values, codes


def _read_frame(path: Path, images: int) -> pd.DataFrame:
    """Read subject and strata: what stands behind the scores, once per image."""
    names = pq.read_schema(path).names
    return _read_first(path, names[names.index("status") + 1 :], images)


def _read_first(path: Path, columns: list[str], rows: int) -> pd.DataFrame:
    """Read the first rows of some columns."""
    with pq.ParquetFile(path) as file:
        groups, found = 0, 0
        while found < rows:
            found += file.metadata.row_group(groups).num_rows
            groups += 1
        table = file.read_row_groups(range(groups), columns=columns)
        return table.slice(0, rows).to_pandas()


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
