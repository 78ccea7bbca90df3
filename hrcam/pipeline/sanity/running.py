"""Run every check for one model and one dataset."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hrcam.pipeline.counterfactuals import counterfactuals
from hrcam.pipeline.folders import check_free, staged
from hrcam.pipeline.masses import AREA
from hrcam.pipeline.opening import open_data, open_model
from hrcam.pipeline.reliance import explained_classes, relate
from hrcam.pipeline.responding import responder
from hrcam.pipeline.sanity.deletion import (
    Perturbation,
    draw_ties,
    median_fill,
    perturb,
)
from hrcam.pipeline.sanity.describing import describe, describe_pairs
from hrcam.pipeline.sanity.labels import permute_heads, permute_training
from hrcam.pipeline.sanity.likeness import Findings
from hrcam.pipeline.sanity.options import Options, Sanity
from hrcam.pipeline.sanity.repetition import repeat
from hrcam.pipeline.sanity.setting import Setting, begin
from hrcam.pipeline.sanity.storage import open_sanity, write_sanity
from hrcam.pipeline.sanity.weights import randomize

Progress = Callable[[int], None] | None


def check(  # noqa: PLR0913  keywords of a public verb
    model: Any,
    dataset: Any,
    out: Path | str | None = None,
    *,
    options: Options | None = None,
    models: Sequence[Any] = (),
    overwrite: bool = False,
    progress: Progress = None,
) -> Sanity:
    """Check whether maps depend on the model and show what it relies on.

    Parameters
    ----------
    model, dataset
        As :func:`hrcam.explain` takes them; the model stays as it was.
    out
        Folder to write; None keeps the result in memory.
    options
        Methods, numbers of images, seed.
    models
        Other models of the same classes: training runs, architectures.
    overwrite
        Whether an existing folder may be replaced.
    progress
        Called with the number of images that a step has dealt with.

    Raises
    ------
    ValueError
        If the network cannot be copied, a model is given twice, or an option or a
        method is unknown.
    """
    if out is not None:
        check_free(Path(out), overwrite, "sanity")
    options = Options() if options is None else options
    setting = begin(open_model(model), open_data(dataset), options)
    found = _run(setting, models, progress)
    if out is None:
        return found
    with staged(Path(out), overwrite, stage="sanity") as folder:
        write_sanity(found, folder)
    return open_sanity(Path(out))


def _run(setting: Setting, models: Sequence[Any], progress: Progress) -> Sanity:
    findings = Findings()
    repeat(setting, models, findings, progress)
    randomize(setting, findings, progress)
    permute_heads(setting, findings, progress)
    notes = []
    if setting.options.epochs:
        permute_training(setting, findings, progress)
    else:
        notes.append("No network was trained on permuted labels (--train EPOCHS).")
    if not models:
        notes.append("No other model was compared (--models FOLDER).")
    asked, reliance = _ask(setting, progress)
    if not reliance:
        notes.append("No lesion can be taken out of these images: no reliance.")
    results = {
        **describe(setting),
        "pairs": describe_pairs(setting),
        "comparisons": findings.comparisons,
        "deletion": asked[0],
        "curves": asked[1],
        "notes": notes,
    }
    rows = [*findings.rows, *asked[2]]
    subjects = setting.dataset.index.set_index("image_id")["subject"].astype(str)
    table = pd.concat([*rows, *_masses(reliance)], ignore_index=True)
    table["subject"] = subjects.loc[table["image_id"]].to_numpy()
    return Sanity(results, reliance, table)


def _ask(setting: Setting, progress: Progress) -> tuple[Any, dict[str, Any]]:
    """Ask the network about images with fewer pixels and with fewer lesions."""
    dataset, ids, seed = setting.dataset, list(setting.ids), setting.options.seed
    maps = setting.reference.maps
    respond = responder(setting.model.network, dataset.arrays["image"].shape[1:])
    without = counterfactuals(dataset, ids, progress)
    fills = {"tissue_median": median_fill(dataset, ids)}
    if without is not None:
        fills["counterfactual"] = without.healthy.astype(np.float32)
    images = dataset.read("image", ids).astype(np.float32)
    given = Perturbation(
        images,
        fills,
        draw_ties(ids, images.shape[1:3], seed),
        explained_classes(dataset, ids),
        setting.reference.subjects,
    )
    areas, curves, rows = perturb(respond, given, maps)
    rows = [row.assign(image_id=ids) for row in rows]
    if without is None or without.lesions.empty:
        return (areas, curves, rows), {}
    found = relate(dataset, ids, without, respond, maps, seed)
    return (areas, curves, rows), dict(found.results)


def _masses(reliance: dict[str, Any]) -> list[pd.DataFrame]:
    """Lay the masses on lesions out as rows of the long table."""
    lesions = pd.DataFrame(reliance.get("rows", []))
    wanted = [*((x["entry"], x["mass"]) for x in reliance.get("entries", []))]
    columns = {("", "drop"): "drop"} | {
        (entry, kind): AREA if entry == AREA else f"{entry}/{kind}"
        for entry, kind in wanted
    }
    return [
        pd.DataFrame(
            {
                "check": "reliance",
                "variant": "",
                "step": "lesion " + lesions["lesion_id"].astype(str),
                "depth": lesions["lesion_id"],
                "entry": entry,
                "image_id": lesions["image_id"],
                "measure": measure,
                "value": lesions[column].to_numpy(dtype=np.float64),
                "status": np.where(lesions[column].isna(), "undefined", "ok"),
            }
        )
        for (entry, measure), column in columns.items()
        if len(lesions)
    ]
