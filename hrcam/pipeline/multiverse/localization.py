"""Where maps point against what the network uses: AP beside reliance, map by map.

Reliance is the rank correlation, over lesions, of what the network loses without a
lesion with the share of the map on it. A large lesion holds more of any map and counts
for more with the network, so the share measures the lesion's size partly; *at equal
area* the size is held fixed (partial correlation of ranks).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from hrcam.pipeline.counterfactuals import counterfactuals, regions
from hrcam.pipeline.explaining import explain
from hrcam.pipeline.masses import mass
from hrcam.pipeline.reliance import explained_classes
from hrcam.pipeline.responding import responder
from hrcam.pipeline.sanity.sampling import sampled
from hrcam.pipeline.scenes import shape_of
from metrics.counting.ranking import rank
from metrics.counting.truth import Truth
from metrics.statistics.association import associate
from metrics.statistics.intervals import average
from simbench.dataset import Dataset

#: Methods that are compared, every one at every layer that it can look at; and those of
#: a quick study, whose heads are fitted at once.
METHODS = ("standard",)
QUICK_METHODS = (
    *("hr_cam", "hr_cam_pattern", "cam", "grad_cam", "hires_cam", "layer_cam"),
    *("intensity", "local_variance", "sobel", "random"),
)

#: What is told of each map, of the names that the score table has.
WORDS = ("method", "layer", "kind", "label")

#: How reliance is measured: as it is, and with the lesion's size held fixed.
KINDS = ("pooled", "at_equal_area")


@dataclass(frozen=True, eq=False)
class Lesions:
    """The lesions of images, each with what the network loses without it.

    Parameters
    ----------
    rows
        Place of each lesion's image, (m,).
    where
        Its part of the mask, (m, h, w).
    drops
        Of the target logit without it, (m,).
    """

    rows: Int[np.ndarray, " m"]
    where: Bool[np.ndarray, "m h w"]
    drops: Float[np.ndarray, " m"]

    @property
    def areas(self) -> Float[np.ndarray, " m"]:
        """Share of the image."""
        found: np.ndarray = self.where.mean(axis=(1, 2))
        return found


def compare(  # noqa: PLR0913  what a study is made of
    model: Any,
    dataset: Dataset,
    images: int,
    seed: int,
    folder: Path,
    *,
    methods: Sequence[str] = METHODS,
    progress: Callable[[int], None] | None = None,
) -> dict[str, Any]:
    """Put AP beside reliance for every method at every layer.

    Parameters
    ----------
    model, dataset
        Opened; the dataset must be simulated.
    images
        Test images of the explained class that are looked at; 0 for all.
    seed
        Of the choice of images and of the bootstrap.
    folder
        Where the maps are kept meanwhile.
    methods
        As :func:`hrcam.explain` takes them.
    progress
        Called with the number of images explained.

    Returns
    -------
    found
        ``entries`` and ``relation``; empty where nothing can be drawn anew.
    """
    some = sampled(dataset, images, 0, seed) if images else dataset
    ids = [
        image
        for image, mask in zip(
            some.ids("test"), some.read("mask", some.ids("test")), strict=True
        )
        if mask.any()
    ]
    found = counterfactuals(dataset, ids)
    if found is None or found.lesions.empty:
        return {}
    respond = responder(model.network, dataset.arrays["image"].shape[1:])
    aims = explained_classes(dataset, ids)
    rows = found.lesions["row"].to_numpy().astype(np.int64)
    whole = respond(dataset.read("image", ids), aims).logit
    drops = whole[rows] - respond(found.without, aims[rows]).logit
    lesions = Lesions(rows, regions(dataset, found.lesions), drops)
    subjects = dataset.index.set_index("image_id")["subject"].astype(str).loc[ids]
    groups = np.unique(subjects.to_numpy(dtype=str), return_inverse=True)[1]
    masks, entries = dataset.read("mask", ids), []
    with TemporaryDirectory(dir=folder) as aside:
        out = Path(aside) / "maps"
        how: dict[str, Any] = {"layers": "all", "seed": seed, "progress": progress}
        for name, source in explain(model, some, methods, out, **how).items():
            row = {key: source.names[key] for key in WORDS}
            told = score(source.read(ids), masks, groups, lesions, seed)
            entries.append({"entry": name, **row, **told})
    size = shape_of(dataset)
    return {
        "images": len(ids),
        "lesions": len(rows),
        "size": list(size[:2]),
        "area": relate_all(lesions, lesions.areas, groups, seed)["pooled"],
        "entries": entries,
        "relation": relation(entries, seed),
    }


def score(
    maps: Float[np.ndarray, "n h w"],
    masks: Bool[np.ndarray, "n h w"],
    groups: Int[np.ndarray, " n"],
    lesions: Lesions,
    seed: int,
) -> dict[str, Any]:
    """Return a method's AP, its lift, and its reliance, all with intervals.

    The lift is (AP - prevalence) / (1 - prevalence), averaged over images.
    """
    truth = Truth(masks)
    precision = rank(maps, truth).average_precision
    prevalence = truth.prevalence
    lift = (precision - prevalence) / np.where(prevalence < 1, 1 - prevalence, np.nan)
    values = {"average_precision": precision, "lift": lift}
    told = {name: _mean(x, groups) for name, x in values.items()}
    held = mass(maps[lesions.rows], lesions.where)["share"]
    return {**told, **relate_all(lesions, held, groups, seed)}


def relate_all(
    lesions: Lesions,
    held: Float[np.ndarray, " m"],
    groups: Int[np.ndarray, " n"],
    seed: int,
) -> dict[str, Any]:
    """Correlate a number of each lesion with what the network loses without it.

    ``pooled`` over all lesions; ``at_equal_area`` with their size held fixed.
    """
    mine = groups[lesions.rows]
    pooled = associate(lesions.drops, held, mine, seed=seed)
    equal = associate(lesions.drops, held, mine, lesions.areas, seed=seed)
    return {"pooled": vars(pooled), "at_equal_area": vars(equal)}


def relation(entries: Sequence[Mapping[str, Any]], seed: int) -> dict[str, Any]:
    """Say whether maps that localize better show more of what the network uses.

    Rank correlation over entries that explain the network, AP with reliance. The
    interval draws whole methods, since a method's maps at several layers are akin; the
    entries are those there are, no sample of methods.
    """
    own = [entry for entry in entries if entry["kind"] == "model"]
    methods = np.unique([entry["method"] for entry in own], return_inverse=True)[1]
    precision = np.array([entry["average_precision"]["mean"] for entry in own])
    return {
        kind: vars(
            associate(
                precision.astype(np.float64),
                np.array([e[kind]["estimate"] for e in own], dtype=np.float64),
                methods.astype(np.int64),
                seed=seed,
            )
        )
        for kind in KINDS
    } | {"methods": int(methods.max(initial=-1)) + 1}


def _mean(
    values: Float[np.ndarray, " n"], groups: Int[np.ndarray, " n"]
) -> dict[str, float | int]:
    """Return a mean with its interval, clustered by subject."""
    known = np.isfinite(values)
    mean = average(values[known], groups[known].astype(np.int64))
    low, high = mean.interval(0.95)
    return {"mean": mean.estimate, "low": low, "high": high, "n": mean.count}
