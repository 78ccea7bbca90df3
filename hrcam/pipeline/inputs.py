"""Open what is scored: maps by entry, and the masks that go with them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hrcam.maps import Explained
from hrcam.pipeline.collecting import check_identity, collect
from hrcam.pipeline.truths import find_masks
from metrics import MapReading, MapSource, MaskReading, MaskSource
from metrics.sources.source import as_maps, as_masks
from simbench.dataset import Dataset


@dataclass(frozen=True)
class How:
    """Which images and truth of a dataset, and how files are read."""

    split: str
    region: str
    map_reading: MapReading | None
    mask_reading: MaskReading | None


@dataclass(frozen=True, eq=False)
class Inputs:
    """What is scored.

    Attributes
    ----------
    sources
        Maps by entry.
    masks
        Their truth.
    dataset
        Whose masks they are, or None.
    runs
        Maps of ours among the sources.
    """

    sources: Mapping[str, MapSource]
    masks: MaskSource
    dataset: Dataset | None
    runs: Sequence[Explained]


def open_inputs(maps: Any, truth: Any, how: How) -> Inputs:
    """Open maps and masks as :func:`hrcam.pipeline.scoring.score` takes them.

    Raises
    ------
    FileNotFoundError, ValueError
        If a path does not exist, or maps or masks are not what they should be.
    """
    found, runs = collect(maps, how.map_reading)
    like = next((m for m in found.values() if hasattr(m, "read")), None)
    given, dataset = find_masks(truth, how.split, how.region, how.mask_reading, like)
    check_identity(runs, dataset)
    masks = as_masks(given, how.mask_reading)
    sources = {name: as_maps(name, source, masks) for name, source in found.items()}
    return Inputs(sources, masks, dataset, runs)
