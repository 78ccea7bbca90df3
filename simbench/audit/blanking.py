"""Blank the lesions out: what still tells the classes apart is no lesion.

A blank tells that there was a lesion, so every image is blanked where its own lesions
lie and where an image of each other class would have had them. Of phantoms those places
are drawn in the image's own anatomy: own and other blanks then have one law.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int, UInt
from scipy import ndimage

from simbench.assignment import assign
from simbench.audit.features import MODELED, glance
from simbench.audit.regeneration import other_place, touched
from simbench.audit.sampling import Chosen, Images, Levels, batches, limit
from simbench.exams import examine
from simbench.recipe import Recipe

DRAWN = 600  # places that are drawn anew, at most, but …
LEAST = 300  # … this many images in any case
RING = 3  # pixels around a blank that it takes its gray level from
MARGIN = 0.05  # of the shorter side: grows masks that are no phantoms'


def blanked(
    dataset: Images, chosen: Chosen, levels: Levels
) -> Float[np.ndarray, "n d"]:
    """Measure the images with their lesions blanked, as the boosted model sees them."""
    rows = []
    for part, regions in Blanks(dataset, chosen).batches():
        images = levels.read(dataset, part).copy()
        for image, region in zip(images, regions, strict=True):
            blank(image, region)
        found = glance(images, levels.count)
        rows.append(np.column_stack([found[name] for name in MODELED]))
    return np.concatenate(rows)


def sample(dataset: Images, chosen: Chosen) -> Chosen:
    """Take as many images as places can be drawn for, evenly from every stratum."""
    classes = set(chosen.labels[chosen.lesions != "none"])
    others = np.array([len(classes - {label}) for label in chosen.labels])
    work = max(float(others.mean()), 1e-9) if dataset.recipe else 1e-9
    count = min(max(DRAWN / work, LEAST), limit(dataset))
    share = min(count / len(chosen.ids), 1.0)
    rows: list[int] = []
    for label, lesion in sorted(set(zip(chosen.labels, chosen.lesions, strict=True))):
        own = np.flatnonzero((chosen.labels == label) & (chosen.lesions == lesion))
        kept = max(round(share * own.size), 1)
        rows += list(own[np.arange(kept) * own.size // kept])
    return chosen[np.sort(np.array(rows))]


def blank(image: UInt[np.ndarray, "h w *rgb"], region: Bool[np.ndarray, "h w"]) -> None:
    """Give a region the median of its surround; black if it has none."""
    if not region.any():
        return
    ring = ndimage.binary_dilation(region, iterations=RING) & ~region
    if ring.any():
        image[region] = np.sort(image[ring], axis=0)[(ring.sum() - 1) // 2]
    else:
        image[region] = 0


@dataclass(frozen=True)
class Blanks:
    """Where the chosen images are blanked."""

    dataset: Images
    chosen: Chosen

    def batches(self) -> Iterator[tuple[Sequence[str], Bool[np.ndarray, "n h w"]]]:
        """Return ids and regions, some images at a time."""
        begin = 0
        for ids in batches(self.dataset, self.chosen.ids):
            rows = np.arange(begin, begin + len(ids))
            regions = self._own(rows)
            for label in np.unique(self.chosen.labels):
                wanted = rows[self.chosen.labels[rows] != label]
                regions[wanted - begin] |= self._foreign(wanted, int(label))
            yield ids, regions
            begin += len(ids)

    def _own(self, rows: Int[np.ndarray, " k"]) -> Bool[np.ndarray, "k h w"]:
        """Tell where the images' own lesions lie, shams too."""
        recipe, chosen = self.dataset.recipe, self.chosen
        ids = [chosen.ids[row] for row in rows]
        if recipe is not None and _has_shams(recipe):
            return np.stack([touched(examine(recipe, int(name))) for name in ids])
        if "effect" in self.dataset.arrays:
            return self.dataset.read("effect", ids) > 0
        masks = self.dataset.read("mask", ids) != 0
        grown = max(RING, round(MARGIN * min(masks.shape[1:])))
        return np.stack([ndimage.binary_dilation(m, iterations=grown) for m in masks])

    def _foreign(
        self, rows: Int[np.ndarray, " k"], label: int
    ) -> Bool[np.ndarray, "k h w"]:
        """Tell where images would have lesions if they were of another class."""
        chosen = self.chosen
        donors = np.flatnonzero(chosen.labels == label)
        turn = np.cumsum(chosen.labels != label) - 1
        given = donors[turn[rows] % donors.size]
        recipe = self.dataset.recipe
        if recipe is None:
            return self._own(given)
        size = self.dataset.arrays["image"].shape[1:3]
        regions = np.zeros((rows.size, *size), bool)
        for region, row, donor in zip(regions, rows, given, strict=True):
            lesion = assign(recipe, int(chosen.ids[donor])).lesion
            region |= other_place(recipe, int(chosen.ids[row]), label, lesion)
        return regions


def _has_shams(recipe: Recipe) -> bool:
    entries: list[Any] = list(recipe.lesions.values())
    return any(entry.sham for entry in entries)
