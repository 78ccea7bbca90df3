"""Read an entry's maps of the sample once, and keep what the checks need."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int
from scipy.ndimage import gaussian_filter
from scipy.sparse import csr_array

from metrics.checks.certainty import Rise
from metrics.checks.places import Move, probe
from metrics.checks.ranks import pool, raise_top, standardize
from metrics.checks.sample import Sample, batches
from metrics.sources.intake import read_maps
from metrics.sources.source import MapSource

BLURS = (1 / 16, 1 / 10)
"""Widths of the controls' blurs, in shorter sides of the image."""

MANY = 256
"""Distinct values from which on there is nothing to say of them."""


@dataclass(frozen=True, eq=False)
class Values:
    """What values each map has, (n,).

    Attributes
    ----------
    low, high
        Least and greatest value.
    tied
        Share of the pixels that have the greatest one.
    distinct
        How many values there are.
    """

    low: Float[np.ndarray, " n"]
    high: Float[np.ndarray, " n"]
    tied: Float[np.ndarray, " n"]
    distinct: Int[np.ndarray, " n"]


@dataclass(frozen=True, eq=False)
class Look:
    """Finite maps of one entry, as ranks beside the masks.

    Attributes
    ----------
    entry
        Its name.
    sample
        The images that have a finite map.
    ranks
        Standardized ranks of the maps' block means, (n, cells).
    values
        What values the maps have at their full size.
    """

    entry: str
    sample: Sample
    ranks: Float[np.ndarray, "n cells"]
    values: Values

    @cached_property
    def here(self) -> csr_array:
        """What gives the mean over each lesion where it is."""
        return probe(self.sample, lambda places: places)

    @cached_property
    def auroc(self) -> Float[np.ndarray, " n"]:
        """AUROC of each map's block means."""
        auroc = 0.5 + _apply(self.here, self.ranks) / self.sample.healthy
        return np.clip(auroc, 0, 1)  # single precision may pass the ends

    @cached_property
    def own_auroc(self) -> Float[np.ndarray, " n"]:
        """AUROC of each map, less that of the other images' maps on this image."""
        return _apply(self.here, _without_others(self.ranks)) / self.sample.healthy

    @cached_property
    def heights(self) -> Float[np.ndarray, "n cells"]:
        """Heights of each map's blocks, less their mean over the map."""
        return raise_top(self.ranks, self.sample.counted.reshape(self.ranks.shape))

    @cached_property
    def own_heights(self) -> Float[np.ndarray, "n cells"]:
        """Heights of each map, less the mean of the other images' maps."""
        return _without_others(self.heights)

    @cached_property
    def rest(self) -> tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]]:
        """Mean height of each lesion where it is, and of the image's own."""
        return _apply(self.here, self.heights), _apply(self.here, self.own_heights)

    @cached_property
    def controls(self) -> tuple["Look", ...]:
        """The masks, blurred a little and a lot, as if they were the maps."""
        return tuple(map(self._blur_masks, BLURS))

    def _blur_masks(self, blur: float) -> "Look":
        width = blur * min(self.sample.cells)
        axes = tuple(range(1, self.sample.lesion.ndim))
        blurred = gaussian_filter(self.sample.lesion, width, axes=axes)
        ranks = standardize(blurred, self.sample.counted).reshape(self.ranks.shape)
        return Look(f"control of {self.entry}", self.sample, ranks, self.values)

    def rise(self, move: Move, opposite: Move | None = None) -> Rise:
        """Say what moved maps would gain."""
        before, rest = self.rest
        there = probe(self.sample, move)
        moved = _apply(there, self.own_heights)
        other = rest
        if opposite is not None:
            other = _apply(probe(self.sample, opposite), self.own_heights)
        after = _apply(there, self.heights)
        return Rise(before, after, rest, moved, other)


def look(entry: str, source: MapSource, sample: Sample) -> Look | None:
    """Read an entry's maps of the sample; None if none of them is finite.

    Raises
    ------
    ValueError
        If maps are not real numbers of the masks' size.
    """
    finite, ranks, values = [], [], []
    for rows in batches(sample):
        maps = read_maps(entry, source, sample.ids[rows], sample.size)
        known = np.isfinite(maps).reshape(len(maps), -1).all(axis=1)
        finite.append(known)
        if known.any():
            maps, counted = maps[known], sample.counted[rows][known]
            found = standardize(pool(maps, sample.block), counted)
            ranks.append(found.reshape(len(maps), -1))
            values.append(_take_values(maps.reshape(len(maps), -1)))
    usable = np.concatenate(finite)
    if not usable.any():
        return None
    joined = Values(*(np.concatenate(part) for part in zip(*values, strict=True)))
    return Look(entry, sample.take(usable), np.concatenate(ranks), joined)


def _apply(
    means: csr_array, maps: Float[np.ndarray, "n cells"]
) -> Float[np.ndarray, " n"]:
    return (means @ maps.ravel()).astype(np.float64)


def _without_others(
    maps: Float[np.ndarray, "n cells"],
) -> Float[np.ndarray, "n cells"]:
    """Take off each map the mean of the others."""
    count = len(maps)
    if count < 2:
        return np.zeros_like(maps)
    return (maps - maps.mean(axis=0)) * np.float32(count / (count - 1))


def _take_values(
    maps: Float[np.ndarray, "n p"],
) -> tuple[
    Float[np.ndarray, " n"],
    Float[np.ndarray, " n"],
    Float[np.ndarray, " n"],
    Int[np.ndarray, " n"],
]:
    """Least and greatest value, ties at the greatest and distinct values."""
    low, high = maps.min(axis=1), maps.max(axis=1)
    tied = (maps == high[:, None]).mean(axis=1)
    distinct = np.array([_count_values(map) for map in maps], dtype=np.int64)
    return low.astype(np.float64), high.astype(np.float64), tied, distinct


def _count_values(map: Float[np.ndarray, " p"]) -> int:
    """Count distinct values; above :data:`MANY` by the first pixels that show it."""
    few = len(np.unique(map[: 16 * MANY]))
    return few if few > MANY else len(np.unique(map))
