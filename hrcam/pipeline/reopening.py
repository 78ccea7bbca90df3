"""Open maps and masks once more, in a worker that shares no memory with us."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from hrcam.pipeline.inputs import How, open_inputs
from metrics import MapSource, MaskSource
from simbench.urls import is_url


@dataclass(frozen=True)
class Reopening:
    """What is scored, by its paths; small enough to be sent with every shard.

    ``call`` tells one scoring from the next of the same paths, so that a worker that
    lives on opens them anew.
    """

    maps: tuple[tuple[str, str], ...]
    truth: str | tuple[str, ...]
    how: How
    call: str = field(default_factory=lambda: uuid4().hex)

    def __call__(self) -> tuple[Mapping[str, MapSource], MaskSource]:
        """Open maps and masks as :func:`hrcam.pipeline.scoring.score` does."""
        opened = open_inputs(dict(self.maps), self.truth, self.how)
        return opened.sources, opened.masks


def reopening(maps: Any, truth: Any, how: How) -> Reopening | None:
    """Return how workers open maps and masks; None if some are no paths."""
    if not isinstance(maps, Mapping):
        return None
    several = isinstance(truth, list | tuple)
    masks = tuple(truth) if several else (truth,)
    if not all(isinstance(x, str | Path) for x in (*maps.values(), *masks)):
        return None
    paths = tuple(_absolute(path) for path in masks)
    named = tuple((str(name), _absolute(path)) for name, path in maps.items())
    return Reopening(named, paths if several else paths[0], how)


def _absolute(path: Path | str) -> str:
    return str(path) if is_url(path) else str(Path(path).absolute())
