"""A cell of the multiverse: a network trained once, on one dataset, all its maps."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from hrcam.pipeline.multiverse.axes import RIVALS, layer_sets
from hrcam.pipeline.multiverse.contracting import BASE, BATCH, pairs, passing, stack
from hrcam.pipeline.multiverse.heads import fit_all
from hrcam.pipeline.multiverse.measuring import Grid, measure_batch
from hrcam.pipeline.multiverse.plan import Plan
from hrcam.pipeline.scenes import labels_of, shape_of
from metrics.storage.archives import read_arrays
from simbench.dataset import Dataset

#: Of files that hold a cell; another number is measured anew.
SCHEMA = 1


@dataclass(frozen=True, eq=False)
class Cell:
    """What a cell measured.

    Parameters
    ----------
    ids, subjects, lesions
        Of the test images with a lesion, (n,).
    correct
        Whether the network classified them correctly.
    place
        By image, the row of the true and of the predicted class, (n, 2).
    found
        By row, head, set of layers, alignment, rectifier and measure.
    rivals
        By row, rival, alignment, rectifier and measure.
    """

    ids: Shaped[np.ndarray, " n"]
    subjects: Shaped[np.ndarray, " n"]
    lesions: Shaped[np.ndarray, " n"]
    correct: Bool[np.ndarray, " n"]
    place: Int[np.ndarray, "n 2"]
    found: Float[np.ndarray, "p h s a r m"]
    rivals: Float[np.ndarray, "p v a r m"]


def with_lesion(dataset: Dataset) -> list[str]:
    """Return the test images that have a lesion in their mask.

    Raises
    ------
    ValueError
        If there is none.
    """
    ids = dataset.ids("test")
    masks = dataset.read("mask", ids)
    found = [image for image, mask in zip(ids, masks, strict=True) if mask.any()]
    if not found:
        msg = "test split must have images with a lesion, got none; choose another"
        raise ValueError(msg)
    return found


def probe_of(model: Any, dataset: Dataset) -> Any:
    """Prepare a model's network for looking into.

    Raises
    ------
    ValueError
        If it has no linear head on the pooled last layer, so that CAM is undefined.
    """
    from hrcam.engine.preparation import prepare

    probe = prepare(model.network, shape_of(dataset))
    if probe.base is None:
        msg = (
            "network must end in global average pooling and one linear layer for CAM, "
            "got another end; choose another network"
        )
        raise ValueError(msg)
    return probe


def run_cell(
    model: Any,
    dataset: Dataset,
    plan: Plan,
    seed: int,
    progress: Callable[[int], None] | None = None,
) -> Cell:
    """Fit all heads, pass over the images once, and measure every map.

    Parameters
    ----------
    model, dataset
        Trained and opened.
    plan
        What is measured.
    seed
        Of the paper's heads.
    progress
        Called with the number of images just finished.
    """
    from hrcam.engine.explanation import coefficients
    from hrcam.engine.pooling import logits

    probe, ids = probe_of(model, dataset), with_lesion(dataset)
    labels = labels_of(dataset, ids)
    predicted = logits(probe, dataset.images(ids)).argmax(axis=1)
    rows, aims, place = pairs(labels, predicted)
    grid = make_grid(probe, dataset, plan, seed)
    targets = coefficients(aims, probe.classes)
    layers = {layer for name, layer in grid.rivals.items() if name != "cam"}
    gradients = [tap.name for tap in probe.taps if tap.name in layers]
    draw = passing(probe, grid.columns, gradients)
    found, rivals = [], []
    for start in range(0, len(rows), BATCH):
        batch = slice(start, start + BATCH)
        some = [ids[row] for row in rows[batch]]
        raw = draw(dataset.read("image", some), targets[batch])
        own, others = measure_batch(raw, dataset.read("mask", some), grid)
        found.append(own)
        rivals.append(others)
        if progress is not None:
            progress(len(some))
    index = dataset.index.set_index("image_id").loc[ids]
    return Cell(
        np.array(ids),
        index["subject"].astype(str).to_numpy(dtype=str),
        index["lesion"].astype(str).to_numpy(dtype=str),
        labels == predicted,
        place,
        np.concatenate(found),
        np.concatenate(rivals),
    )


def make_grid(probe: Any, dataset: Dataset, plan: Plan, seed: int) -> Grid:
    """Fit the heads of a plan on a network and say how its maps are made."""
    taps = [tap.name for tap in probe.taps]
    sets = layer_sets(taps)
    chosen = {name: sets[name] for name in plan.options("layers")}
    fitted = fit_all(probe, dataset, plan.heads, chosen, seed)
    columns = stack({**fitted, BASE: probe.base}, taps)
    return Grid(
        plan.options("head"),
        plan.options("layers"),
        plan.options("alignment"),
        plan.options("rectifier"),
        columns,
        {rival: taps[RIVALS[rival]] for rival in plan.rivals},
        {tap.name: tap.geometry for tap in probe.taps},
        shape_of(dataset)[:2],
    )


def write_cell(cell: Cell, path: Path, digest: str) -> None:
    """Write a cell under a temporary name and move it into place."""
    temporary = path.with_name(f"{path.name}.partial")
    with temporary.open("wb") as file:
        np.savez(file, schema=SCHEMA, plan=digest, **cast(Any, vars(cell)))
    temporary.replace(path)


def read_cell(path: Path, digest: str) -> Cell | None:
    """Read a cell; None if it is not there, or belongs to another plan.

    Raises
    ------
    ValueError
        If the file is damaged.
    """
    if not path.is_file():
        return None
    try:
        held = read_arrays(path)
        if int(held["schema"]) != SCHEMA or str(held["plan"]) != digest:
            return None
        return Cell(**{name: held[name] for name in Cell.__dataclass_fields__})
    except (KeyError, TypeError, ValueError) as error:
        msg = f"{path} must be whole, got: {error}; remove it and run again"
        raise ValueError(msg) from error
