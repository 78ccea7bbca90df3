"""Draw a dataset in memory."""

from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from simbench.audit import audit, keep_budget
from simbench.blocks import Tables, draw_block, layout, starts
from simbench.dataset import Dataset
from simbench.recipe import Recipe
from simbench.tables import framed


def generate(
    recipe: Recipe,
    executor: Executor | None = None,
    progress: Callable[[int], None] | None = None,
) -> Dataset:
    """Draw a dataset in memory.

    Parameters
    ----------
    recipe
        What to draw.
    executor
        Draws the blocks, in processes or elsewhere; None draws them here. The result
        does not depend on it.
    progress
        Called with the number of images just finished.

    Raises
    ------
    ValueError
        If the classes are told without looking: a leak beyond the recipe's budget.
    """
    arrays = {
        name: np.empty((recipe.images, *entry.shape), entry.dtype)
        for name, entry in layout(recipe).items()
    }
    tables = Tables()
    work = partial(draw_block, recipe)
    draw = map if executor is None else executor.map
    for block in draw(work, starts(recipe)):
        start, stop = block.start, block.start + len(block.tables.index)
        for name, array in arrays.items():
            array[start:stop] = block.arrays[name]
        tables.extend(block.tables)
        if progress:
            progress(stop - start)
    dataset = assembled(recipe, tables, arrays)
    found = audit(dataset)
    keep_budget(found, f"recipe '{recipe.name}'")
    return replace(dataset, audit=found)


def assembled(recipe: Recipe, tables: Tables, arrays: Mapping[str, Any]) -> Dataset:
    """Make a dataset of rows and arrays."""
    return Dataset(
        identity=recipe.identity,
        recipe=recipe,
        classes=tuple(entry.name for entry in recipe.classes),
        index=framed("index", tables.index),
        lesions=framed("lesions", tables.lesions),
        confounders=framed("confounders", tables.confounders),
        arrays=arrays,
    )
