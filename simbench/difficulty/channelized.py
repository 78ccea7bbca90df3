"""A linear observer of few channels, trained on a dataset's own images.

The channelized Hotelling observer with Laguerre-Gauss channels (Gallas & Barrett, J.
Opt. Soc. Am. A 20, 2003, 1725) sees gray levels, so it knows anatomy, magnitude and
rounding. As every image has its counterfactual, its mean difference carries no sampling
error.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from scipy.special import eval_laguerre

from simbench.exams import examine
from simbench.phantoms import take
from simbench.recipe import Recipe

ORDER = 10


@dataclass(frozen=True)
class Channelized:
    """Detectability by the channelized Hotelling observer; NaN where undefined."""

    paired: float
    """d' from the mean difference of image and counterfactual."""
    unpaired: float
    """d' from two halves, one with the lesion and one without, corrected for their
    size; NaN where the correction leaves nothing."""
    uncorrected: float
    """The same, not corrected: too high."""
    lesions: int
    channels: int


def laguerre_gauss(
    side: int, width: float, order: int = ORDER
) -> Float[np.ndarray, "k side side"]:
    """Make channels around the middle of a square.

    Parameters
    ----------
    side
        Pixels, odd.
    width
        The first channel is exp(-pi r**2 / width**2), a Gaussian whose standard
        deviation is width / sqrt(2 pi).
    order
        How many channels.

    Notes
    -----
    sqrt(2) / a exp(-pi r**2 / a**2) L_n(2 pi r**2 / a**2); they are orthonormal.
    """
    axis = np.arange(side) - (side - 1) / 2
    squared = 2 * np.pi * (axis[:, None] ** 2 + axis[None, :] ** 2) / width**2
    envelope = np.sqrt(2) / width * np.exp(-squared / 2)
    return np.stack([envelope * eval_laguerre(n, squared) for n in range(order)])


def observed(
    recipe: Recipe,
    lesion: str,
    indices: Iterable[int],
    channels: Float[np.ndarray, "k side side"],
) -> tuple[Float[np.ndarray, "n p"], Float[np.ndarray, "n p"]]:
    """Look at all lesions of one name through channels, and at the same places without.

    Parameters
    ----------
    recipe, indices
        The dataset, and which of its images.
    lesion
        The lesion's name in the recipe.
    channels
        As :func:`laguerre_gauss` makes them; beyond the frame they see 0.

    Returns
    -------
    Channel responses with the lesion and without it, a row a lesion; RGB images have a
    set of channels each. All confounders are left out, other lesions stay in. Dark
    lesions count with the opposite sign, so that all signals point one way, and what
    counts is the difference from the mean of the places without a lesion of that sign.
    """
    pairs: dict[float, list[Float[np.ndarray, "2 p"]]] = {1.0: [], -1.0: []}
    for index in indices:
        exam = examine(recipe, index)
        if lesion not in exam.case.lesion_names:
            continue
        whole = take(exam, confounder=False).image
        ids = range(1, len(exam.lesions) + 1)
        for number, (name, place) in enumerate(exam.lesions, start=1):
            if name != lesion:
                continue
            without = take(exam, set(ids) - {number}, confounder=False).image
            sign = -1.0 if place.get("amplitude", 1.0) < 0 else 1.0
            center = (place["y"], place["x"])
            pairs[sign].append(
                np.stack([_responses(i, center, channels) for i in (whole, without)])
            )
    found = [
        sign * (rows - rows[:, 1].mean(axis=0))
        for sign, rows in ((sign, np.array(rows)) for sign, rows in pairs.items())
        if rows.size
    ]
    if not found:
        return np.empty((0, len(channels))), np.empty((0, len(channels)))
    both = np.concatenate(found)
    return both[:, 0], both[:, 1]


def hotelling(
    present: Float[np.ndarray, "n p"], absent: Float[np.ndarray, "n p"]
) -> Channelized:
    """Compute d' of the best linear combination of channels, both ways.

    Parameters
    ----------
    present, absent
        Channel responses to image and counterfactual, a row a pair.

    Notes
    -----
    Paired: the covariance is the mean of that of both sets. Pairs share their noise, so
    it has n - 1 degrees of freedom, and as the inverse of a sample's covariance is too
    large by n - 1 over n - p - 2 (Wishart), d'**2 is multiplied by the inverse.

    Unpaired: even rows with, odd rows without the lesion; D**2 is corrected to
    (v - p - 1) / v D**2 - p (1 / n0 + 1 / n1), v = n0 + n1 - 2.
    """
    count, channels = present.shape
    if count < 2 * (channels + 4):
        return Channelized(np.nan, np.nan, np.nan, count, channels)
    shift = (present - absent).mean(axis=0)
    spread = (np.cov(present.T) + np.cov(absent.T)) / 2
    freedom = count - 1
    shrunk = (freedom - channels - 1) / freedom
    paired = np.sqrt(shrunk * _distance(shift, spread))
    first, second = present[::2], absent[1::2]
    sizes = len(first), len(second)
    freedom = sum(sizes) - 2
    spread = np.cov(first.T) * (sizes[0] - 1) + np.cov(second.T) * (sizes[1] - 1)
    distance = _distance(first.mean(axis=0) - second.mean(axis=0), spread / freedom)
    corrected = (freedom - channels - 1) / freedom * distance
    corrected -= channels * sum(1 / size for size in sizes)
    return Channelized(
        paired=float(paired),
        unpaired=float(np.sqrt(corrected)) if corrected >= 0 else np.nan,
        uncorrected=float(np.sqrt(distance)),
        lesions=count,
        channels=channels,
    )


def _distance(
    shift: Float[np.ndarray, " p"], spread: Float[np.ndarray, "..."]
) -> float:
    return float(shift @ np.linalg.solve(np.atleast_2d(spread), shift))


def _responses(
    image: np.ndarray,
    center: tuple[float, float],
    channels: Float[np.ndarray, "k side side"],
) -> Float[np.ndarray, " p"]:
    reach = channels.shape[1] // 2
    widths = [(reach, reach)] * 2 + [(0, 0)] * (image.ndim - 2)
    padded = np.pad(image, widths).astype(np.float64)
    y, x = (round(value) for value in center)
    crop = padded[y : y + 2 * reach + 1, x : x + 2 * reach + 1]
    return np.einsum("kyx,yx...->...k", channels, crop).ravel()
