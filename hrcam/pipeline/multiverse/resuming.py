"""What a cell measures, kept in a file of its own and never measured twice."""

from typing import Any

from hrcam.pipeline.folders import replace_text
from hrcam.pipeline.json_files import read_json
from hrcam.pipeline.multiverse.cell import (
    Cell,
    read_cell,
    run_cell,
    with_lesion,
    write_cell,
)
from hrcam.pipeline.multiverse.localization import METHODS, QUICK_METHODS, compare
from hrcam.pipeline.multiverse.plan import Plan, digest
from hrcam.pipeline.multiverse.sources import Source
from metrics.storage.plain import to_json, to_plain


def measured(source: Source, plan: Plan, cell: dict[str, str]) -> Cell:
    """Return what a cell measured, from its file if that is there."""
    path, sha = source.place.cell(cell), digest(plan)
    found = read_cell(path, sha)
    if found is None:
        dataset = source.dataset(cell["data_seed"])
        with source.watch("multiverse", len(with_lesion(dataset))) as progress:
            model = source.model(cell)
            seed = int(cell["training_seed"])
            found = run_cell(model, dataset, plan, seed, progress)
        write_cell(found, path, sha)
    return found


def related(source: Source, cell: dict[str, str]) -> dict[str, Any]:
    """Return a cell's comparison with reliance, from its file if that is there."""
    held = kept(source, cell)
    if held is not None:
        return held
    path, images = source.place.reliance(cell), source.asked.images
    dataset = source.dataset(cell["data_seed"])
    with source.watch("reliance", images or len(dataset.ids("test"))) as progress:
        model, seed = source.model(cell), int(cell["training_seed"])
        found = compare(
            model,
            dataset,
            images,
            seed,
            path.parent,
            methods=QUICK_METHODS if source.asked.quick else METHODS,
            progress=progress,
        )
    told: dict[str, Any] = to_plain({**cell, "asked": images, **found}, digits=10)
    replace_text(path, to_json(told))
    return told


def kept(source: Source, cell: dict[str, str]) -> dict[str, Any] | None:
    """Return a cell's comparison from its file; None if it has to be made."""
    path, images = source.place.reliance(cell), source.asked.images
    if images < 0:
        return {}
    if not path.is_file():
        return None
    held = read_json(path, "remove it and run again")
    return held if held.get("asked") == images else None
