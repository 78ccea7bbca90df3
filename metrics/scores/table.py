"""The scores there are: one function and one word in the table each."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Shaped

from metrics.counting.ranking import Ranking, rank
from metrics.counting.thresholds import Sweep, sweep


@dataclass(frozen=True)
class Compared:
    """Maps beside masks, with what scores are made of."""

    maps: Float[np.ndarray, "n h w"]
    masks: Bool[np.ndarray, "n h w"]
    sweep: Sweep
    ranking: Ranking


@dataclass(frozen=True)
class Score:
    """A number that says how well a map finds the lesion.

    Attributes
    ----------
    name, label
        For files and for people.
    compute
        From a :class:`Compared` to one value per image, (n,), or per image and
        threshold, (n, t); NaN where undefined.
    at_thresholds
        Whether there is a value per threshold.
    undefined
        Statuses of the mask under which the score has no value.
    higher_is_better
        Its direction.
    """

    name: str
    label: str
    compute: Callable[[Compared], Float[np.ndarray, "n ..."]]
    at_thresholds: bool = False
    undefined: tuple[str, ...] = ("empty_mask",)
    higher_is_better: bool = True


def sensitivity(compared: Compared) -> Float[np.ndarray, "n t"]:
    """Share of lesion pixels marked, at each threshold."""
    return compared.sweep.sensitivity


def specificity(compared: Compared) -> Float[np.ndarray, "n t"]:
    """Share of healthy pixels left unmarked, at each threshold."""
    return compared.sweep.specificity


def auroc(compared: Compared) -> Float[np.ndarray, " n"]:
    """Probability that a lesion pixel outranks a healthy one."""
    return compared.ranking.auroc


def average_precision(compared: Compared) -> Float[np.ndarray, " n"]:
    """Step-rule area under precision and recall."""
    return compared.ranking.average_precision


SCORES = {
    score.name: score
    for score in (
        Score("sensitivity", "Sensitivity", sensitivity, at_thresholds=True),
        Score(
            "specificity",
            "Specificity",
            specificity,
            at_thresholds=True,
            undefined=("full_mask",),
        ),
        Score("auroc", "Pixel AUROC", auroc, undefined=("empty_mask", "full_mask")),
        Score("average_precision", "Average precision", average_precision),
    )
}
"""Every score by name, in the order of reports."""


def compare(
    maps: Float[np.ndarray, "n h w"], masks: Bool[np.ndarray, "n h w"]
) -> Compared:
    """Compare maps with masks once, for every score.

    Raises
    ------
    ValueError
        If shapes differ.
    """
    return Compared(maps, masks, sweep(maps, masks), rank(maps, masks))


def explain_rows(score: Score, result: Sweep) -> Shaped[np.ndarray, " n"]:
    """Status of a score on each image.

    What leaves the score undefined comes first, then a constant map; a lesion-free
    image is ``ok`` for specificity and ``empty_mask`` for sensitivity.
    """
    mask_status = np.select(
        [result.lesion == 0, result.healthy == 0], ["empty_mask", "full_mask"], "ok"
    )
    lost = np.isin(result.status, ("nonfinite", "missing"))
    undefined = np.isin(mask_status, score.undefined)
    constant = result.status == "constant_map"
    return np.select(
        [lost, undefined, constant], [result.status, mask_status, result.status], "ok"
    )
