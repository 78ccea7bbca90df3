"""Tables of one row an image, taken some rows at a time."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

BYTES = 2**20
"""About as much of a table is held at a time."""


@dataclass(frozen=True)
class Rows:
    """A table whose rows are made when they are asked for.

    Attributes
    ----------
    shape
        Rows and columns.
    make
        Returns rows by their numbers.
    """

    shape: tuple[int, int]
    make: Callable[[Int[np.ndarray, " k"]], Float[np.ndarray, "k c"]]

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, rows: Int[np.ndarray, " k"]) -> Float[np.ndarray, "k c"]:
        return self.make(rows)


def cut(rows: int, width: int, times: int = 1) -> Iterator[slice]:
    """Cut rows of so many columns into blocks of about :data:`BYTES`, or some times it.

    Examples
    --------
    >>> [(part.start, part.stop) for part in cut(2**14, 16)]
    [(0, 8192), (8192, 16384)]
    """
    step = max(times * BYTES // (8 * max(width, 1)), 1)
    for start in range(0, rows, step):
        yield slice(start, min(start + step, rows))
