"""Maps as they travel from the engine to the scores: raw parts, with what they mean.

Stored are the raw parts at each layer's own size, so the post-processing, the alignment
and the fusion are applied when a map is read, and twenty methods stay small.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from hrcam.description import Facts, facts, statuses
from hrcam.enlargement import ALIGNMENTS, coincide
from hrcam.fusion import compose
from hrcam.statuses import STATUSES

if TYPE_CHECKING:
    import pandas

__all__ = ["Explained", "Facts", "LayerMaps", "facts", "gather", "statuses"]


@dataclass(frozen=True)
class LayerMaps:
    """One entry's maps, composed when they are read: a source of maps for scoring.

    Parameters
    ----------
    facts
        How the parts become a map.
    ids
        The images, in the order of the rows.
    parts
        By layer: raw maps, (n, h, w), NumPy or Zarr.
    status
        Of each image's map, a name of :data:`hrcam.statuses.STATUSES`; empty where
        nobody told.
    """

    facts: Facts
    ids: tuple[str, ...]
    parts: Mapping[str, Any]
    status: tuple[str, ...] = ()

    @property
    def names(self) -> Mapping[str, str]:
        """Method, layer, head, alignment and the rest, as the score table has them."""
        return self.facts.names

    def read(self, ids: Sequence[str]) -> Float[np.ndarray, "n h w"]:
        """Return the finished maps of the named images, of the images' size."""
        rows = [self._place[image] for image in ids]
        parts = {layer: _rows(part, rows) for layer, part in self.parts.items()}
        facts = self.facts
        alignment = facts.names["alignment"] or ALIGNMENTS[0]
        how = (facts.postprocessing, alignment, facts.fusion)
        return compose(parts, facts.geometry, facts.size, how)

    def layer(self, name: str) -> "LayerMaps":
        """Return the part of one layer alone, as a source of its own."""
        return replace(self, parts={name: self.parts[name]}, status=())

    def aligned(self, alignment: str) -> "LayerMaps | None":
        """Return the same maps by another alignment; None if nothing would change."""
        facts = self.facts
        if all(
            coincide(facts.geometry.get(layer), facts.size, part.shape[1:])
            for layer, part in self.parts.items()
        ):
            return None
        label = f"{facts.names['label']}, {alignment.replace('_', '-')}"
        names = {**facts.names, "alignment": alignment, "label": label}
        return replace(self, facts=replace(facts, names=names))

    @cached_property
    def _place(self) -> dict[str, int]:
        return {image: row for row, image in enumerate(self.ids)}


@dataclass(frozen=True)
class Explained(Mapping[str, LayerMaps]):
    """What ``hrcam.explain`` returns: the maps of every entry, by name.

    Parameters
    ----------
    entries
        The sources of maps.
    evidence
        What the report tells of the model: ``classifier``, ``heads``, ``provenance``.
    predictions
        Per image of the split: ``image_id, label, predicted, correct``.
    """

    entries: Mapping[str, LayerMaps]
    evidence: Mapping[str, Any] = field(default_factory=dict)
    predictions: Any = None

    def __getitem__(self, name: str) -> LayerMaps:
        return self.entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __repr__(self) -> str:
        images = len(next(iter(self.entries.values())).ids) if self.entries else 0
        told = f"Explained({len(self)} entries, {images} images: {', '.join(self)})"
        model = [s for s in self.entries.values() if s.names["kind"] == "model"]
        bad = Counter(x for source in model for x in source.status if x != "ok")
        counts = ", ".join(f"{bad[x]} {x}" for x in STATUSES if bad[x])
        return told[:-1] + f"; of the model's maps {counts})" if counts else told

    def statuses(self) -> "pandas.DataFrame":
        """Count the maps of each entry by their status; entries nobody judged are 0."""
        import pandas

        counts = {
            name: [source.status.count(status) for status in STATUSES]
            for name, source in self.entries.items()
        }
        return pandas.DataFrame.from_dict(counts, orient="index", columns=STATUSES)


def gather(
    table: Mapping[str, Facts],
    batches: Iterable[Mapping[str, Any]],
    ids: Sequence[str],
) -> dict[str, LayerMaps]:
    """Keep the parts of all entries in memory."""
    rows = list(batches)
    found = {}
    for name, fact in table.items():
        layers = rows[0][name]
        parts = {k: np.concatenate([row[name][k] for row in rows]) for k in layers}
        found[name] = LayerMaps(fact, tuple(ids), parts, tuple(statuses(fact, parts)))
    return found


def _rows(part: Any, rows: list[int]) -> Float[np.ndarray, "n h w"]:
    """Read rows of an array; a run of rows is read at once."""
    if isinstance(part, np.ndarray):
        return part[rows]
    try:
        if rows and rows == list(range(rows[0], rows[0] + len(rows))):
            return np.asarray(part[rows[0] : rows[0] + len(rows)])
        return np.asarray(part.oindex[rows])
    except (OSError, ValueError, RuntimeError) as error:
        msg = f"{part.store_path} must be whole, got: {error}; explain the model again"
        raise ValueError(msg) from error
