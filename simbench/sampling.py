"""How ranges are sampled: at random, by a Sobol sequence, or on a grid of factors.

At random every image draws from its own streams. The other two settle some ranges of
the recipe for each image before anything is drawn: a range [low, high] becomes one
value, chosen by the image's rank among those of its split, class and lesion. Everything
else is drawn as ever.
"""

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, UInt64
from pydantic import BaseModel, model_validator
from scipy.stats import qmc

from simbench.parameters import Parameters
from simbench.streams import assignment_keys

BITS = 30  # of a Sobol number
SHIFTS = 64  # spawned after the keys that order a dataset


class Sampling(Parameters):
    """The table ``[sampling]``."""

    mode: Literal["random", "sobol", "grid"] = "random"
    """How the factors are chosen; see :mod:`simbench.sampling`."""
    factors: tuple[str, ...] = ()
    """Ranges by their dotted keys, such as ``lesions.focal.amplitude``."""
    levels: tuple[int, ...] = ()
    """Of a grid: how many values each factor takes, both ends included."""

    @model_validator(mode="after")
    def _factors_fit_the_mode(self) -> "Sampling":
        if (self.mode == "random") == bool(self.factors):
            msg = "must name factors if mode is 'sobol' or 'grid', and none if 'random'"
            raise ValueError(msg)
        wanted = len(self.factors) if self.mode == "grid" else 0
        if len(self.levels) != wanted or any(level < 1 for level in self.levels):
            msg = f"must have one number >= 1 in levels per factor, {wanted} in all"
            raise ValueError(msg)
        return self


def settled(recipe: Any, sampling: Sampling, rank: int, seed: int) -> Any:
    """Return the recipe with the factors' ranges settled for one image.

    Parameters
    ----------
    recipe
        A frozen model with nested models and tables.
    sampling
        Its table ``[sampling]``.
    rank
        The image's place among those of its split, class and lesion.
    seed
        The recipe's seed.
    """
    if sampling.mode == "random":
        return recipe
    if sampling.mode == "grid":
        shares = grid(sampling.levels, rank)
    else:
        shares = tuple(sobol(len(sampling.factors), rank, seed).tolist())
    for path, share in zip(sampling.factors, shares, strict=True):
        recipe = _settled(recipe, path.split("."), share)
    return recipe


def grid(levels: Sequence[int], rank: int) -> tuple[float, ...]:
    """Return one cell of a full factorial grid, as shares of the ranges.

    The last factor changes fastest; after the last cell the grid starts anew. A factor
    of one level stays in the middle of its range.
    """
    cell = rank % prod(levels)
    shares = []
    for level in reversed(levels):
        cell, place = divmod(cell, level)
        shares.append(place / (level - 1) if level > 1 else 0.5)
    return tuple(reversed(shares))


def sobol(dimensions: int, rank: int, seed: int) -> Float[np.ndarray, " dimensions"]:
    """Return one point of a Sobol sequence, shifted digitally by the seed.

    Notes
    -----
    Sobol 1967 in the order of Gray codes, direction numbers of Joe & Kuo 2008 (those
    of :class:`scipy.stats.qmc.Sobol`). Any point is found by itself: it is the
    exclusive or of the direction numbers at the ones of the rank's Gray code.
    """
    directions = _directions(dimensions, max(rank.bit_length(), 1))
    number = np.array(
        [key >> (64 - BITS) for key in assignment_keys(seed, SHIFTS + dimensions)],
        np.uint64,
    )[SHIFTS:]
    gray = rank ^ (rank >> 1)
    for bit in range(gray.bit_length()):
        if gray >> bit & 1:
            number = number ^ directions[bit]
    return (number + 0.5) * 2.0**-BITS


def ranges(recipe: BaseModel) -> tuple[str, ...]:
    """Return the dotted keys of all ranges of a recipe that can be factors."""
    return tuple(_ranges(recipe.model_dump(exclude_none=True), ""))


def _ranges(table: Any, prefix: str) -> list[str]:
    found = []
    for key, value in table.items():
        if isinstance(value, dict):
            found += _ranges(value, f"{prefix}{key}.")
        elif _is_range(value) and f"{prefix}{key}" not in _NO_FACTORS:
            found.append(f"{prefix}{key}")
    return found


_NO_FACTORS = ("size", "acquisition.window")


def _is_range(value: object) -> bool:
    numbers = (int, float)
    return (
        isinstance(value, tuple)
        and len(value) == 2
        and all(isinstance(end, numbers) for end in value)
    )


def _settled(table: Any, path: Sequence[str], share: float) -> Any:
    key, *rest = path
    old = table[key] if isinstance(table, dict) else getattr(table, key)
    new = _settled(old, rest, share) if rest else _between(old, share)
    if isinstance(table, dict):
        return table | {key: new}
    return table.model_copy(update={key: new})


def _between(
    limits: tuple[int, int] | tuple[float, float], share: float
) -> tuple[int, int] | tuple[float, float]:
    low, high = limits
    if isinstance(low, int) and isinstance(high, int):
        whole = min(low + int(share * (high - low + 1)), high)
        return whole, whole
    value = low + (high - low) * share
    return value, value


@lru_cache(maxsize=64)
def _directions(dimensions: int, bits: int) -> UInt64[np.ndarray, "bits dimensions"]:
    """Read the direction numbers off the points of ranks 2**bit - 1 and 2**bit.

    Between those two ranks only the digit ``bit`` of the Gray code changes.
    """
    found = []
    for bit in range(bits):
        source = qmc.Sobol(dimensions, scramble=False, bits=BITS)
        if bit:
            source.fast_forward(2**bit - 1)
        pair = np.concatenate([source.random(1), source.random(1)])
        whole = np.rint(pair * 2.0**BITS).astype(np.uint64)
        found.append(whole[0] ^ whole[1])
    return np.stack(found)
