"""``run.json``: what a run is of, what of it is done, and how long that took."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hrcam.pipeline.folders import replace_text
from hrcam.pipeline.ledger import INPUTS, enter
from simbench.parsing import on_one_line

NAME = "run.json"


def read_record(folder: Path) -> dict[str, Any]:
    """Return what a run's folder says of itself; nothing if it says nothing.

    Raises
    ------
    ValueError
        If that is damaged, or names a stage or an input that there is not: it would be
        looked for outside the folder.
    """
    path = folder / NAME
    if not path.is_file():
        return {}
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
        _check(record)
    except (ValueError, RecursionError) as error:
        msg = (
            f"{path} must be the record of a run, got {on_one_line(str(error))[:300]}; "
            "choose another --out, or pass --overwrite to begin anew"
        )
        raise ValueError(msg) from error
    found: dict[str, Any] = record
    return found


def note(folder: Path, stage: str, seconds: float | None = None) -> None:
    """Record that a stage is done, of what, and how long it took if that is known."""
    record = read_record(folder)
    if seconds is not None:
        record.setdefault("seconds", {})[stage] = round(seconds, 1)
    record.setdefault("done", {})[stage] = enter(folder, stage)
    write_record(folder, record)


def write_record(folder: Path, record: Mapping[str, Any]) -> None:
    """Put a record in the place of the one there is."""
    replace_text(folder / NAME, json.dumps(record, indent=1) + "\n")


def _check(record: Any) -> None:
    """Refuse what no run writes down."""
    if not _is_table(record):
        msg = "no table"
        raise ValueError(msg)
    for name in ("seconds", "done"):
        if not _is_table(record.get(name, {})):
            msg = f"no table in {name!r}"
            raise ValueError(msg)
    for stage, entry in record.get("done", {}).items():
        if not _is_entry(stage, entry):
            msg = f"something else than a stage with its hashes in {stage!r}"
            raise ValueError(msg)


def _is_entry(stage: str, entry: Any) -> bool:
    """Say whether this is what is written down of a stage."""
    if (
        stage not in INPUTS
        or not _is_table(entry)
        or not _is_table(entry.get("inputs"))
    ):
        return False
    hashes = entry["inputs"] | {"": entry.get("output")}
    named = set(hashes) == {*INPUTS[stage], ""}
    return named and all(isinstance(value, str) for value in hashes.values())


def _is_table(value: Any) -> bool:
    return isinstance(value, dict)
