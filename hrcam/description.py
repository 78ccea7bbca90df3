"""What an entry's maps are: how parts become a map, and where they come from."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from hrcam.capture import IDENTITY, Geometry
from hrcam.enlargement import ALIGNMENTS
from hrcam.entries import Entry
from hrcam.statuses import judge


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
    provenance
        Where the parts come from, as JSON has it: ``source``, ``layers``, ``needs``,
        ``network``, ``postprocessing``, ``fusion``, ``heads`` with their penalties, and
        what was told: ``target`` and its ``definition``, ``calls`` per image.
    """

    names: Mapping[str, str]
    size: tuple[int, int]
    geometry: Mapping[str, Geometry | None]
    postprocessing: str
    fusion: str
    provenance: Mapping[str, Any] = field(default_factory=dict)


def facts(
    entry: Entry,
    size: tuple[int, int],
    geometry: Mapping[str, Geometry | None],
    extra: Mapping[str, str],
    told: Mapping[str, Any] = MappingProxyType({}),
) -> Facts:
    """Describe an entry.

    Parameters
    ----------
    entry
        Whose maps are described.
    size
        Rows and columns of the images.
    geometry
        By tapped layer: where its units look, or None.
    extra
        ``architecture`` and ``seed`` of the model.
    told
        What the entry does not know of itself: ``target`` and its ``definition``, the
        ``penalties`` of heads by key, ``calls`` per image. Kept is what concerns it.
    """
    layers = {"image": IDENTITY} | {n: geometry[n] for n in entry.layers}
    method = entry.method
    names = {
        "method": method.name,
        "layer": entry.layer,
        "head": method.head,
        "alignment": ALIGNMENTS[0] if entry.layers else "",
        "label": entry.label,
        "kind": method.kind,
        "architecture": "",
        "seed": "",
        **(extra if method.kind == "model" else {}),
    }
    fusion = entry.fusion or method.fusion
    provenance = {
        "source": method.source,
        "layers": list(entry.layers),
        "needs": sorted(method.needs),
        "network": method.network,
        "postprocessing": method.postprocessing,
        "fusion": fusion,
        **_concerning(entry, told),
    }
    return Facts(names, size, layers, method.postprocessing, fusion, provenance)


def _concerning(entry: Entry, told: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was told and concerns an entry; a penalty that is none is None."""
    penalties = told.get("penalties", {})
    keys = dict.fromkeys(key for m in entry.members for key in m.heads.values())
    kept = {k: v for k, v in told.items() if k not in ("penalties", "calls")}
    kept = kept if entry.method.kind == "model" else {}
    calls = {"calls": told.get("calls")} if "calls" in entry.method.needs else {}
    numbers = {key: penalties.get(key, float("nan")) for key in keys}
    heads = {key: x if math.isfinite(x) else None for key, x in numbers.items()}
    return {**kept, **calls, "heads": heads}


def statuses(fact: Facts, parts: Mapping[str, Any]) -> list[str]:
    """Return the status of each image's map; ``parts`` are raw, (n, h, w) by layer."""
    needs = fact.provenance.get("needs", ())
    return judge(parts, fact.postprocessing, fact.fusion, needs).tolist()
