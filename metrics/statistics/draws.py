"""Random weights of clusters: one draw serves every mean, pair, curve and rank."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from zlib import crc32

import numpy as np
from jaxtyping import Float, Int

from metrics.storage.allocation import SMALL, allocate, release

BOOTSTRAPS = ("resampling", "multiplier")
"""Ways to draw: clusters with replacement, or a random sign for each cluster."""

FEW = 12
"""With fewer clusters patterns of signs are too few: Webb's six points instead."""

_KEPT = 2**28  # bytes
# Webb's points to 20 binary places, so that their sums are exact.
_POINTS = np.round(np.sqrt([0.5, 1.0, 1.5]) * 2**20) / 2**20
_WEBB = np.concatenate([-_POINTS[::-1], _POINTS])


@dataclass(frozen=True, eq=False)
class Draws:
    """Weights of clusters, the same whatever part of them is asked for.

    Attributes
    ----------
    clusters, resamples
        How many of each.
    seed, name
        What the stream of random numbers depends on, with the resample's number.
    kind
        One of :data:`BOOTSTRAPS`. ``resampling``: how often each cluster is drawn.
        ``multiplier``: -1 or 1 (Rademacher's weights), or Webb's six points where
        clusters are fewer than :data:`FEW`.
    spill
        Folder on whose disk many weights are kept, a byte each; None keeps them in
        memory, or draws them again where they are more than 256 MB.

    Raises
    ------
    ValueError
        If there is no such kind.
    """

    clusters: int
    resamples: int
    seed: int
    name: str
    kind: str = "resampling"
    spill: Path | None = None

    def __post_init__(self) -> None:
        if self.kind not in BOOTSTRAPS:
            msg = f"kind must be one of {', '.join(BOOTSTRAPS)}, got {self.kind!r}"
            raise ValueError(msg)

    def weights(self, start: int, stop: int) -> Float[np.ndarray, "b g"]:
        """Weights of the resamples from ``start`` up to ``stop``."""
        return self.drawn(start, stop).astype(np.float64)

    def drawn(
        self, start: int, stop: int
    ) -> Int[np.ndarray, "b g"] | Float[np.ndarray, "b g"]:
        """Return the same weights in the few bytes that they are kept in."""
        if self._kept:
            return self._whole[start:stop]
        return np.stack([self._draw(number) for number in range(start, stop)])

    @property
    def _kept(self) -> bool:
        return self.spill is not None or self.clusters * self.resamples <= _KEPT

    @cached_property
    def _whole(self) -> Int[np.ndarray, "b g"] | Float[np.ndarray, "b g"]:
        """All weights."""
        shape = self.resamples, self.clusters
        whole = allocate(shape, self._draw(0).dtype, self.spill)
        held = max(SMALL // self.clusters, 1)
        for number in range(self.resamples):
            whole[number] = self._draw(number)
            if number % held == 0:
                release(whole)
        release(whole)
        return whole

    def _draw(self, number: int) -> Int[np.ndarray, " g"] | Float[np.ndarray, " g"]:
        generator = np.random.default_rng(
            [self.seed, crc32(self.name.encode()), number]
        )
        if self.kind == "resampling":
            taken = generator.integers(0, self.clusters, size=self.clusters)
            # That one is drawn 128 times has a chance below 1e-210.
            return np.bincount(taken, minlength=self.clusters).astype(np.int8)
        if self.clusters < FEW:
            return _WEBB[generator.integers(0, len(_WEBB), size=self.clusters)]
        signs = generator.integers(0, 2, size=self.clusters, dtype=np.int8)
        return 2 * signs - 1


def draw_weights(
    clusters: int, resamples: int, seed: int, name: str
) -> Float[np.ndarray, "b g"]:
    """Draw how often each resample takes each cluster.

    The stream depends on the seed and the analysis' name only.
    """
    return Draws(clusters, resamples, seed, name).weights(0, resamples)
