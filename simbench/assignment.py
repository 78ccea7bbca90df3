"""Which class, lesion and split an image has: a seeded bijection of its index.

Subjects are put in a random order by a bijection, and the order is cut into splits,
classes and lesions of exact sizes. No list is shuffled and none is kept, so any image
is known by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from simbench.confounding import present
from simbench.recipe import Recipe
from simbench.streams import assignment_keys

ROUNDS = 6
_MASK = 2**64 - 1
Key = TypeVar("Key")


@dataclass(frozen=True)
class Case:
    """What is fixed about an image before anything is drawn."""

    index: int
    image_id: str
    subject: str
    subject_number: int
    split: str
    label: int
    lesion: str
    """``none``, a lesion's name in the recipe, or several joined by ``+``."""
    sign: int
    """+1 or -1, in equal numbers among the images of one split, class and lesion."""
    rank: int
    """Place among the ``peers`` images of the same split, class and lesion."""
    peers: int
    confounders: tuple[str, ...] = ()
    """Names of the recipe's confounders that the image has, whatever its lesions."""

    @property
    def lesion_names(self) -> tuple[str, ...]:
        """Names of the recipe's lesions that the image has."""
        return () if self.lesion == "none" else tuple(self.lesion.split("+"))


def assign(recipe: Recipe, index: int, label: int | None = None) -> Case:
    """Tell an image's split, class and lesion.

    Parameters
    ----------
    recipe
        Decides the numbers of each.
    index
        0 to ``recipe.images`` - 1.
    label
        Asks for the image of another class instead; its lesion is then chosen in
        proportion to that class's weights.

    Raises
    ------
    ValueError
        If index or label are out of range.
    """
    if not 0 <= index < recipe.images:
        msg = f"index must be 0 to {recipe.images - 1}, got {index}"
        raise ValueError(msg)
    if label is not None and not 0 <= label < len(recipe.classes):
        msg = f"label must be 0 to {len(recipe.classes) - 1}, got {label}"
        raise ValueError(msg)
    each = recipe.images_per_subject
    subject, copy = divmod(index, each)
    rank = permute(subject, recipe.images // each, recipe.seed)
    splits = {name: images // each for name, images in recipe.splits.sizes().items()}
    split, rank = _cut(rank, splits)
    weights = tuple(entry.weight for entry in recipe.classes)
    own, own_rank, own_size = _share(rank, splits[split], weights)
    confounders = present(
        recipe.confounders,
        split,
        own > 0,
        own_rank * each + copy,
        own_size * each,
        recipe.seed,
    )
    if label is None:
        label, rank, size = own, own_rank, own_size
    else:
        size = splits[split]
    mixes = recipe.classes[label].lesions or {"none": 1.0}
    mix, rank, peers = _share(rank, size, tuple(mixes.values()))
    name = f"{index:06d}"
    return Case(
        index=index,
        image_id=name,
        subject=name if each == 1 else f"subject-{subject:05d}",
        subject_number=subject,
        split=split,
        label=label,
        lesion=tuple(mixes)[mix],
        sign=1 if (rank + copy) % 2 == 0 else -1,
        rank=rank * each + copy,
        peers=peers * each,
        confounders=confounders,
    )


def permute(index: int, count: int, seed: int) -> int:
    """Map 0 … count - 1 onto itself in a random order.

    A Feistel network on the smallest even number of bits, walked until the number is
    in range.
    """
    bits = max((count - 1).bit_length() + 1, 2) // 2
    mask = (1 << bits) - 1
    keys = _round_keys(seed)
    while True:
        left, right = index >> bits, index & mask
        for key in keys:
            left, right = right, left ^ (_mixed(right ^ key) & mask)
        index = left << bits | right
        if index < count:
            return index


def portions(size: int, weights: Sequence[float]) -> tuple[int, ...]:
    """Divide ``size`` in proportion to weights, by largest remainders."""
    exact = [size * weight / sum(weights) for weight in weights]
    counts = [int(share) for share in exact]
    order = sorted(range(len(exact)), key=lambda i: (counts[i] - exact[i], i))
    for i in order[: size - sum(counts)]:
        counts[i] += 1
    return tuple(counts)


def _share(rank: int, size: int, weights: Sequence[float]) -> tuple[int, int, int]:
    counts = dict(enumerate(portions(size, weights)))
    chosen, rank = _cut(rank, counts)
    return chosen, rank, counts[chosen]


def _cut(rank: int, sizes: Mapping[Key, int]) -> tuple[Key, int]:
    for name, size in sizes.items():
        if rank < size:
            return name, rank
        rank -= size
    msg = "rank is beyond the sizes' sum"
    raise AssertionError(msg)


@lru_cache(maxsize=16)
def _round_keys(seed: int) -> tuple[int, ...]:
    return assignment_keys(seed, ROUNDS)


def _mixed(number: int) -> int:
    """Mix 64 bits (the finalizer of SplitMix64, Steele et al. 2014)."""
    number = (number + 0x9E3779B97F4A7C15) & _MASK
    number = (number ^ (number >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
    number = (number ^ (number >> 27)) * 0x94D049BB133111EB & _MASK
    return number ^ (number >> 31)
