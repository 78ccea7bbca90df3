"""A suite's folder: datasets, trained models and cached baselines, with checksums."""

import hashlib
from pathlib import Path

from hrcam.pipeline.executors import Hands
from hrcam.pipeline.folders import check_free, replace_text
from hrcam.pipeline.locks import locked
from hrcam.pipeline.studies.cells import Watch, Work
from hrcam.pipeline.studies.crew import run_cells
from hrcam.pipeline.studies.suites.suite import Suite
from metrics import ScoreOptions
from simbench.verification import verify as verify_dataset

MANIFEST = "SUITE.sha256"
_BLOCK = 2**20


def options_of(suite: Suite) -> ScoreOptions:
    """Return how maps are scored."""
    plan = suite.plan
    return ScoreOptions(
        thresholds=plan.thresholds,
        primary=plan.primary,
        scores=plan.scores,
        resamples=100,
        checks=False,
    )


def build(suite: Suite, folder: Path, hands: Hands, watch: Watch) -> Work:
    """Make a suite's folder, or what is left of it; or check the finished one.

    Raises
    ------
    ValueError
        If a finished one does not agree with its checksums, or is of another suite.
    """
    work = Work(
        folder.absolute(),
        suite.digest,
        suite.plan.baselines,
        dict.fromkeys(suite.plan.recipes, options_of(suite)),
        suite.plan.epochs,
        hands,
        keep=False,
        watch=watch,
    )
    if (folder / MANIFEST).is_file():
        check(suite, folder)
        return work
    check_free(folder, overwrite=True)
    with locked(folder):
        run_cells(work, suite.cells, drop=False)
        replace_text(folder / MANIFEST, _manifest(suite, folder))
    return work


def check(suite: Suite, folder: Path) -> None:
    """Compare every file of a suite's folder with its checksum.

    Raises
    ------
    ValueError
        If it is of another suite, or a file is missing, changed or not listed.
    """
    path = folder / MANIFEST
    if not path.is_file():
        msg = f"{folder} must be a finished suite's folder, got no {MANIFEST}"
        raise ValueError(msg)
    head, *lines = path.read_text(encoding="utf-8").splitlines()
    if head != _head(suite):
        msg = (
            f"{folder} must be of {suite.plan.name}, {suite.digest[:16]}, got one "
            f"headed {head!r}; choose another folder"
        )
        raise ValueError(msg)
    held = dict(line.split("  ", 1)[::-1] for line in lines)
    found = _hashes(folder)
    for name in sorted(held.keys() | found.keys()):
        if held.get(name) != found.get(name):
            what = "missing" if name not in found else "changed"
            what = "not listed" if name not in held else what
            msg = (
                f"{folder} must agree with {MANIFEST}, got {name} {what}; take a whole "
                "copy, or make it anew in another folder"
            )
            raise ValueError(msg)
    for dataset in sorted((folder / "datasets").iterdir()):
        for problem in verify_dataset(dataset):
            msg = f"{dataset} must agree with its manifest, got: {problem}"
            raise ValueError(msg)


def _head(suite: Suite) -> str:
    return f"# {suite.plan.name} {suite.digest}"


def _manifest(suite: Suite, folder: Path) -> str:
    lines = [f"{value}  {name}" for name, value in _hashes(folder).items()]
    return "\n".join([_head(suite), *lines]) + "\n"


def _hashes(folder: Path) -> dict[str, str]:
    """Hash every file of the cells; datasets have manifests of their own."""
    paths = sorted(p for p in (folder / "cells").rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): _hash(p) for p in paths}


def _hash(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            found.update(block)
    return found.hexdigest()
