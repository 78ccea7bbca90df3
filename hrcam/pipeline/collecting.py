"""The maps that are scored: runs of ours, and anybody's files, by entry."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import metrics
from hrcam.maps import Explained, LayerMaps
from hrcam.pipeline.explaining import is_maps_folder, open_maps
from metrics import MapReading
from simbench.dataset import Dataset


def collect(
    maps: Any, reading: MapReading | None = None
) -> tuple[dict[str, Any], list[Explained]]:
    """Return sources of maps by entry, and the runs of ours among them.

    An entry is also read in ``half_pixel`` alignment where that changes its maps, since
    a verdict must survive both.

    Raises
    ------
    ValueError
        If two entries have one name.
    """
    named = {"": maps} if isinstance(maps, Explained) else dict(maps)
    sources: dict[str, Any] = {}
    runs: list[Explained] = []
    for name, given in named.items():
        found = given
        if isinstance(given, str | Path):
            path = Path(given)
            ours = is_maps_folder(path)
            found = open_maps(path) if ours else metrics.open_maps(path, name, reading)
        rows = found if isinstance(found, Explained) else {name: found}
        runs += [found] if isinstance(found, Explained) else []
        for key, source in rows.items():
            if key in sources:
                msg = f"entries must have unique names, got {key!r} twice; score apart"
                raise ValueError(msg)
            sources[key] = source
            other = (
                source.aligned("half_pixel") if isinstance(source, LayerMaps) else None
            )
            if other is not None:
                sources[f"{key}/half_pixel"] = other
    return sources, runs


def check_identity(runs: Sequence[Explained], dataset: Dataset | None) -> None:
    """Refuse maps of ours that were made of another dataset.

    Raises
    ------
    ValueError
        Naming both.
    """
    for run in runs:
        made = run.evidence.get("provenance", {}).get("dataset")
        if dataset is not None and made and made != dataset.identity:
            msg = (
                f"maps must be of the dataset whose masks are scored, got maps of "
                f"{made[:12]} and masks of {dataset.identity[:12]}; explain this one"
            )
            raise ValueError(msg)
