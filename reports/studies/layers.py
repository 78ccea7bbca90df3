"""Layers of a study: how much each weighs in the head, and how well it points."""

from collections.abc import Mapping
from typing import Any

from reports.content import Block, Column, Paragraph, Section, Table
from reports.wording import NOTHING, decimal, percent

_TITLE = "Layers: weight and focus"


def build_layers(result: Mapping[str, Any]) -> Section:
    """Tabulate share and average precision of each layer."""
    blocks: list[Block] = []
    for reference in result["references"]:
        rows = [r for r in result["layers"] if r["reference"] == reference]
        names = list(dict.fromkeys(str(r["layer"]) for r in rows))
        if names:
            blocks.append(_tabulate(reference, rows, names))
    if not blocks:
        blocks = [Paragraph("No method was shown at single layers.")]
    return Section("layers", _TITLE, tuple(blocks))


def _tabulate(reference: str, rows: list[Mapping[str, Any]], names: list[str]) -> Table:
    groups: dict[str, dict[str, Mapping[str, Any]]] = {}
    for row in rows:
        place = groups.setdefault(f"{row['recipe']}, {row['network']}", {})
        place[str(row["layer"])] = row
    return Table(
        f"{reference}: share of each layer in the head's absolute logit / average "
        "precision of the layer's own map.",
        (Column("Recipe, network", "left"), *map(Column, names)),
        tuple(
            (label, *(_cell(layers.get(name)) for name in names))
            for label, layers in groups.items()
        ),
        "Means over trainings. Shares of the head on all layers; the map of a layer "
        "has a head fitted on that layer alone.",
    )


def _cell(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return NOTHING
    return f"{percent(row['share'], 0)} / {decimal(row['average_precision'])}"
