"""The primary score of every entry in one stratum, for tests and ranks."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from metrics.analysis.families import drop_twins
from metrics.analysis.options import ScoreOptions
from metrics.analysis.strata import WITHOUT, Strata
from metrics.measured import Measured
from metrics.scores.table import SCORES
from metrics.storage.allocation import allocate, release


@dataclass(frozen=True)
class Primary:
    """Values of m entries on n images of a stratum, NaN where undefined.

    Entries that are the same maps in another alignment are left out. ``sign`` is -1
    for a score that is better the lower it is, ``spill`` a folder on whose disk large
    arrays are kept.
    """

    stratum: str
    names: tuple[str, ...]
    values: Float[np.ndarray, "m n"]
    groups: Int[np.ndarray, " n"]
    sign: int
    spill: Path | None = None

    @property
    def clusters(self) -> int:
        """Number of subjects."""
        return int(self.groups.max(initial=-1)) + 1


def list_primary(
    measured: Measured,
    strata: Strata,
    options: ScoreOptions,
    without: Collection[str] = (),
) -> Iterator[Primary]:
    """Yield the primary score of each stratum of images with a lesion but the thirds.

    Entries named in ``without`` are left out too.
    """
    names = tuple(n for n in drop_twins(measured.entries) if n not in without)
    places = [measured.entries.index(name) for name in names]
    values = measured.scores_of(options.primary)
    sign = 1 if SCORES[options.primary].higher_is_better else -1
    for stratum, rows in strata.wholes.items():
        if stratum != WITHOUT and rows.any():
            groups = np.unique(strata.subjects[rows], return_inverse=True)[1]
            shape = len(names), len(groups)
            some = allocate(shape, values.dtype, measured.spill)
            for own, place in zip(some, places, strict=True):
                own[:] = values[place, rows]
                release(measured.values, some)
            yield Primary(stratum, names, some, groups, sign, measured.spill)
