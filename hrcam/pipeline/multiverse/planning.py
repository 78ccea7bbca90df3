"""Find what a multiverse can hold, and write the list of it before any score."""

from pathlib import Path
from typing import Any

import pandas as pd

from hrcam.enlargement import ALIGNMENTS, coincide
from hrcam.pipeline.folders import replace_text
from hrcam.pipeline.json_files import read_json
from hrcam.pipeline.multiverse.asked import PLAN, QUICK
from hrcam.pipeline.multiverse.axes import (
    EVERY,
    HEADS,
    RECTIFIERS,
    RIVALS,
    TARGETS,
    axes,
    layer_sets,
)
from hrcam.pipeline.multiverse.cell import probe_of, with_lesion
from hrcam.pipeline.multiverse.plan import Plan, thin
from hrcam.pipeline.multiverse.sources import Source
from hrcam.pipeline.scenes import shape_of
from metrics.storage.plain import to_json


def make_plan(source: Source) -> Plan:
    """List the options there are, once all networks are trained.

    Alignments that coincide in every network, and sets of layers that do, are one
    option.
    """
    asked, seeds = source.asked, source.seeds
    alike, sets, kinds, rivals = True, list[list[str]](), set[str](), list(RIVALS)
    for seed in seeds:
        dataset = source.dataset(seed)
        index = dataset.index.set_index("image_id").loc[with_lesion(dataset)]
        kinds |= set(index["lesion"].astype(str))
    for cell in source.cells():
        dataset = source.dataset(cell["data_seed"])
        probe = probe_of(source.model(cell), dataset)
        size = shape_of(dataset)[:2]
        alike &= all(coincide(t.geometry, size, t.size) for t in probe.taps)
        taps = [tap.name for tap in probe.taps]
        sets.append(list(layer_sets(taps)))
        rivals = [r for r in rivals if -RIVALS[r] <= len(taps)]
    alignments = [a for a in ALIGNMENTS if not (alike and a == "half_pixel")]
    plan = Plan(
        axes(
            {
                "network": asked.networks,
                "data_seed": seeds,
                "training_seed": [str(seed) for seed in asked.seeds],
                "head": [head.name for head in HEADS],
                "layers": [x for x in sets[0] if all(x in other for other in sets)],
                "alignment": alignments,
                "rectifier": RECTIFIERS,
                "target": TARGETS,
                "lesion": [EVERY, *sorted(kinds)] if len(kinds) > 1 else [EVERY],
            }
        ),
        tuple(rivals),
    )
    least = asked.specifications or (QUICK if asked.quick else 0)
    return thin(plan, least) if least else plan


def settle_plan(plan: Plan, source: Source, out: Path) -> dict[str, Any]:
    """Write the list of specifications and its hash, or see that it is the same.

    Raises
    ------
    ValueError
        If the folder holds another list.
    """
    told = {**plan.describe(), "given": source.given, "quick": source.asked.quick}
    path = out / PLAN
    if path.is_file():
        held = read_json(path, "choose another --out").get("sha256")
        if held != told["sha256"]:
            msg = (
                f"{out} must hold these specifications, {told['sha256'][:12]}, got "
                f"{str(held)[:12]}; choose another --out"
            )
            raise ValueError(msg)
    else:
        rows = pd.DataFrame(list(plan.rows()), columns=[a.name for a in plan.axes])
        rows.to_parquet(out / "specifications.parquet", index=False)
        replace_text(path, to_json(told))
    return told
