"""A test without a law: flip the signs of whole clusters."""

from collections.abc import Iterator
from itertools import product
from zlib import crc32

import numpy as np
from jaxtyping import Float, Int

from metrics.statistics.clusters import gather
from metrics.statistics.intervals import FEWEST

_BLOCK = 500


def flip_signs(
    differences: Float[np.ndarray, "n c"],
    groups: Int[np.ndarray, " n"],
    flips: int = 9999,
    seed: int = 0,
    name: str = "permutation",
) -> Float[np.ndarray, " c"]:
    """Test each column for a law that is symmetric around 0.

    Parameters
    ----------
    differences
        Paired differences, NaN where undefined.
    groups
        Subject of each row, from 0.
    flips
        Random flips; where there are no more patterns of signs than that, all of them
        are taken instead, and the test is exact without chance.
    seed, name
        What the flips depend on.

    Returns
    -------
    array
        p: the share of patterns, the observed one among them, whose absolute sum is at
        least as large; 1 if all differences are 0, NaN with fewer than five subjects.
    """
    clusters = int(groups.max(initial=-1)) + 1
    gathered = gather(differences, groups, clusters)
    observed = np.abs(gathered.sums.sum(axis=0))
    exact = clusters < 63 and 2**clusters <= flips + 1
    exceeding = np.zeros(len(observed)) if exact else np.ones(len(observed))
    total = 0 if exact else 1
    for signs in _list_all(clusters) if exact else _draw(clusters, flips, seed, name):
        # Sums of rounded values are exact, so equal ones compare as equal.
        exceeding += (np.abs(signs @ gathered.sums) >= observed).sum(axis=0)
        total += len(signs)
    return np.where(gathered.clusters >= FEWEST, exceeding / total, np.nan)


def _list_all(clusters: int) -> list[Float[np.ndarray, "b g"]]:
    return [np.array(list(product((-1.0, 1.0), repeat=clusters)))]


def _draw(
    clusters: int, flips: int, seed: int, name: str
) -> Iterator[Float[np.ndarray, "b g"]]:
    generator = np.random.default_rng([seed, crc32(name.encode())])
    for begin in range(0, flips, _BLOCK):
        size = (min(_BLOCK, flips - begin), clusters)
        yield 2.0 * generator.integers(0, 2, size=size, dtype=np.int8) - 1.0
