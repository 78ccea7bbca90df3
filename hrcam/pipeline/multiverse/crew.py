"""Train, measure and compare the cells of a multiverse, several at a time.

What a cell makes is a folder or a file that appears whole, so whoever comes later finds
it; one cell alone, or one worker, is left to whoever needs it first.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from hrcam.console import load_engine
from hrcam.pipeline.executors import hire
from hrcam.pipeline.multiverse.cell import read_cell
from hrcam.pipeline.multiverse.plan import Plan, digest
from hrcam.pipeline.multiverse.resuming import kept, measured, related
from hrcam.pipeline.multiverse.sources import Source
from hrcam.pipeline.running import unwatched


def train_cells(source: Source) -> None:
    """Draw the datasets and train the networks that are not there."""
    steps = {seed: len(source.dataset(seed).ids("train")) for seed in source.seeds}
    left = [cell for cell in source.cells() if not source.holds(cell)]
    images = [source.settings(cell).epochs * steps[cell["data_seed"]] for cell in left]
    _together("train", source, left, images, _train)


def measure_cells(source: Source, plan: Plan) -> None:
    """Measure every cell and compare it with reliance, where that is not done."""
    sha = digest(plan)
    left = [
        cell
        for cell in source.cells()
        if read_cell(source.place.cell(cell), sha) is None or kept(source, cell) is None
    ]
    tests = {seed: len(source.dataset(seed).ids("test")) for seed in source.seeds}
    images = [tests[cell["data_seed"]] for cell in left]
    _together("multiverse", source, left, images, _measure, plan)


def _together(
    stage: str,
    source: Source,
    left: Sequence[dict[str, str]],
    images: Sequence[int],
    work: Callable[..., None],
    *given: Any,
) -> None:
    """Do cells in processes of their own, if there are several of both."""
    own, count = replace(source, watch=unwatched), len(left)
    rest = [[each] * count for each in given]
    with hire(max(1, min(source.asked.workers, count))) as crew:
        if crew is None:
            return
        with source.watch(stage, sum(images)) as progress:
            done = crew.map(work, [own] * count, left, *rest)
            for some, _ in zip(images, done, strict=True):
                if progress is not None:
                    progress(some)


def _train(source: Source, cell: dict[str, str]) -> None:
    load_engine()
    source.model(cell)


def _measure(source: Source, cell: dict[str, str], plan: Plan) -> None:
    load_engine()
    measured(source, plan, cell)
    related(source, cell)
