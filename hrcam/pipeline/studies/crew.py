"""Run the cells of a study: one after the other here, or several at a time."""

import shutil
from collections.abc import Iterable
from concurrent.futures import Executor
from dataclasses import replace
from itertools import groupby

from hrcam.console import load_engine
from hrcam.pipeline.executors import Hands, hire
from hrcam.pipeline.running import unwatched
from hrcam.pipeline.studies.cells import Work, draw, run_cell
from hrcam.pipeline.studies.grid import Cell


def run_cells(work: Work, cells: Iterable[Cell], *, drop: bool) -> None:
    """Do what is left of all cells, those of one dataset together.

    With more than one worker, or a cluster, a cell is the unit of work: it is trained,
    explained and scored by one process. ``drop`` removes a dataset when all its cells
    have their scores.
    """
    for _, group in groupby(cells, key=lambda cell: cell.data):
        members = tuple(group)
        # New workers for each dataset: a process keeps some memory of every training.
        with hire(work.hands.workers, work.hands.scheduler) as executor:
            _run(work, members, executor)
        if drop and work.data(members[0]).is_dir():
            shutil.rmtree(work.data(members[0]))


def _run(work: Work, members: tuple[Cell, ...], executor: Executor | None) -> None:
    """Do what is left of a dataset's cells."""
    left = [cell for cell in members if not work.done(cell)]
    if executor is None or not left:
        for cell in members:
            run_cell(work, cell)
        return
    draw(work, left[0])
    own = replace(work, watch=unwatched, hands=Hands())
    images = members[0].recipe.images
    with work.watch(members[0].data, images * len(members)) as progress:
        for _ in executor.map(_alone, [own] * len(members), members):
            if progress is not None:
                progress(images)


def _alone(work: Work, cell: Cell) -> None:
    """Do a cell in a process that may not have loaded the engine."""
    load_engine()
    run_cell(work, cell)
