"""What a report shows beside the scores: panels, data card, model, provenance."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from hrcam.maps import Explained, LayerMaps
from hrcam.pipeline.model import versions
from hrcam.pipeline.shown import read_folder, read_maps, read_pictures
from hrcam.pipeline.slices import choose_slice, cut, frame
from metrics import MapSource, MaskSource, Scores
from metrics.counting.truth import as_truth
from simbench.dataset import Dataset

#: Masks that are measured at a time.
MEASURED = 256
#: Thumbnails on the data card, per lesion kind.
THUMBNAILS = 2


@dataclass(frozen=True)
class Comparison:
    """All that a report may show of one comparison.

    Parameters
    ----------
    scores
        A :class:`metrics.Scores`.
    sources
        Sources of maps, in the order of the scored entries.
    masks
        The source of masks.
    dataset
        Whose masks they are, or None.
    runs
        Maps of ours among the sources.
    images
        Folder of images to draw on where there is no dataset, or None.
    region
        Which truth of the dataset was scored.
    published
        How good classifiers of these images were elsewhere, as a recipe of a run says;
        by default what the shipped recipes know of the dataset.
    """

    scores: Scores
    sources: Mapping[str, MapSource]
    masks: MaskSource
    dataset: Dataset | None
    runs: Sequence[Explained]
    images: Path | str | None
    region: str = "mask"
    published: Mapping[str, Any] | None = None


def gather_evidence(comparison: Comparison, command: str) -> dict[str, Any]:
    """Collect the evidence of a comparison; what is unknown is left out."""
    runs, dataset = comparison.runs, comparison.dataset
    known = runs[0].evidence if len(runs) == 1 else {}
    evidence = {n: known[n] for n in ("classifier", "heads") if n in known}
    if dataset is not None and "classifier" in evidence:
        evidence["classifier"] = _beside(evidence["classifier"], comparison)
    evidence["provenance"] = {
        "title": _title(known, dataset),
        "command": command,
        "platform": f"{platform.system()} {platform.machine()}",
        "date": datetime.now(UTC).date().isoformat(),
        "versions": versions(),
        **known.get("provenance", {}),
    }
    if dataset is not None:
        card = describe_data(dataset, comparison.masks.ids, comparison.region)
        evidence["data"] = card
    panels = draw_panels(comparison)
    from hrcam.pipeline.gallery import draw_gallery

    gallery = draw_gallery(comparison)
    drawn = {"panels": panels, "gallery": gallery}
    return evidence | {name: arrays for name, arrays in drawn.items() if arrays}


def describe_data(
    dataset: Dataset, ids: Sequence[str], region: str = "mask"
) -> dict[str, Any]:
    """Count a dataset's images and measure the masks of the scored ones."""
    groups = ["split", "label", "lesion"]
    counts = dataset.index.groupby(groups, sort=True).size().reset_index(name="images")
    splits = [
        {**row, "label": int(row["label"]), "images": int(row["images"])}
        for row in counts.to_dict("records")
    ]
    kinds = dataset.index.set_index("image_id").loc[list(ids), "lesion"].to_numpy()
    masks = "mask" if region == "effect" else region
    parts = [ids[i : i + MEASURED] for i in range(0, len(ids), MEASURED)]
    shares = np.concatenate(
        [dataset.read(masks, part).mean(axis=(1, 2)) for part in parts]
    )
    areas = {
        str(kind): {
            name: float(np.quantile(shares[kinds == kind], q))
            for name, q in (("q1", 0.25), ("median", 0.5), ("q3", 0.75))
        }
        for kind in sorted(set(kinds[shares > 0]))
    }
    return {
        "splits": splits,
        "classes": list(dataset.classes),
        "size": list(dataset.arrays["image"].shape[1:3]),
        "truth": region,
        "mask_area": areas,
        "audit": dict(dataset.audit),
        "noise": _noise(dataset),
    }


def draw_panels(comparison: Comparison) -> dict[str, np.ndarray]:
    """Cut the images, masks and maps of the panels that the printed rule chose."""
    results, sources = comparison.scores.results, comparison.sources
    ids = [panel["image_id"] for panel in results["panels"]]
    if not ids:
        return {}
    truths = [as_truth(comparison.masks.read([image])) for image in ids]
    places = dict(zip(ids, map(choose_slice, truths), strict=True))
    maps = [read_maps(source, truths, places) for source in sources.values()]
    lesions = [t.lesion[0] for t in truths]
    panels = {
        "ids": np.array(ids),
        "masks": frame(list(map(cut, lesions, places.values()))),
        "names": np.array([entry["name"] for entry in comparison.scores.entries]),
        "maps": np.stack(maps, axis=1).astype(np.float32),
    }
    if comparison.dataset is not None:
        panels["images"] = read_pictures(comparison.dataset, ids)
        panels |= _thumbnails(comparison.dataset)
    elif comparison.images is not None:
        panels["images"] = read_folder(Path(comparison.images), places)
    return panels | _layer_maps(sources, results["options"]["reference"], ids)


def _layer_maps(
    sources: Mapping[str, MapSource], reference: str, ids: Sequence[str]
) -> dict[str, np.ndarray]:
    """Return each layer's part of the reference method (the paper's Figure 6C)."""
    source = sources.get(reference)
    if not isinstance(source, LayerMaps) or len(source.parts) < 2:
        return {}
    layers = [source.layer(name).read(ids) for name in source.parts]
    return {
        "layer_names": np.array(list(source.parts)),
        "layer_maps": np.stack(layers, axis=1).astype(np.float32),
    }


def _noise(dataset: Dataset) -> str | None:
    """Name the law of the recipe's noise and its ranges."""
    if dataset.recipe is None:
        return None
    table = dataset.recipe.acquisition.noise.model_dump(exclude_none=True)
    kind = table.pop("kind").replace("_", " ")
    parts = [
        f"{key} " + (" to ".join(map(str, v)) if isinstance(v, tuple) else str(v))
        for key, v in table.items()
        if not isinstance(v, dict)
    ]
    return ", ".join([kind, *parts])


def _thumbnails(dataset: Dataset) -> dict[str, np.ndarray]:
    """Return the first training images of each lesion kind."""
    rows = dataset.index[dataset.index["split"] == "train"]
    some = rows.groupby("lesion", sort=True).head(THUMBNAILS).sort_values("lesion")
    return {
        "thumbnails": read_pictures(dataset, some["image_id"].tolist()),
        "thumbnail_labels": np.array(some["lesion"].tolist()),
    }


def _beside(classifier: Mapping[str, Any], comparison: Comparison) -> Mapping[str, Any]:
    """Put what was published beside a classifier's own scores."""
    from hrcam.run_recipe import published_of

    dataset, published = comparison.dataset, comparison.published
    if published is None and dataset is not None:
        simulated = dataset.recipe.name if dataset.recipe else ""
        published = published_of(dataset.reader, simulated)
    return {**classifier, "published": published} if published else classifier


def _title(known: Mapping[str, Any], dataset: Dataset | None) -> str:
    if dataset is None or not known.get("provenance"):
        return "Comparison of saliency maps"
    known_name = dataset.recipe or dataset.reader
    name = dataset.name if known_name else "the dataset"
    return f"Class-activation maps on {name}"
