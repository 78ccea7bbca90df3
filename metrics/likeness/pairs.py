"""Compare maps in pairs by every measure of similarity there is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Shaped

from metrics.likeness.similarity import (
    TOP,
    WINDOW,
    Maps,
    Values,
    comparable,
    finite,
    require_pairs,
    spearman,
    spearman_of_sizes,
    structural_similarity,
    top_overlap,
)


@dataclass(frozen=True)
class Similarity:
    """A number that says how alike two maps are; ``compute`` takes them in pairs."""

    name: str
    label: str
    settings: str
    compute: Callable[[Maps, Maps], Values]


@dataclass(frozen=True)
class Likeness:
    """How alike the maps of each pair are.

    Attributes
    ----------
    values
        By name of the measure, one value per pair, NaN where undefined.
    status
        Per pair ``ok``, ``constant_map`` or ``nonfinite``: the worse of its two maps.
    """

    values: Mapping[str, Values]
    status: Shaped[np.ndarray, " n"]


#: Every measure by name, in the order of reports; the second leads.
SIMILARITIES = {
    s.name: s
    for s in (
        Similarity(
            "ssim",
            "SSIM",
            f"min-max normalized maps, data range 1, {WINDOW} x {WINDOW} windows",
            structural_similarity,
        ),
        Similarity("spearman", "Spearman", "rank correlation of values", spearman),
        Similarity(
            "spearman_absolute",
            "Spearman, absolute",
            "rank correlation of absolute values",
            spearman_of_sizes,
        ),
        Similarity(
            "top_overlap",
            "Top 10% overlap",
            f"share of the top {100 * TOP:.0f}% of pixels in common, ties by "
            f"expectation; {TOP:g} by chance",
            top_overlap,
        ),
    )
}


def compare_maps(first: Maps, second: Maps) -> Likeness:
    """Compare maps in pairs by every measure.

    Raises
    ------
    ValueError
        If shapes differ.
    """
    require_pairs(first, second)
    lost = ~(finite(first) & finite(second))
    faults = ["nonfinite", "constant_map"]
    status = np.select([lost, ~comparable(first, second)], faults, "ok")
    found = {s.name: s.compute(first, second) for s in SIMILARITIES.values()}
    return Likeness(found, status)
