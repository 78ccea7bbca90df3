"""Distances between the border of what is marked and the border of the lesion."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy import ndimage

from metrics.counting.truth import IGNORED, Truth
from metrics.scores.kept import kept
from metrics.scores.score import Compared, Score, by_name


def hausdorff(compared: Compared) -> Float[np.ndarray, "n t"]:
    """Greatest distance from the border of one set to the nearest border of the other.

    The sets are the marked pixels and the lesion's. A border pixel has a neighbor
    outside its set along some axis, or the image's edge. Distances are between centers
    of pixels, with the pixel spacing.
    """
    return _measure(compared).greatest


def hausdorff_95(compared: Compared) -> Float[np.ndarray, "n t"]:
    """Larger of the two 95th percentiles of border distances, one per direction.

    Percentiles are interpolated linearly. Pooling both directions before taking the
    percentile, as some programs do, lets the longer border outvote the shorter.
    """
    return _measure(compared).percentile


def surface_distance(compared: Compared) -> Float[np.ndarray, "n t"]:
    """Mean distance of border pixels to the nearest border pixel of the other set.

    Over the border pixels of both sets together: the average symmetric surface
    distance (ASSD).
    """
    return _measure(compared).mean


@kept
def diagonal(truth: Truth) -> Float[np.ndarray, " n"]:
    """Distance of opposite corners of the image: no two pixels lie further apart."""
    sides = (np.array(truth.size) - 1) * truth.spacing
    return np.full(len(truth), np.sqrt((sides**2).sum()))


@dataclass(frozen=True)
class Distances:
    """Summaries of border distances; NaN where a set is empty, (n, t)."""

    greatest: Float[np.ndarray, "n t"]
    percentile: Float[np.ndarray, "n t"]
    mean: Float[np.ndarray, "n t"]


@kept
def _measure(compared: Compared) -> Distances:
    """Measure the borders of every map's marked pixels."""
    truth = compared.truth
    result = np.full((3, len(truth), len(compared.thresholds)), np.nan)
    for index in np.flatnonzero(compared.finite).tolist():
        lesion = truth.marked[index]
        if not lesion.any():
            continue
        values = compared.normalized[index]
        counted = (truth.codes[index] != IGNORED).reshape(values.shape)
        for column, threshold in enumerate(compared.thresholds):
            marked = (values >= threshold) & counted
            if marked.any():
                result[:, index, column] = summarize(marked, lesion, truth.spacing)
    return Distances(*result)


def summarize(
    one: Bool[np.ndarray, "..."],
    other: Bool[np.ndarray, "..."],
    spacing: tuple[float, ...],
) -> tuple[float, float, float]:
    """Return greatest, 95th percentile and mean distance between two borders.

    Neither set may be empty.
    """
    there, back = border_distances(one, other, spacing)
    return (
        float(max(there.max(), back.max())),
        float(max(np.percentile(there, 95), np.percentile(back, 95))),
        float((there.sum() + back.sum()) / (there.size + back.size)),
    )


def border_distances(
    one: Bool[np.ndarray, "..."],
    other: Bool[np.ndarray, "..."],
    spacing: tuple[float, ...],
) -> tuple[Float[np.ndarray, " p"], Float[np.ndarray, " q"]]:
    """Return each border pixel's distance to the other set's border, both ways."""
    # What lies beyond the box of both is in neither: nothing changes by cropping.
    (box,) = ndimage.find_objects((one | other).astype(np.uint8))
    first, second = (border(area[box]) for area in (one, other))
    there = ndimage.distance_transform_edt(~second, sampling=spacing)[first]
    back = ndimage.distance_transform_edt(~first, sampling=spacing)[second]
    return there, back


def border(area: Bool[np.ndarray, "..."]) -> Bool[np.ndarray, "..."]:
    """Mark the pixels of an area with a neighbor along some axis that is not in it."""
    inner = area.copy()
    for axis in range(area.ndim):
        inside, whole = np.moveaxis(inner, axis, 0), np.moveaxis(area, axis, 0)
        inside[1:] &= whole[:-1]
        inside[:-1] &= whole[1:]
        inside[[0, -1]] = False
    return area & ~inner


SCORES = by_name(
    *(
        Score(
            name,
            label,
            compute,
            undefined=("empty_mask", "unmarked"),
            at_thresholds=True,
            higher_is_better=False,
            span=(0.0, np.inf),
            worst=diagonal,
            standard=False,
            source=source,
        )
        for name, label, compute, source in (
            ("hausdorff", "Hausdorff distance", hausdorff, "Hausdorff, 1914"),
            (
                "hausdorff_95",
                "Hausdorff distance, 95th percentile",
                hausdorff_95,
                "Maier-Hein et al., Nature Methods 21, 2024",
            ),
            (
                "surface_distance",
                "Mean surface distance",
                surface_distance,
                "Heimann et al., IEEE TMI 28, 2009",
            ),
        )
    )
)
"""Scores of borders."""
