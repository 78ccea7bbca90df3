"""Variances that add up, each with its own degrees of freedom."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class Source:
    """A variance with its degrees of freedom, and how much of it counts."""

    variance: float
    freedom: int
    share: float = 1.0

    @property
    def part(self) -> float:
        """What is added up."""
        return self.share**2 * self.variance


def spread(numbers: Float[np.ndarray, " s"], share: float) -> Source:
    """Return the variance of the mean of trainings; infinite of a single one."""
    if len(numbers) < 2:
        return Source(np.inf, 1, share)
    variance = float(numbers.var(ddof=1)) / len(numbers)
    return Source(variance if variance > 1e-24 else 0.0, len(numbers) - 1, share)


def combine(sources: Sequence[Source]) -> tuple[float, float]:
    """Add variances up; degrees of freedom after Satterthwaite (1946)."""
    parts = np.array([s.part for s in sources])
    freedoms = np.array([s.freedom for s in sources], dtype=np.float64)
    total = float(parts.sum())
    if total == 0 or not np.isfinite(total):
        return total, float(freedoms.sum())
    return total, float(1 / (((parts / total) ** 2) / freedoms).sum())
