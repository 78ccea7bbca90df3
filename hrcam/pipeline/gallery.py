"""Cut what the report lets browse: images with all maps and their counts."""

from pathlib import Path

import numpy as np
from skimage.measure import block_reduce

from hrcam.pipeline.evidence import Comparison
from hrcam.pipeline.shown import read_folder, read_maps, read_pictures
from hrcam.pipeline.slices import choose_slice, cut, frame
from metrics.counting.truth import as_truth

#: Pixels of all maps together.
GALLERY_PIXELS = 6_000_000


def draw_gallery(comparison: Comparison) -> dict[str, np.ndarray]:
    """Cut images, masks, maps and counts of the images that the report lets browse.

    Maps are kept as whole hundredths of their range, 255 where not finite, averaged
    over blocks so that all of them fit into :data:`GALLERY_PIXELS`; counts of marked
    pixels are those of the scores, at full size.
    """
    scores, sources = comparison.scores, comparison.sources
    ids = [row["image_id"] for row in scores.results["gallery"]["images"]]
    if not ids:
        return {}
    truths = [as_truth(comparison.masks.read([image])) for image in ids]
    places = dict(zip(ids, map(choose_slice, truths), strict=True))
    masks = frame(
        [cut(t.lesion[0], p) for t, p in zip(truths, places.values(), strict=True)]
    )
    pixels = masks.size * len(sources)
    step = max(int(np.ceil(np.sqrt(pixels / GALLERY_PIXELS))), 1)
    levels = [
        to_levels(np.asarray(read_maps(source, truths, places)), step)
        for source in sources.values()
    ]
    wanted = set(ids)
    found = {name: row for row, name in enumerate(scores.ids) if name in wanted}
    rows = [found[image] for image in ids]
    sweeps = [scores.measured.sweeps[name] for name in scores.measured.entries]
    gallery = {
        "ids": np.array(ids),
        "names": np.array([entry["name"] for entry in scores.entries]),
        "masks": masks,
        "levels": np.stack(levels, axis=1),
        "hits": np.stack([np.asarray(s.marked_lesion)[rows] for s in sweeps], axis=1),
        "false": np.stack([np.asarray(s.marked_healthy)[rows] for s in sweeps], axis=1),
        "status": np.stack([s.status[rows] for s in sweeps], axis=1).astype(str),
        "lesion": np.asarray(scores.measured.lesion)[rows],
        "healthy": np.asarray(scores.measured.healthy)[rows],
    }
    if comparison.dataset is not None:
        gallery["images"] = read_pictures(comparison.dataset, ids)
    elif comparison.images is not None:
        gallery["images"] = read_folder(Path(comparison.images), places)
    return gallery


def to_levels(maps: np.ndarray, step: int) -> np.ndarray:
    """Scale each map to its range in whole hundredths, rounded down as it is marked.

    Examples
    --------
    >>> to_levels(np.array([[[0.0, 0.295], [1.0, np.nan]]]), 1).tolist()
    [[[0, 29], [100, 255]]]
    """
    levels = []
    for saliency in maps.astype(np.float64):
        finite = np.isfinite(saliency)
        low, high = (
            (saliency[finite].min(), saliency[finite].max()) if finite.any() else (0, 0)
        )
        scaled = (saliency - low) / (high - low) if high > low else saliency * 0.0
        scaled = block_reduce(scaled, (step, step), np.mean, cval=0.0)  # type: ignore[no-untyped-call]  # scikit-image has no types
        known = np.isfinite(scaled)
        whole = np.floor(np.where(known, scaled, 0.0) * 100 + 1e-9)
        levels.append(np.where(known, whole, 255).astype(np.uint8))
    return np.stack(levels)
