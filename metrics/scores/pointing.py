"""Pointing game: whether the highest point of the map lies in the lesion."""

import numpy as np
from jaxtyping import Bool, Float
from scipy import ndimage

from metrics.counting.truth import IGNORED, Truth
from metrics.scores.kept import kept
from metrics.scores.score import Compared, Score, by_name

TOLERANCE = 15.0
"""Pixels by which the point may miss the lesion in ``pointing_game_15``."""


def pointing_game(compared: Compared) -> Float[np.ndarray, " n"]:
    """Share of the map's highest pixels that lie in the lesion.

    One highest pixel makes it 0 or 1. Several are equally likely to be the one that
    the map points at; the share of a constant map is the prevalence.
    """
    return _hits(compared, compared.truth.marked)


def pointing_game_15(compared: Compared) -> Float[np.ndarray, " n"]:
    """Share of the map's highest pixels at most 15 pixels away from the lesion.

    Distances are Euclidean, between centers of pixels, whatever the pixel spacing;
    a pixel at exactly 15 is a hit.
    """
    return _hits(compared, near(compared.truth, TOLERANCE))


@kept
def near(truth: Truth, tolerance: float) -> Bool[np.ndarray, "n ..."]:
    """Mark the pixels at most ``tolerance`` pixels away from the lesion."""
    result = truth.marked.copy()
    reach = int(tolerance)
    for area in result:
        boxes = ndimage.find_objects(area.astype(np.uint8))
        for box in boxes:  # one, or none in an empty mask
            wide = tuple(slice(max(s.start - reach, 0), s.stop + reach) for s in box)
            area[wide] = ndimage.distance_transform_edt(~area[wide]) <= tolerance
    return result


@kept
def chance(truth: Truth, tolerance: float = 0.0) -> Float[np.ndarray, " n"]:
    """Share of the counted pixels at most ``tolerance`` pixels from the lesion."""
    counted = truth.codes != IGNORED
    area = near(truth, tolerance).reshape(counted.shape) & counted
    result = np.full(len(truth), np.nan)
    lesion = truth.marked.reshape(counted.shape).any(axis=1)
    np.divide(area.sum(axis=1), truth.counted, out=result, where=lesion)
    return result


def chance_15(truth: Truth) -> Float[np.ndarray, " n"]:
    """Share of the counted pixels at most 15 pixels from the lesion."""
    return chance(truth, TOLERANCE)


def _hits(
    compared: Compared, area: Bool[np.ndarray, "n ..."]
) -> Float[np.ndarray, " n"]:
    """Share of each map's tied maxima in an area; NaN without lesion."""
    truth = compared.truth
    maps = compared.maps.reshape(truth.codes.shape)
    inside = area.reshape(truth.codes.shape)
    result = np.full(len(truth), np.nan)
    lesion = truth.marked.reshape(truth.codes.shape).any(axis=1)
    for index in np.flatnonzero(lesion & compared.finite):
        values = maps[index]
        if truth.ignored is not None:
            counted = truth.codes[index] != IGNORED
            values = np.where(counted, values, -np.inf)
        result[index] = inside[index][values == values.max()].mean()
    return result


SCORES = by_name(
    Score(
        "pointing_game",
        "Pointing game",
        pointing_game,
        chance=chance,
        source="Zhang et al. 2018",
    ),
    Score(
        "pointing_game_15",
        "Pointing game, 15 pixels of tolerance",
        pointing_game_15,
        chance=chance_15,
        source="Zhang et al. 2018",
    ),
)
"""Scores of the map's highest point."""
