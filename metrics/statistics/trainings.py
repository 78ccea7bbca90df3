"""Compare methods over trainings of several networks on several sets of images.

What :mod:`metrics.statistics.seeds` does for one network on one set of images is
done here for a grid of both. Images are averaged over the trainings that saw them
before their error is taken; trainings are spread within their stratum, a network on
data of one kind.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float, Int

from metrics.statistics.comparison import subtract
from metrics.statistics.draws import Draws
from metrics.statistics.intervals import FEWEST, average
from metrics.statistics.medians import resample_medians
from metrics.statistics.seeds import SeedDifference, find_p, reach
from metrics.statistics.variances import Source, combine, spread
from metrics.statistics.verdicts import IDENTICAL, INCONCLUSIVE, judge

RESAMPLES = 1000


@dataclass(frozen=True, eq=False)
class Part:
    """Paired scores of the same images by some trainings of one network.

    Attributes
    ----------
    stratum
        What the trainings are alike in: network and kind of data.
    data
        Which set of images; parts of one set have the same images in one order.
    first, second
        Scores to subtract, a training a row, NaN where undefined.
    groups
        Subject of each image.
    """

    stratum: str
    data: str
    first: Float[np.ndarray, "s n"]
    second: Float[np.ndarray, "s n"]
    groups: Int[np.ndarray, " n"]


def contrast_means(
    parts: Sequence[Part], margin: float = 0.02, level: float = 0.95
) -> SeedDifference:
    """Compare mean scores: the mean of all parts' differences.

    Parameters
    ----------
    parts
        Each counts the same. An image that is undefined in any part of its set is left
        out of all of them.
    margin, level
        As of :func:`metrics.statistics.seeds.contrast_seeds`, to which this is equal
        for one part.

    Raises
    ------
    ValueError
        If there are no parts, or parts of one set differ in their images.

    Notes
    -----
    Sets of images are independent, so their variances add up; so do those of strata.
    Degrees of freedom are Satterthwaite's. A stratum's spread is that of all its
    trainings, on whichever set: two sets are too few to tell their own variance.
    """

    def measure(mine: Sequence[Part]) -> tuple[list[np.ndarray], Source]:
        each = [subtract(part.first, part.second) for part in mine]
        mean = average(np.mean([d.mean(axis=0) for d in each], axis=0), mine[0].groups)
        source = Source(mean.error**2, mean.clusters - 1)
        return [d.mean(axis=1) for d in each], source

    return _contrast(parts, measure, (margin, level))


def contrast_medians(
    parts: Sequence[Part], margin: float = 0.02, level: float = 0.95, seed: int = 0
) -> SeedDifference:
    """Compare medians over images: the mean of all parts' differences of medians.

    As :func:`contrast_means`, but that the error of the images is the standard
    deviation over 1,000 resamples of subjects, the same for every training.
    """

    def measure(mine: Sequence[Part]) -> tuple[list[np.ndarray], Source]:
        _, numbers = np.unique(mine[0].groups, return_inverse=True)
        clusters = int(numbers.max()) + 1
        draws = _draws(clusters, seed)
        own, spreads = [], []
        for part in mine:
            each = np.median(part.first, axis=1) - np.median(part.second, axis=1)
            own.append(np.where(np.abs(each) > 1e-12, each, 0.0))
            rows = zip(part.first, part.second, strict=True)
            spreads += [
                resample_medians(one, draws, numbers)
                - resample_medians(other, draws, numbers)
                for one, other in rows
            ]
        variance = float(np.mean(spreads, axis=0).var(ddof=1))
        return own, Source(variance, clusters - 1)

    return _contrast(parts, measure, (margin, level))


def contrast_numbers(
    strata: Sequence[Float[np.ndarray, " _s"]], margin: float, level: float = 0.95
) -> SeedDifference:
    """Compare a number that each training has one of with 0, such as a weight.

    Parameters
    ----------
    strata
        Numbers of the trainings that are alike.
    margin, level
        As of :func:`contrast_means`.
    """
    runs = [spread(values, 1 / len(strata)) for values in strata]
    made = _conclude(strata, [Source(0.0, FEWEST - 1)], runs, (margin, level))
    return replace(made, count=0, clusters=0)


@lru_cache(maxsize=8)
def _draws(clusters: int, seed: int) -> Draws:
    """Return resamples of subjects, drawn once for all comparisons."""
    return Draws(clusters, RESAMPLES, seed, "medians of trainings")


def _contrast(
    parts: Sequence[Part],
    measure: Callable[[Sequence[Part]], tuple[list[np.ndarray], Source]],
    limits: tuple[float, float],
) -> SeedDifference:
    """Take the parts of each set together, then the trainings of each stratum."""
    if not parts:
        msg = "parts must hold one at least, got none"
        raise ValueError(msg)
    sets: dict[str, list[Part]] = {}
    for part in parts:
        sets.setdefault(part.data, []).append(part)
    strata: dict[str, list[np.ndarray]] = {}
    images: list[Source] = []
    count = 0
    for mine in sets.values():
        kept = _drop_undefined(mine)
        if kept[0].groups.size == 0:
            return _nothing(parts)
        found, source = measure(kept)
        images.append(replace(source, share=len(mine) / len(parts)))
        count += kept[0].groups.size
        for part, numbers in zip(mine, found, strict=True):
            strata.setdefault(part.stratum, []).append(numbers)
    joined = [np.concatenate(own) for own in strata.values()]
    runs = [
        spread(numbers, len(own) / len(parts))
        for numbers, own in zip(joined, strata.values(), strict=True)
    ]
    each = [numbers for own in strata.values() for numbers in own]
    made = _conclude(each, images, runs, limits)
    return replace(made, count=count, clusters=sum(s.freedom + 1 for s in images))


def _drop_undefined(parts: Sequence[Part]) -> list[Part]:
    """Leave out the images that are undefined somewhere."""
    first = parts[0]
    for part in parts:
        if not np.array_equal(part.groups, first.groups):
            msg = (
                f"parts of one set must have its images in one order, got others in "
                f"{part.stratum!r} than in {first.stratum!r}"
            )
            raise ValueError(msg)
    known: Bool[np.ndarray, " n"] = np.ones(first.groups.size, bool)
    for part in parts:
        known &= np.isfinite(part.first - part.second).all(axis=0)
    return [
        replace(
            part,
            first=part.first[:, known],
            second=part.second[:, known],
            groups=part.groups[known],
        )
        for part in parts
    ]


def _conclude(
    numbers: Sequence[Float[np.ndarray, " _s"]],
    images: Sequence[Source],
    runs: Sequence[Source],
    limits: tuple[float, float],
) -> SeedDifference:
    """Make intervals of the two errors, and their verdict."""
    margin, level = limits
    every = np.concatenate(list(numbers))
    estimate = float(np.mean([own.mean() for own in numbers]))
    sources = combine(images), combine(runs)
    errors = np.sqrt([variance for variance, _ in sources])
    freedoms = np.array([freedom for _, freedom in sources])
    made = SeedDifference(
        *(len(every), 0, 0, every, estimate, *(np.nan,) * 4),
        *(float(errors[0]), float(errors[1]), np.nan, INCONCLUSIVE, ""),
    )
    if min(source.freedom for source in images) + 1 < FEWEST:
        reason = f"too few subjects to test, {FEWEST} are needed"
        return replace(made, reason=reason)
    if not np.isfinite(errors).all():
        reason = "one training alone says nothing of the next"
        return replace(made, error_seeds=np.nan, reason=reason)
    if not every.any() and not errors.any():
        same = replace(made, low=0.0, high=0.0, low90=0.0, high90=0.0)
        return replace(same, p_value=1.0, verdict=IDENTICAL)
    far, near = (reach(errors, freedoms, c) for c in (level, 2 * level - 1))
    wide, narrow = ((estimate - half, estimate + half) for half in (far, near))
    return replace(
        made,
        low=wide[0],
        high=wide[1],
        low90=narrow[0],
        high90=narrow[1],
        p_value=find_p(estimate, errors, freedoms) if errors.any() else np.nan,
        verdict=judge(wide, narrow, margin),
        reason="" if errors.any() else "no variance: the same everywhere",
    )


def _nothing(parts: Sequence[Part]) -> SeedDifference:
    trainings = sum(len(part.first) for part in parts)
    reason = "no image has both scores"
    unknown = (np.nan,) * 8
    every = np.full(trainings, np.nan)
    return SeedDifference(trainings, 0, 0, every, *unknown, INCONCLUSIVE, reason)
