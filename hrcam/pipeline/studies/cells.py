"""Run a cell: train on its dataset, explain, score; each stage once.

A stage whose folder is there is done, because folders only appear whole.
"""

import json
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hrcam.pipeline.executors import Hands
from hrcam.pipeline.folders import replace_text
from hrcam.pipeline.json_files import read_json
from hrcam.pipeline.studies.grid import Cell
from metrics import ScoreOptions

#: Tells a stage and its number of steps, and takes the steps done.
Watch = Callable[[str, int], AbstractContextManager[Callable[[int], None] | None]]
SCHEMA = 1
_AGAIN = "remove its folder and run again"


@dataclass(frozen=True)
class Work:
    """What all cells of a study have in common.

    Parameters
    ----------
    folder
        The study's.
    grid
        SHA-256 of what was stated beforehand.
    methods
        As :func:`hrcam.explain` takes them.
    options
        How maps are scored, by the recipe's key.
    epochs
        Passes of a training; 0 keeps the default.
    hands
        Who does cells; its processes also draw datasets.
    keep
        Whether datasets and maps stay when all scores that need them are there.
    watch
        Told of every stage.
    """

    folder: Path
    grid: str
    methods: tuple[str, ...]
    options: Mapping[str, ScoreOptions]
    epochs: int
    hands: Hands
    keep: bool
    watch: Watch

    def place(self, cell: Cell) -> Path:
        """Return the folder of a cell."""
        return self.folder / "cells" / cell.name

    def data(self, cell: Cell) -> Path:
        """Return the folder of a cell's dataset."""
        return self.folder / "datasets" / cell.data

    def done(self, cell: Cell) -> bool:
        """Say whether a cell has its scores."""
        return (self.place(cell) / "scores").is_dir()


def run_cell(work: Work, cell: Cell) -> None:
    """Do what is left of a cell.

    Raises
    ------
    ValueError
        If its folder holds a cell of something else.
    """
    place = work.place(cell)
    _begin(work, cell)
    if not work.done(cell):
        draw(work, cell)
        for stage, run in (("model", _train), ("maps", _explain), ("scores", _score)):
            if not (place / stage).is_dir():
                begin = time.perf_counter()
                run(work, cell)
                _note(place, stage, time.perf_counter() - begin)
    if not work.keep:
        shutil.rmtree(place / "maps", ignore_errors=True)


def told(cell: Cell, grid: str) -> dict[str, Any]:
    """Return what a cell's record must say."""
    return {
        "schema": SCHEMA,
        "grid": grid,
        "recipe": cell.recipe.identity,
        "network": cell.network,
        "seed": cell.seed,
    }


def check_cell(place: Path, cell: Cell, grid: str) -> dict[str, Any]:
    """Return a cell's record.

    Raises
    ------
    ValueError
        If it is one of another grid, recipe, network or seed.
    """
    held = read_json(place / "cell.json", _AGAIN)
    wanted = told(cell, grid)
    odd = [key for key, value in wanted.items() if held.get(key) != value]
    if odd:
        key = odd[0]
        msg = (
            f"{place} must be of this {key}, {str(wanted[key])[:16]}, got "
            f"{str(held.get(key))[:16]}; move it away, or choose another --out"
        )
        raise ValueError(msg)
    return held


def _begin(work: Work, cell: Cell) -> None:
    """Make a cell's folder, or check that it is the cell's."""
    place = work.place(cell)
    if (place / "cell.json").is_file():
        check_cell(place, cell, work.grid)
        return
    place.mkdir(parents=True, exist_ok=True)
    _write(place, {**told(cell, work.grid), "seconds": {}})


def draw(work: Work, cell: Cell) -> None:
    """Draw a cell's dataset, unless it is there."""
    from hrcam.pipeline.generation import generate

    out = work.data(cell)
    if out.is_dir():
        return
    with work.watch("generate", cell.recipe.images) as progress:
        generate(cell.recipe, out, workers=work.hands.workers, progress=progress)


def _train(work: Work, cell: Cell) -> None:
    from hrcam.engine.training import Training
    from hrcam.pipeline.training import train

    settings = Training(
        cell.network, epochs=work.epochs or Training.epochs, seed=cell.seed
    )
    steps = settings.epochs * cell.recipe.splits.train
    with work.watch("train", steps) as progress:
        train(
            work.data(cell),
            work.place(cell) / "model",
            settings=settings,
            progress=progress,
        )


def _explain(work: Work, cell: Cell) -> None:
    from hrcam.pipeline.explaining import explain

    with work.watch("explain", cell.recipe.splits.test) as progress:
        explain(
            work.place(cell) / "model",
            work.data(cell),
            work.methods,
            work.place(cell) / "maps",
            seed=cell.seed,
            progress=progress,
        )


def _score(work: Work, cell: Cell) -> None:
    from hrcam.pipeline.scoring import score

    with work.watch("score", cell.recipe.splits.test):
        score(
            {"run": work.place(cell) / "maps"},
            work.data(cell),
            work.place(cell) / "scores",
            options=work.options[cell.key],
            command=f"cell {cell.name}",
        )


def _note(place: Path, stage: str, seconds: float) -> None:
    """Record how long a stage took."""
    record = read_json(place / "cell.json", _AGAIN)
    record["seconds"][stage] = round(seconds, 1)
    _write(place, record)


def _write(place: Path, record: dict[str, Any]) -> None:
    replace_text(place / "cell.json", json.dumps(record, indent=1) + "\n")
