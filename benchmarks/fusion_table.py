"""The table of the fusion study: which maps it shows, and how they are compared."""

from collections.abc import Mapping

import numpy as np

#: The row that others are measured by: the pattern head's best layer.
BEST = "pattern, best layer"

#: Lesion kinds by recipe, with what they are called.
CELLS = {
    ("fusion-focal", "focal"): "focal",
    ("fusion-focal", "texture_swap"): "texture swap",
    ("fusion-texture", "local_variance"): "local variance",
    ("fusion-texture", "micro_lesions"): "micro-lesions",
    ("fusion-texture", "texture_swap"): "texture swap",
    ("fusion-nigra", "loss"): "nigra's loss",
}

_WEIGHTED = (
    "sum",
    "1/sd",
    "1/sd healthy",
    "reliability/sd",
    "occlusion/sd",
    "layer of best occlusion",
    "mean gini/sd",
    "d'/sd",
    "d'/sd/sqrt stride",
    "tail gini/sd",
    "tail gini²/sd",
    "first layer of 70 % gini",
    "max",
    "tanh-max",
    "product",
)
_SUBTRACTED = ("sum", "1/sd", "1/sd healthy", "tail gini/sd", "tail gini²/sd")
_PENALTIES = ("0.1", "0.01", "0.001", "0.0001", "0.1 by group")

#: Names of rows with what they are called, by section.
SECTIONS = {
    "Heads on all layers": {
        "CAM": "CAM: base head, last layer",
        "paper, sum": "paper's head",
        "convex, sum": "convex head",
        **{f"convex {p}, sum": f"convex, penalty {p}" for p in _PENALTIES},
        "centroid, sum": "centroid head",
        "pattern, sum": "pattern head",
        **{f"pattern {p}, sum": f"pattern, penalty {p}" for p in _PENALTIES},
        "hr_cam, sum": "**`hr_cam`: hotelling head, balanced**",
    },
    "Heads on single layers": {
        **{f"pattern@{k}": f"pattern, stage {k + 1}" for k in range(5)},
        BEST: "**best layer, picked with masks**",
        **{
            f"{head}@{k}": f"{head}, stage {k + 1}"
            for head in ("convex", "centroid", "paper")
            for k in (2, 3)
        },
        **{f"hotelling@{k}": f"hotelling, stage {k + 1}" for k in range(5)},
        "hotelling, best layer": "hotelling, best layer with masks",
    },
    "The pattern head's layers, weighted or fused": {
        f"pattern, {rule}": rule for rule in _WEIGHTED
    },
    "The same, minus the mean map of healthy validation images": {
        f"minus healthy: pattern, {rule}": rule for rule in _SUBTRACTED
    },
    "The hotelling head's layers, weighted or fused": {
        f"hotelling, {rule}": rule for rule in _WEIGHTED if rule != "reliability/sd"
    },
    "The latter, minus the mean map of healthy validation images": {
        f"minus healthy: hotelling, {rule}": rule for rule in _SUBTRACTED
    },
}


def table(results: Mapping[tuple[str, str, int], dict]) -> str:
    """Return the comparison as Markdown.

    Every number is an AP averaged over the abnormal test images of a lesion kind, then
    over networks and seeds. The best single layer of the pattern head is picked with
    masks for every network, seed and kind by itself, before it is averaged.

    ``results`` holds the scores by recipe, network and seed.
    """
    cells = [c for c in CELLS if any(key[0] == c[0] for key in results)]
    names = " | ".join(CELLS[c] for c in cells)
    lines = []
    for title, rows in SECTIONS.items():
        lines += [
            f"### {title}\n",
            f"| map | {names} | of best layer | lowest | of CAM | lowest |",
            "|---" * (len(cells) + 5) + "|",
        ]
        for rule, label in rows.items():
            means = [f"{_scores(results, rule, c).mean():.3f}" for c in cells]
            ratios = [
                f"{x:.2f}"
                for other in (BEST, "CAM")
                for x in _ratios(results, rule, other, cells)
            ]
            lines.append("| " + " | ".join([label, *means, *ratios]) + " |")
        lines.append("")
    return "\n".join(lines)


def _scores(results: Mapping, rule: str, cell: tuple[str, str]) -> np.ndarray:
    """Return a row's AP in one lesion kind, of every network and seed."""
    recipe, kind = cell
    mine = [key for key in results if key[0] == recipe]
    return np.array([results[key]["ap"][rule][kind] for key in mine])


def _ratios(
    results: Mapping, rule: str, other: str, cells: list[tuple[str, str]]
) -> tuple[float, float]:
    """Return the lowest ratio to another row: of means by kind, of single networks."""
    pairs = [(_scores(results, rule, c), _scores(results, other, c)) for c in cells]
    return (
        min(one.mean() / two.mean() for one, two in pairs),
        min((one / two).min() for one, two in pairs),
    )
