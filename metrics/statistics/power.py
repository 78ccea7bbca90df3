"""Plan a comparison: how many subjects a difference, or an interval, needs.

Differences of paired scores vary by ``spread`` between images, and images of one
subject are alike by ``icc``; a study is so many subjects with so many images each. The
test is the one that is reported: t on the mean, its error by subjects.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from scipy import special

from metrics.statistics.intervals import FEWEST

_MOST = 10_000_000
_NODES = 2000


@dataclass(frozen=True)
class Variation:
    """How paired differences vary.

    Attributes
    ----------
    spread
        Standard deviation between images, at least 0.
    icc
        Intraclass correlation of the images of one subject, 0 to 1.
    per_subject
        Mean number of images of a subject, at least 1.
    weight
        Mean number of images of the subject of an image drawn at random; larger than
        ``per_subject`` where subjects have different numbers.

    Raises
    ------
    ValueError
        If a number is out of range.
    """

    spread: float
    icc: float = 0.0
    per_subject: float = 1.0
    weight: float | None = None

    def __post_init__(self) -> None:
        rules = (
            ("spread", self.spread, 0.0, np.inf),
            ("icc", self.icc, 0.0, 1.0),
            ("per_subject", self.per_subject, 1.0, np.inf),
            ("weight", self.heavy, self.per_subject * (1 - 1e-9), np.inf),
        )
        for name, value, low, high in rules:
            if not (low <= value <= high and np.isfinite(value)):
                msg = f"{name} must be from {low:g} to {high:g}, got {value}"
                raise ValueError(msg)

    @property
    def heavy(self) -> float:
        """The weight, or the mean number where none is given."""
        return self.per_subject if self.weight is None else self.weight

    @property
    def design_effect(self) -> float:
        """How much larger the variance of a mean is than of independent images."""
        return 1 + (self.heavy - 1) * self.icc

    def error(self, subjects: int) -> float:
        """Return the standard error of the mean difference of so many subjects."""
        images = subjects * self.per_subject
        return self.spread * float(np.sqrt(self.design_effect / images))


def vary(values: Float[np.ndarray, " n"], groups: Int[np.ndarray, " n"]) -> Variation:
    """Estimate the variation from paired differences of a pilot.

    Parameters
    ----------
    values
        Finite differences.
    groups
        Subject of each image.

    Raises
    ------
    ValueError
        If there are fewer than two subjects.

    Notes
    -----
    One-way analysis of variance with unequal numbers (Donner, International Statistical
    Review 1986). A negative correlation counts as none. In a balanced pilot with a
    positive one, ``error`` of the pilot's own subjects is the cluster-robust error.
    """
    sizes = np.unique(groups, return_counts=True)[1].astype(np.float64)
    subjects, images = len(sizes), len(values)
    if subjects < 2:
        msg = f"a pilot must have at least 2 subjects, got {subjects}"
        raise ValueError(msg)
    weight = float((sizes**2).sum() / images)
    if subjects == images:
        return Variation(float(values.std(ddof=1)))
    place = np.unique(groups, return_inverse=True)[1]
    means = np.bincount(place, values) / sizes
    between = float((sizes * (means - values.mean()) ** 2).sum() / (subjects - 1))
    within = float(((values - means[place]) ** 2).sum() / (images - subjects))
    typical = (images - weight) / (subjects - 1)
    shared = max((between - within) / typical, 0.0)
    total = shared + within
    if shared == 0:  # then all images say how they vary
        total = float(values.var(ddof=1))
    icc = shared / total if total > 0 else 0.0
    return Variation(float(np.sqrt(total)), icc, images / subjects, weight)


def power_to_differ(
    difference: float, variation: Variation, subjects: int, alpha: float = 0.05
) -> float:
    """Chance that a true difference is found: a two-sided t test of its mean.

    Parameters
    ----------
    difference
        True mean.
    variation
        Of paired differences.
    subjects
        How many take part.
    alpha
        Size of the test; over the number of comparisons for Bonferroni's correction.
    """
    _check(subjects, alpha)
    error = variation.error(subjects)
    if error == 0:
        return float(difference != 0)
    freedom = subjects - 1
    critical = float(special.stdtrit(freedom, 1 - alpha / 2))
    # Of the t law, by the law of the error: stable where the noncentral t law's series
    # is not.
    shift = difference / error
    ratio = _ratios(freedom)
    beyond = special.ndtr(shift - critical * ratio)
    below = special.ndtr(-shift - critical * ratio)
    return float((beyond + below).mean())


def power_to_equal(
    difference: float,
    margin: float,
    variation: Variation,
    subjects: int,
    alpha: float = 0.05,
) -> float:
    """Chance that equivalence is shown: two one-sided t tests at a margin.

    Parameters
    ----------
    difference
        True mean.
    margin
        Largest difference that does not matter, above 0.
    variation, subjects
        As of :func:`power_to_differ`.
    alpha
        Size of each test.
    """
    _check(subjects, alpha)
    if not margin > 0:
        msg = f"margin must be above 0, got {margin}"
        raise ValueError(msg)
    error = variation.error(subjects)
    if error == 0:
        return float(abs(difference) < margin)
    critical = float(special.stdtrit(subjects - 1, 1 - alpha))
    reach = critical * _ratios(subjects - 1)
    low = special.ndtr((-margin - difference) / error + reach)
    high = special.ndtr((margin - difference) / error - reach)
    return float(np.clip(high - low, 0, None).mean())


def half_width(variation: Variation, subjects: int, level: float = 0.95) -> float:
    """Half of the interval that is to be expected of so many subjects."""
    _check(subjects, 1 - level)
    reach = float(special.stdtrit(subjects - 1, (1 + level) / 2))
    return reach * variation.error(subjects)


def fewest(enough: Callable[[int], bool]) -> int | None:
    """Find the smallest number of subjects that is enough; None above ten million.

    Parameters
    ----------
    enough
        Whether a number is; once it is, larger ones are.
    """
    high = FEWEST
    while not enough(high):
        if high >= _MOST:
            return None
        high *= 2
    low = high // 2 if high > FEWEST else FEWEST - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _ratios(freedom: int) -> Float[np.ndarray, " k"]:
    """Errors that are estimated, over the true one: its law in equal parts."""
    parts = (np.arange(_NODES) + 0.5) / _NODES
    return np.sqrt(special.chdtri(freedom, parts) / freedom)


def _check(subjects: int, alpha: float) -> None:
    if subjects < FEWEST:
        msg = f"subjects must be at least {FEWEST}, got {subjects}"
        raise ValueError(msg)
    if not 0 < alpha < 1:
        msg = f"alpha must lie between 0 and 1, got {alpha}"
        raise ValueError(msg)
