"""Which class, lesion and split an image has: a seeded bijection of its index.

Subjects are put in a random order by a bijection, and the order is cut into splits,
classes and lesions of exact sizes. No list is shuffled and none is kept, so any image
is known by itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from simbench.confounding import Group, Stratum, present
from simbench.division import permute, portions
from simbench.recipe import Recipe

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
    """Place among the ``peers`` images of the same split, class and lesion; that of the
    image itself, also when it is asked for as another class."""
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
        Stratum(split, own, recipe.class_sizes(split)),
        _group(recipe, own, own_rank, own_size, copy),
        recipe.seed,
    )
    label = own if label is None else label
    mixes = _mixes(recipe, label)
    mix, rank, _ = _share(own_rank, own_size, tuple(mixes.values()))
    own_weights = tuple(_mixes(recipe, own).values())
    _, place, peers = _share(own_rank, own_size, own_weights)
    own_copy = 0 if recipe.subject_lesions else copy
    name = f"{index:06d}"
    return Case(
        index=index,
        image_id=name,
        subject=name if each == 1 else f"subject-{subject:05d}",
        subject_number=subject,
        split=split,
        label=label,
        lesion=tuple(mixes)[mix],
        sign=1 if (rank + own_copy) % 2 == 0 else -1,
        rank=place * each + copy,
        peers=peers * each,
        confounders=confounders,
    )


def _mixes(recipe: Recipe, label: int) -> Mapping[str, float]:
    return recipe.classes[label].lesions or {"none": 1.0}


def _group(recipe: Recipe, label: int, rank: int, size: int, copy: int) -> Group:
    """Place an image among those of its split, class, lesion and sign.

    Signs are in turn first and second from lesion to lesion, so that rounding does not
    favor one of them.
    """
    each = recipe.images_per_subject
    counts = portions(size, tuple(_mixes(recipe, label).values()))
    mix, rank = _cut(rank, dict(enumerate(counts)))
    start, peers = sum(counts[:mix]) * each, counts[mix] * each
    halves = (peers + 1) // 2, peers // 2
    negative = (rank + copy) % 2
    if negative != mix % 2:
        start += halves[1 - negative]
    return Group(start, halves[negative], (rank * each + copy) // 2)


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
