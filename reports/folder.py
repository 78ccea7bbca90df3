"""Read a scores folder: all that a report may know."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from metrics.sources.formats.bounds import check_bytes
from metrics.sources.formats.image import complete
from metrics.storage.archives import read_arrays

SCHEMA = 2
KEYS = ("method", "layer", "head", "alignment", "architecture", "seed")
_NEEDED = ("results.json", "scores.parquet")
_PARTS = (
    *("options", "images", "strata", "entries", "statuses", "summary", "prevalence"),
    *("differences", "paper_tests", "curves", "panels", "panel_rule", "alerts"),
    "gallery",
)
_EVIDENCE = (
    *("provenance", "data", "classifier", "heads", "sanity", "reliance"),
    "multiverse",
)
_MARKED = ("sensitivity", "specificity")
_COLUMNS = (*KEYS, "score", "threshold", "value", "status")
Row = Mapping[str, Any]
Place = tuple[str, str, int | None, str]
"""Entry, score, threshold in billionths, stratum."""
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, eq=False)
class Folder:
    """Content of a scores folder.

    Attributes
    ----------
    results
        ``results.json``.
    evidence
        What ``evidence/*.json`` says, by file name; a missing one is absent.
    panels
        Arrays of ``evidence/panels.npz``; empty if there is none.
    gallery
        Arrays of ``evidence/gallery.npz``; empty if there is none.
    table
        Of ``scores.parquet`` the primary score, sensitivity and specificity: one row
        per image, entry and threshold, the images always in one order.
    checksums
        SHA-256 of the files that hold the numbers.
    """

    results: Mapping[str, Any]
    evidence: Mapping[str, Any]
    panels: Mapping[str, np.ndarray]
    gallery: Mapping[str, np.ndarray]
    table: pd.DataFrame
    checksums: Mapping[str, str]

    @cached_property
    def summaries(self) -> Mapping[Place, Row]:
        """Rows of ``summary`` by their place."""
        return _index(self.results["summary"], "name")

    @cached_property
    def contrasts(self) -> Mapping[Place, Row]:
        """Rows of ``differences`` by their place, the other entry's."""
        return _index(self.results["differences"], "other")


def find_place(
    name: str, score: str, threshold: float | int | None, stratum: str
) -> Place:
    """Return the place of a number in the results."""
    at = None if threshold is None else round(threshold * 1e9)
    return name, score, at, stratum


def _index(rows: Iterable[Row], key: str) -> dict[Place, Row]:
    found: dict[Place, Row] = {}
    for row in rows:
        at = find_place(row[key], row["score"], row["threshold"], row["stratum"])
        found.setdefault(at, row)
    return found


def load(path: Path) -> Folder:
    """Read a scores folder.

    Raises
    ------
    ValueError
        If it is not a scores folder, or one of its files is damaged.
    """
    path = Path(path)
    lost = [name for name in _NEEDED if not (path / name).is_file()]
    if lost:
        msg = (
            f"{path} must be a scores folder, got no {' and no '.join(lost)} in it; "
            "name the folder that `hrcam score` wrote"
        )
        raise ValueError(msg)
    results = _read_results(path / "results.json")
    evidence = {
        name: _read_json(file)
        for name in _EVIDENCE
        if (file := path / "evidence" / f"{name}.json").is_file()
    }
    for name, content in evidence.items():
        if not isinstance(content, dict):
            _refuse(path / "evidence" / f"{name}.json", "no JSON object")
    panels, gallery = (
        _read_arrays(file, values) if file.is_file() else {}
        for file, values in (
            (path / "evidence" / "panels.npz", "maps"),
            (path / "evidence" / "gallery.npz", "levels"),
        )
    )
    table = _read_table(path / "scores.parquet", results["options"]["primary"])
    checksums = {name: _hash(path / name) for name in _NEEDED}
    found = Folder(results, evidence, panels, gallery, table, checksums)
    try:
        found.summaries, found.contrasts  # noqa: B018  rows are looked at once
    except (KeyError, TypeError, AttributeError, OverflowError, ValueError) as error:
        _refuse(path / "results.json", error)
    return found


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _refuse(path: Path, found: object) -> NoReturn:
    reason = (str(found) or type(found).__name__).splitlines()[0]
    msg = f"{path} must be whole, got: {reason}; score the maps again"
    raise ValueError(msg) from (found if isinstance(found, Exception) else None)


def _read_results(path: Path) -> dict[str, Any]:
    results = _read_json(path)
    if not isinstance(results, dict):
        _refuse(path, "no JSON object")
    if results.get("schema") != SCHEMA:
        msg = (
            f"schema of {path} must be {SCHEMA}, got {results.get('schema')!r}; "
            "score the maps again with this version"
        )
        raise ValueError(msg)
    lost = [part for part in _PARTS if part not in results]
    if lost:
        _refuse(path, f"no {', '.join(lost)}")
    if not results["entries"]:
        _refuse(path, "no entries")
    return results


def _read_json(path: Path) -> Any:
    check_bytes(path)
    try:
        text = path.read_text(encoding="utf-8")
        content = json.loads(text, parse_constant=lambda _: None)
    except (OSError, ValueError, RecursionError) as error:
        return _refuse(path, error)
    return _clean(content) if "\\u" in text or _CONTROL.search(text) else content


def _clean(content: Any) -> Any:
    """Replace characters that no page can hold."""
    if isinstance(content, str):
        return _CONTROL.sub("\ufffd", content)
    if isinstance(content, Mapping):
        return {_clean(key): _clean(value) for key, value in content.items()}
    if isinstance(content, Sequence):
        return [_clean(value) for value in content]
    return content


def _read_arrays(path: Path, values: str) -> dict[str, np.ndarray]:
    try:
        found = read_arrays(path)
    except ValueError as error:
        _refuse(path, error.__cause__ or error)
    lost = [name for name in ("ids", "masks", "names", values) if name not in found]
    if lost:
        _refuse(path, f"no {', '.join(lost)}")
    if found["names"].ndim != 1 or found["ids"].ndim != 1:
        _refuse(path, "names or ids that are no list")
    if found[values].shape[:2] != (len(found["ids"]), len(found["names"])):
        _refuse(path, f"{values} of shape {found[values].shape} for ids and names")
    return found


def _read_table(path: Path, primary: str) -> pd.DataFrame:
    import pyarrow.parquet as pq

    words = [*KEYS, "score", "status"]
    wanted = [("score", "in", [primary, *_MARKED])]
    try:
        with complete(str(path)):
            table = pq.read_table(
                path, columns=list(_COLUMNS), filters=wanted, read_dictionary=words
            ).to_pandas()
    except ValueError as error:
        _refuse(path, error.__cause__ or error)
    for key in KEYS:
        column = table[key].astype("category").cat
        words = [_clean(str(word)) for word in column.categories]
        table[key] = np.array([*words, ""], dtype=object)[column.codes]
    return table
