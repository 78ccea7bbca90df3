"""Images one by one or batch by batch, from a dataset or straight from its recipe.

A view of a recipe draws what it is asked for; it gives the same bytes as the files of
the dataset that the recipe makes.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int64, Integer

from simbench.assignment import Case, assign
from simbench.dataset import Dataset
from simbench.phantoms import Sample, draw
from simbench.recipe import Recipe

Images = Integer[np.ndarray, "n h w *rgb"]


@dataclass(frozen=True)
class View:
    """A sequence of (image, label) pairs, read or drawn when asked for.

    It is what ``torch.utils.data.DataLoader`` takes as a map-style dataset;
    :mod:`hrcam.engine.views` makes a ``keras.utils.PyDataset`` or a ``tf.data.Dataset``
    of it.
    """

    ids: tuple[str, ...]
    labels: Int64[np.ndarray, " n"]
    read: Callable[[Sequence[int]], Images]
    """``read(places)``: images by their places in ``ids``."""

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, place: int) -> tuple[Integer[np.ndarray, "h w *rgb"], int]:
        if not -len(self) <= place < len(self):
            msg = f"place must lie in -{len(self)} to {len(self) - 1}, got {place}"
            raise IndexError(msg)
        place %= len(self)
        return self.read([place])[0], int(self.labels[place])


def view(source: Dataset | Recipe, split: str) -> View:
    """View one split of a dataset, or of the dataset that a recipe would make.

    Parameters
    ----------
    source
        A dataset, whose arrays are read, or a recipe, whose images are drawn.
    split
        ``train``, ``validation`` or ``test``.
    """
    if isinstance(source, Dataset):
        ids = source.ids(split)
        rows = source.index.set_index("image_id").loc[ids, "label"]
        return View(
            tuple(ids),
            rows.to_numpy().astype(np.int64),
            lambda places: source.read("image", [ids[i] for i in places]),
        )
    cases = [case for case in _cases(source) if case.split == split]
    return View(
        tuple(case.image_id for case in cases),
        np.array([case.label for case in cases], np.int64),
        lambda places: np.stack([draw(source, cases[i].index).image for i in places]),
    )


def samples(recipe: Recipe, split: str | None = None) -> Iterator[Sample]:
    """Draw the samples of a recipe one after the other, whole or one split."""
    for case in _cases(recipe):
        if split in (None, case.split):
            yield draw(recipe, case.index)


def _cases(recipe: Recipe) -> Iterator[Case]:
    return (assign(recipe, index) for index in range(recipe.images))
