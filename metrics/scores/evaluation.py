"""Compute one score of maps: its values, their statuses and what is worst."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Shaped

from metrics.counting.statuses import LOST, OF_MASKS
from metrics.counting.thresholds import sweep
from metrics.counting.truth import Truth, as_truth
from metrics.scores.conditions import CONDITIONS
from metrics.scores.score import Compared, Score


@dataclass(frozen=True)
class Evaluated:
    """One score on n images, a tabulated threshold a row, (c, n).

    Attributes
    ----------
    values
        NaN where undefined.
    status
        Of each image, (n,).
    worst
        What a map without value counts where every image must count; NaN where the mask
        leaves the score undefined or there is no worst.
    """

    values: Float[np.ndarray, "c n"]
    status: Shaped[np.ndarray, " n"]
    worst: Float[np.ndarray, "c n"]


def compare(
    maps: Float[np.ndarray, "n ..."],
    masks: Truth | Bool[np.ndarray, "n ..."],
    thresholds: tuple[float, ...] = (0.3, 0.5, 0.8),
) -> Compared:
    """Compare maps with masks once, for every score.

    Raises
    ------
    ValueError
        If shapes differ.
    """
    truth = as_truth(masks)
    return Compared(maps, truth, sweep(maps, truth), thresholds)


def evaluate(score: Score, compared: Compared) -> Evaluated:
    """Compute a score.

    A lost map has no value; where a condition of the score holds there is none either.
    What is undefined because of the *mask* is nobody's failure and has no worst.
    """
    found = {name: CONDITIONS[name](compared) for name in score.undefined}
    status = compared.sweep.status
    lost = np.isin(status, LOST)
    constant = status == "constant_map"
    names = np.select([lost, *found.values(), constant], [status, *found, status], "ok")
    given = np.array(score.compute(compared), dtype=np.float64)
    values = given.T if score.at_thresholds else given[None]
    undefined = np.any([lost, *found.values()], axis=0)
    values = np.where(undefined, np.nan, values)
    worst = score.worst(compared.truth) if callable(score.worst) else score.worst
    by_mask = [found[name] for name in score.undefined if name in OF_MASKS]
    out = np.any([np.zeros_like(lost), *by_mask], axis=0)
    worst = np.broadcast_to(np.where(out, np.nan, worst), values.shape)
    return Evaluated(values, names, worst)
