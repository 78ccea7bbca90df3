"""Move feature maps by parts of a stride, and put them between one another."""

import itertools
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

#: How many times fewer rows and columns a down-sampling makes.
Factors = tuple[int, int]


@dataclass(frozen=True)
class Shift:
    """Move a map by every shift below the factors; the shifts come side by side.

    (n, h, w, c) becomes (s t n, h, w, c).
    """

    factors: Factors
    name: str = "shift"

    def __call__(self, maps: Any) -> Any:
        """Return the shifted maps, the shift by columns running fastest."""
        _, height, width, _ = maps.shape
        return keras.ops.concatenate(
            [
                _moved(_moved(maps, down, height, 1), right, width, 2)
                for down, right in itertools.product(*map(range, self.factors))
            ],
            axis=0,
        )


@dataclass(frozen=True)
class Repeat:
    """Repeat what has no places, such as the weights of channels, for every shift."""

    factors: Factors
    name: str = "repeat"

    def __call__(self, values: Any) -> Any:
        """Return (n, ...) as (s t n, ...)."""
        return keras.ops.concatenate([values] * int(np.prod(self.factors)), axis=0)


@dataclass(frozen=True)
class Stitch:
    """Put the maps of all shifts between one another: the inverse of :class:`Shift`.

    (s t n, h, w, c) becomes (n, s h, t w, c).
    """

    factors: Factors
    name: str = "stitch"

    def __call__(self, maps: Any) -> Any:
        """Return the interleaved maps."""
        (down, right), (_, height, width, channels) = self.factors, maps.shape
        apart = keras.ops.reshape(maps, (down, right, -1, height, width, channels))
        between = keras.ops.transpose(apart, (2, 3, 0, 4, 1, 5))
        return keras.ops.reshape(between, (-1, height * down, width * right, channels))


def _moved(maps: Any, count: int, length: int, axis: int) -> Any:
    """Move maps towards their start, repeating the last row or column."""
    if not count:
        return maps
    places = np.minimum(np.arange(length) + count, length - 1)
    return keras.ops.take(maps, places, axis=axis)
