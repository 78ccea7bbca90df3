"""What a run has done, by content: which output followed from which inputs.

Times and names say nothing: a folder may be copied, and a clock may be wrong. What is
written of a stage in ``run.json`` is the hash of what it made, and of what from.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

#: What each stage reads.
INPUTS = {
    "dataset": (),
    "model": ("dataset",),
    "maps": ("dataset", "model"),
    "scores": ("dataset", "maps"),
    "report": ("scores",),
}
REPORT = ("report.pdf", "report.html", "report.json")
_MANIFEST = "MANIFEST.sha256"


def output(folder: Path, stage: str) -> Path:
    """Return what a stage leaves in a run's folder."""
    return folder / (REPORT[0] if stage == "report" else stage)


def identify(folder: Path, stage: str) -> str:
    """Hash the content of what a stage left; empty if there is nothing.

    A dataset is known by its manifest, which lists the checksum of every file; whether
    they agree is for ``hrcam verify`` to say.
    """
    place = output(folder, stage)
    if not place.exists():
        return ""
    if stage == "report":
        files = [folder / name for name in REPORT]
    elif (place / _MANIFEST).is_file():
        files = [place / _MANIFEST]
    else:
        files = sorted(path for path in place.rglob("*") if path.is_file())
    digest = hashlib.sha256()
    for path in files:
        name = path.relative_to(folder).as_posix()
        digest.update(f"{name} {_checksum(path)}\n".encode())
    return digest.hexdigest()


def enter(folder: Path, stage: str) -> dict[str, Any]:
    """Return what is to be written down of a stage that is done."""
    inputs = {name: identify(folder, name) for name in INPUTS[stage]}
    return {"output": identify(folder, stage), "inputs": inputs}


def is_done(folder: Path, stage: str, entry: Mapping[str, Any] | None) -> bool:
    """Say whether a stage is done; False if it is to be done, or done again.

    Parameters
    ----------
    folder
        The run's.
    stage
        A key of :data:`INPUTS`.
    entry
        What was written down of it; None if nothing was. A folder that is there all the
        same was finished just before the run was killed, for folders appear whole; the
        three files of a report may not be.

    Raises
    ------
    FileExistsError
        If what it left was changed by someone.
    """
    place = output(folder, stage)
    if not place.exists():
        return False
    if entry is None:
        return stage != "report"
    if identify(folder, stage) != entry["output"]:
        msg = (
            f"{place} must be as the run left it, got other content; remove it and it "
            "is made again, or choose another --out"
        )
        raise FileExistsError(msg)
    return not changed(folder, entry)


def changed(folder: Path, entry: Mapping[str, Any]) -> list[str]:
    """Name the inputs of a stage that are no longer what it was made of."""
    inputs: Mapping[str, str] = entry["inputs"]
    return [name for name, was in inputs.items() if identify(folder, name) != was]


def _checksum(path: Path) -> str:
    if not path.is_file():
        return "missing"
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
