"""Open maps and masks once more, in a worker that shares no memory with us."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from hrcam.pipeline.collecting import collect
from hrcam.pipeline.truths import find_masks
from metrics import MapReading, MaskReading, MaskSource
from metrics.sources.source import MapSource, as_maps, as_masks
from simbench.urls import is_url


@dataclass(frozen=True)
class Reopening:
    """What is scored, by its paths; small enough to be sent with every shard.

    ``call`` tells one scoring from the next of the same paths, so that a worker that
    lives on opens them anew.
    """

    maps: tuple[tuple[str, str], ...]
    truth: str | tuple[str, ...]
    split: str
    region: str
    map_reading: MapReading | None
    mask_reading: MaskReading | None
    call: str = field(default_factory=lambda: uuid4().hex)

    def __call__(self) -> tuple[Mapping[str, MapSource], MaskSource]:
        """Open maps and masks as :func:`hrcam.pipeline.scoring.score` does."""
        found, _ = collect(dict(self.maps), self.map_reading)
        like = next((m for m in found.values() if hasattr(m, "read")), None)
        several = isinstance(self.truth, tuple)
        truth = list(self.truth) if several else self.truth
        given, _ = find_masks(truth, self.split, self.region, self.mask_reading, like)
        masks = as_masks(given, self.mask_reading)
        return {name: as_maps(name, m, masks) for name, m in found.items()}, masks


def reopening(
    maps: Any, truth: Any, how: tuple[str, str, MapReading | None, MaskReading | None]
) -> Reopening | None:
    """Return how workers open maps and masks; None if some are no paths.

    ``how`` holds split, region and the two readings.
    """
    if not isinstance(maps, Mapping):
        return None
    several = isinstance(truth, list | tuple)
    masks = tuple(truth) if several else (truth,)
    if not all(isinstance(x, str | Path) for x in (*maps.values(), *masks)):
        return None
    paths = tuple(_absolute(path) for path in masks)
    named = tuple((str(name), _absolute(path)) for name, path in maps.items())
    return Reopening(named, paths if several else paths[0], *how)


def _absolute(path: Path | str) -> str:
    return str(path) if is_url(path) else str(Path(path).absolute())
