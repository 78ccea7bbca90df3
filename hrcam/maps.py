"""Maps as they travel from the engine to the scores: raw parts, with what they mean.

Stored are the raw parts at each layer's own size, so the post-processing, the alignment
and the fusion are applied when a map is read, and twenty methods stay small.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from hrcam.capture import IDENTITY, Geometry
from hrcam.enlargement import ALIGNMENTS, coincide
from hrcam.entries import Entry
from hrcam.fusion import compose


@dataclass(frozen=True)
class Facts:
    """How the parts of an entry become a map, and what to call it.

    Parameters
    ----------
    names
        ``method, layer, head, alignment, architecture, seed, label, kind``.
    size
        Rows and columns of the images.
    geometry
        By layer: where its units look, or None.
    postprocessing, fusion
        Names of :mod:`hrcam.fusion`.
    """

    names: Mapping[str, str]
    size: tuple[int, int]
    geometry: Mapping[str, Geometry | None]
    postprocessing: str
    fusion: str


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
    """

    facts: Facts
    ids: tuple[str, ...]
    parts: Mapping[str, Any]

    @property
    def names(self) -> Mapping[str, str]:
        """Method, layer, head, alignment and the rest, as the score table has them."""
        return self.facts.names

    def read(self, ids: Sequence[str]) -> Float[np.ndarray, "n h w"]:
        """Return the finished maps of the named images, of the images' size."""
        place = {image: row for row, image in enumerate(self.ids)}
        rows = [place[image] for image in ids]
        parts = {layer: _rows(part, rows) for layer, part in self.parts.items()}
        facts = self.facts
        alignment = facts.names["alignment"] or ALIGNMENTS[0]
        how = (facts.postprocessing, alignment, facts.fusion)
        return compose(parts, facts.geometry, facts.size, how)

    def layer(self, name: str) -> "LayerMaps":
        """Return the part of one layer alone, as a source of its own."""
        return replace(self, parts={name: self.parts[name]})

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
        return f"Explained({len(self)} entries, {images} images: {', '.join(self)})"


def facts(
    entry: Entry,
    size: tuple[int, int],
    geometry: Mapping[str, Geometry | None],
    extra: Mapping[str, str],
) -> Facts:
    """Describe an entry; ``extra`` gives ``architecture`` and ``seed``."""
    layers = {"image": IDENTITY} | {n: geometry[n] for n in entry.layers}
    names = {
        "method": entry.method.name,
        "layer": entry.layer,
        "head": entry.method.head,
        "alignment": ALIGNMENTS[0] if entry.layers else "",
        "label": entry.label,
        "kind": entry.method.kind,
        "architecture": "",
        "seed": "",
        **(extra if entry.method.kind == "model" else {}),
    }
    method = entry.method
    return Facts(names, size, layers, method.postprocessing, method.fusion)


def gather(
    table: Mapping[str, Facts],
    batches: Iterable[Mapping[str, Any]],
    ids: Sequence[str],
) -> dict[str, LayerMaps]:
    """Keep the parts of all entries in memory."""
    rows = list(batches)
    return {
        name: LayerMaps(
            fact,
            tuple(ids),
            {k: np.concatenate([r[name][k] for r in rows]) for k in rows[0][name]},
        )
        for name, fact in table.items()
    }


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
