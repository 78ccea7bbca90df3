"""Give every (sample, stage) its own stateless stream of random numbers.

A stream is a Philox bit generator whose key comes from the recipe's seed and whose
counter holds the stage and the sample's index, so a draw depends on nothing else:
not on workers, order, or how many numbers another stage takes. Numbers are made from
raw words here, because NumPy keeps the words of a bit generator stable between
versions, but not the methods of ``Generator``.
"""

from functools import lru_cache

import numpy as np
from jaxtyping import Float, Float32, UInt64
from scipy.special import ndtri

STAGES = {  # never renumber: the numbers are part of every dataset's bytes
    "anatomy": 0,
    "texture": 1,
    "lesion": 2,
    "lesion_texture": 3,
    "bias": 4,
    "noise": 5,
    "exposure": 6,
    "confounder": 7,
    "artifact": 8,
}
ASSIGNMENT = 1  # spawn key of the numbers that order a dataset
_GRID = 2.0**20


class Stream:
    """Random numbers of one stage of one sample, taken in order."""

    def __init__(self, words: np.random.Philox) -> None:
        self._words = words

    def uniform(self, count: int) -> Float[np.ndarray, " count"]:
        """Draw ``count`` numbers evenly from [0, 1)."""
        return (self._raw(count) >> np.uint64(11)) * 2.0**-53

    def normal(self, *shape: int) -> Float32[np.ndarray, "..."]:
        """Draw standard normal numbers (|z| < 4.4) of the given shape."""
        count = int(np.prod(shape))
        quarters = self._raw(-(-count // 4)).astype("<u8", copy=False).view("<u2")
        return np.take(_quantiles(), quarters[:count], mode="clip").reshape(shape)

    def between(self, limits: tuple[float, float]) -> float:
        """Draw one number evenly from [low, high)."""
        low, high = limits
        return low + (high - low) * float(self.uniform(1)[0])

    def gauss(self, scale: float) -> float:
        """Draw one normal number of mean 0 and standard deviation ``scale``."""
        return scale * float(self.normal(1)[0])

    def integer(self, count: int) -> int:
        """Draw one of 0, 1, …, count - 1."""
        return int(count * self.uniform(1)[0])

    def _raw(self, count: int) -> UInt64[np.ndarray, " count"]:
        return self._words.random_raw(count)


def stream(seed: int, stage: str, index: int, part: int = 0) -> Stream:
    """Open the stream of one stage of one sample.

    Parameters
    ----------
    seed
        The recipe's seed.
    stage
        One of ``STAGES``.
    index
        The sample's index (of the subject, for what its images share).
    part
        Which of several equal things of the stage, for example which lesion.

    Notes
    -----
    Philox as in Salmon et al., SC'11; each stream has 2**64 blocks of its own.
    """
    counter = np.array([0, part, STAGES[stage], index], np.uint64)
    return Stream(np.random.Philox(key=_key(seed), counter=counter))


def assignment_keys(seed: int, count: int) -> tuple[int, ...]:
    """Draw the 64-bit numbers that order a dataset's subjects."""
    source = np.random.SeedSequence(seed, spawn_key=(ASSIGNMENT,))
    return tuple(int(word) for word in source.generate_state(count, np.uint64))


@lru_cache(maxsize=16)
def _key(seed: int) -> UInt64[np.ndarray, "2"]:
    return np.random.SeedSequence(seed).generate_state(2, np.uint64)


@lru_cache(maxsize=1)
def _quantiles() -> Float32[np.ndarray, "65536"]:
    """Tabulate the normal quantiles of 65,536 equal shares, with unit variance.

    Rounded to multiples of 2**-20, so that the last bits of a mathematics library
    do not matter.
    """
    shares = ndtri((np.arange(65536) + 0.5) / 65536)
    return (np.round(shares / shares.std() * _GRID) / _GRID).astype(np.float32)
