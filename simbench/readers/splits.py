"""Divide images into splits, never the images of one subject.

Published splits are kept. One that is not published is drawn from the published
training images and from those that belong to no split yet, subject by subject in an
order that follows from the seed and each subject's own name alone: it does not depend
on the order of the files, nor on who else is there.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from simbench.readers.root import several

#: Share of the images in a split that is drawn and not asked for.
SHARE = 0.15
DRAWN = ("test", "validation")


@dataclass(frozen=True)
class Division:
    """How large the splits are that are drawn.

    Parameters
    ----------
    validation, test
        A share of the images to divide (below 1) or a number of images (1 or more);
        0 for none. None: :data:`SHARE` where the dataset publishes no such split.
    seed
        Of the order of subjects.
    """

    validation: int | float | None = None
    test: int | float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the numbers."""
        for name in DRAWN:
            value = getattr(self, name)
            if value is None or 0 <= value < 1:
                continue
            if not (value >= 1 and float(value).is_integer()):
                msg = (
                    f"{name} must be a share below 1 or a whole number of images, "
                    f"got {value}"
                )
                raise ValueError(msg)


def divide(
    subjects: Sequence[str], published: Sequence[str], division: Division
) -> list[str]:
    """Return the split of each image.

    Parameters
    ----------
    subjects
        Whose each image is.
    published
        Split of each image, '' if it has none.
    division
        What is drawn.

    Raises
    ------
    ValueError
        If a subject is in several published splits, a published split is to be drawn,
        or nothing is left to train on.
    """
    _check_grouped(subjects, published)
    held = set(published)
    pool = [
        subject
        for subject, split in zip(subjects, published, strict=True)
        if split in ("", "train")
    ]
    drawn: dict[str, str] = {}
    left = _ordered(pool, division.seed)
    for split in DRAWN:
        asked = getattr(division, split)
        if split in held and asked is not None:
            msg = f"{split} must be left out where it is published, got {asked:g}"
            raise ValueError(msg)
        if split not in held:
            share = SHARE if asked is None else asked
            target = float(share if share >= 1 else share * len(pool))
            chosen = _taken(left, target)
            drawn |= dict.fromkeys(chosen, split)
            left = {name: count for name, count in left.items() if name not in drawn}
    if pool and not left:  # published splits alone are there to score on
        msg = (
            "splits must leave images to train on, got none of "
            f"{len(pool)} images of {len(set(pool))} subjects; draw fewer"
        )
        raise ValueError(msg)
    return [
        split if split in DRAWN else drawn.get(subject, "train")
        for subject, split in zip(subjects, published, strict=True)
    ]


def _ordered(pool: Sequence[str], seed: int) -> dict[str, int]:
    """Return the images of each subject, in an order of chance."""
    counts = Counter(pool)
    return {name: counts[name] for name in sorted(counts, key=lambda s: _key(s, seed))}


def _key(subject: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}\n{subject}".encode()).digest()


def _taken(left: Mapping[str, int], target: float) -> list[str]:
    """Take subjects in order until one more would lead further from the target."""
    taken = 0
    chosen: list[str] = []
    for name, count in left.items():
        if target <= 0 or (chosen and abs(taken + count - target) > target - taken):
            break
        chosen.append(name)
        taken += count
        if taken >= target:
            break
    return chosen


def _check_grouped(subjects: Sequence[str], published: Sequence[str]) -> None:
    """Refuse published splits that share a subject."""
    first: dict[str, str] = {}
    problems: dict[str, str] = {}
    for subject, split in zip(subjects, published, strict=True):
        other = first.setdefault(subject, split)
        if other != split:
            pair = sorted({other or "no split", split or "no split"})
            problems.setdefault(subject, f"{subject} in {' and '.join(pair)}")
    if problems:
        msg = "splits must not share a subject, got "
        raise ValueError(msg + several(list(problems.values())))
