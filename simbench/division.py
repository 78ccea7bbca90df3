"""Divide numbers of images exactly, and put them in a random order without a list."""

from collections.abc import Sequence
from functools import lru_cache

from simbench.streams import assignment_keys

ROUNDS = 6
_MASK = 2**64 - 1


def permute(index: int, count: int, seed: int) -> int:
    """Map 0 … count - 1 onto itself in a random order.

    A Feistel network on the smallest even number of bits, walked until the number is
    in range.

    Raises
    ------
    ValueError
        If the index is not in range, where the walk would never end.
    """
    if not 0 <= index < count:
        msg = f"index must be 0 to {count - 1}, got {index}"
        raise ValueError(msg)
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


@lru_cache(maxsize=64)
def _round_keys(seed: int) -> tuple[int, ...]:
    return assignment_keys(seed, ROUNDS)


def _mixed(number: int) -> int:
    """Mix 64 bits (the finalizer of SplitMix64, Steele et al. 2014)."""
    number = (number + 0x9E3779B97F4A7C15) & _MASK
    number = (number ^ (number >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
    number = (number ^ (number >> 27)) * 0x94D049BB133111EB & _MASK
    return number ^ (number >> 31)
