"""Which images have which confounders: exact counts, set correlations.

Within a split, P(c | positive) = p + r sqrt(p (1 - p) (1 - q) / q) and P(c | negative)
= p - r sqrt(p (1 - p) q / (1 - q)) give confounder c the prevalence p and the phi
coefficient r with the positive class, whose share of the split is q.

The images of one split and class stand in a row: by lesion, by sign, by the confounders
decided before, and in a random order of the confounder's own beyond that. Of the n
images those have it at which the running count floor((place x count + start) / n) goes
up. So the count is exact, and whatever the row is sorted by has its share to within one
image a group: confounders depend neither on one another nor on the lesion's kind and
sign.
"""

import hashlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from simbench.division import permute

_SLACK = 1e-9  # of a probability, for rounding


@dataclass(frozen=True)
class Stratum:
    """The images of one split and class."""

    split: str
    label: int
    sizes: Mapping[str, int]
    """The split's images by class; the first is class 0."""

    @property
    def size(self) -> int:
        """Return the number of its images."""
        return tuple(self.sizes.values())[self.label]


@dataclass(frozen=True)
class Group:
    """A run of images in the row of a stratum, and one image of them."""

    start: int
    size: int
    rank: int
    """The image's place in the group, 0 first."""


def present(
    confounders: Mapping[str, Any], stratum: Stratum, group: Group, seed: int
) -> tuple[str, ...]:
    """Name the confounders of one image.

    Parameters
    ----------
    confounders
        The recipe's ``[confounders]``, in an order that never changes.
    stratum
        The image's split and class.
    group
        The images of the stratum with the same lesion and sign.
    seed
        The recipe's seed.
    """
    found = []
    for name, entry in confounders.items():
        total = count(entry, stratum)
        key = _key(seed, name)
        place = group.start + permute(group.rank, group.size, key)
        before = [
            (at * total + key % stratum.size) // stratum.size
            for at in (group.start, place, place + 1, group.start + group.size)
        ]
        having, earlier = before[3] - before[0], before[1] - before[0]
        if before[2] > before[1]:
            found.append(name)
            group = Group(group.start, having, earlier)
        else:
            rank = place - group.start - earlier
            group = Group(group.start + having, group.size - having, rank)
    return tuple(found)


def count(entry: Any, stratum: Stratum) -> int:
    """Return how many images of a stratum have a confounder."""
    share = _share(entry, stratum.sizes)
    chance = chances(entry.prevalence, entry.correlation.of(stratum.split), share)
    own = tuple(stratum.sizes)[stratum.label]
    return math.floor(chance[_positive(entry, stratum.sizes, own)] * stratum.size + 0.5)


def chances(prevalence: float, correlation: float, share: float) -> tuple[float, float]:
    """Return P(confounder) in negative and in positive images.

    ``share`` is that of the positive images; where there is one kind only, both are
    the prevalence.
    """
    up, down = _slopes(prevalence, share)
    low, high = prevalence - correlation * down, prevalence + correlation * up
    return min(max(low, 0.0), 1.0), min(max(high, 0.0), 1.0)


def feasible(prevalence: float, share: float) -> tuple[float, float]:
    """Return the least and the greatest correlation that there can be."""
    up, down = _slopes(prevalence, share)
    if not up * down:
        return 0.0, 0.0
    absent = 1 - prevalence
    return (
        max(-prevalence / up, -absent / down),
        min(absent / up, prevalence / down),
    )


def problems(
    confounders: Mapping[str, Any],
    sizes: Mapping[str, Mapping[str, int]],
    channels: int,
) -> Iterator[str]:
    """Say what of ``[confounders]`` cannot be.

    Parameters
    ----------
    confounders
        The recipe's confounders by name.
    sizes
        Images by split and class.
    channels
        Of the anatomy.
    """
    for name, entry in confounders.items():
        wrong = [color for color in entry.palette if len(color) not in (1, channels)]
        if wrong:
            rule = "1 number" if channels == 1 else f"1 or {channels} numbers"
            yield (
                f"confounders.{name} must have a color of {rule}, as the anatomy has "
                f"{channels} channel{'s' * (channels > 1)}, got {list(wrong[0])}"
            )
        classes = next(iter(sizes.values()))
        if entry.with_class is not None and entry.with_class not in classes:
            yield (
                f"confounders.{name}.with_class must be one of {', '.join(classes)}, "
                f"got '{entry.with_class}'"
            )
            continue
        for split, counts in sizes.items():
            yield from _infeasible(name, entry, split, counts)


def _infeasible(
    name: str, entry: Any, split: str, sizes: Mapping[str, int]
) -> Iterator[str]:
    asked = entry.correlation.of(split)
    if not asked or not any(sizes.values()):
        return
    share = _share(entry, sizes)
    low, high = feasible(entry.prevalence, share)
    if not low - _SLACK <= asked <= high + _SLACK:
        low = math.ceil(low * 1000 - _SLACK) / 1000
        high = math.floor(high * 1000 + _SLACK) / 1000
        yield (
            f"confounders.{name}.correlation.{split} must be {low:g} to {high:g} where "
            f"prevalence is {entry.prevalence:g} and {share:.3g} of the images are "
            f"positive, got {asked:g}"
        )


def _slopes(prevalence: float, share: float) -> tuple[float, float]:
    """Return what a correlation of 1 adds in positive and takes in negative images."""
    if not 0 < share < 1:
        return 0.0, 0.0
    spread = math.sqrt(prevalence * (1 - prevalence))
    odds = math.sqrt(share / (1 - share))
    return spread / odds, spread * odds


def _share(entry: Any, sizes: Mapping[str, int]) -> float:
    positive = sum(n for name, n in sizes.items() if _positive(entry, sizes, name))
    return positive / sum(sizes.values())


def _positive(entry: Any, sizes: Mapping[str, int], name: str) -> bool:
    if entry.with_class is None:
        return name != next(iter(sizes))
    return bool(name == entry.with_class)


@lru_cache(maxsize=64)
def _key(seed: int, name: str) -> int:
    digest = hashlib.sha256(f"{seed} {name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
