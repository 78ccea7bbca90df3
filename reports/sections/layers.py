"""Heads and layers: what the head does, apart from the method."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from reports import lookup, verdicts
from reports.content import Block, Column, Figure, Paragraph, Section, Table
from reports.figures.layers import draw_layer_maps, draw_shares
from reports.folder import Folder
from reports.wording import NOTHING, bracket, decimal, percent, plainly, score


def build(folder: Folder) -> Section:
    """Show each head's fit, its shares of the layers and the score of its map."""
    title, found = "Heads and layers", folder.evidence.get("heads") or {}
    heads, layers = found.get("heads") or [], found.get("layers") or []
    if not heads:
        line = "The scores folder says nothing of heads and layers."
        return Section("layers", title, (Paragraph(line),))
    tried = _list_penalties(found.get("penalties") or [])
    blocks: list[Block] = [_tabulate(folder, heads, tried)]
    if layers and any(head.get("share") for head in heads):
        blocks.append(_draw_shares(layers, heads))
    blocks += [_cross(folder, layers), *_draw_maps(folder)]
    return Section("layers", title, tuple(blocks))


def _tabulate(folder: Folder, heads: list[Mapping[str, Any]], tried: str) -> Table:
    leading = score(lookup.primary(folder), short=True)
    level = lookup.level(folder)
    rows = []
    for head in heads:
        name = _find_entry(folder, str(head["name"]))
        row = lookup.summary(folder, name, lookup.primary(folder)) if name else None
        rows.append(
            (
                str(head.get("label") or head["name"]),
                plainly(head.get("penalty")),
                decimal(head.get("log_loss")),
                percent(head.get("agreement")),
                lookup.label(folder, name) if name else "\N{EN DASH}",
                f"{decimal(row['mean'])} {bracket(row)}" if row else "\N{EN DASH}",
                _judge(folder, name),
            )
        )
    return Table(
        "Heads, and the maps they give.",
        (
            *(Column("Head", "left"), Column("Penalty"), Column("Log loss")),
            *(Column("Agreement"), Column("Map", "left")),
            *(Column(f"{leading} [{level} CI]"), Column("Reference minus it", "left")),
        ),
        tuple(rows),
        "Penalty: per sample, chosen without masks. Log loss: on the split that chose "
        "the penalty. Agreement: test images on which the head and the network's own "
        "head say the same." + tried,
    )


def _cross(folder: Folder, layers: list[str]) -> Table | Paragraph:
    """Tabulate methods by layer, so that one can be told from the other."""
    means: dict[tuple[str, str], dict[str, str]] = {}
    for name in lookup.compared(folder):
        row = lookup.entry(folder, name)
        found = lookup.summary(folder, name, lookup.primary(folder))
        if row["layer"] in layers and found:
            label = lookup.label(folder, name).split(",")[0]
            place = means.setdefault((label, row["head"]), {})
            place[row["layer"]] = f"{decimal(found['mean'])} {bracket(found)}"
    several = {key: cells for key, cells in means.items() if len(cells) > 1}
    used = [layer for layer in layers if any(layer in c for c in several.values())]
    if not used:
        line = (
            "No method was run at two layers, so that method and layer cannot be told "
            "apart: hrcam explain --layers all."
        )
        return Paragraph(line, role="note")
    return Table(
        f"Mean {score(lookup.primary(folder))} of each method at each layer "
        f"[{lookup.level(folder)} CI].",
        (Column("Method", "left"), *map(Column, used)),
        tuple(
            (label, *(cells.get(layer, NOTHING) for layer in used))
            for (label, _), cells in several.items()
        ),
        "Down a column only the method differs, along a row only the layer.",
    )


def _list_penalties(penalties: list[Mapping[str, Any]]) -> str:
    told = "; ".join(
        f"{plainly(row['penalty'])}: {decimal(row['log_loss'])}" for row in penalties
    )
    return f" Log loss by penalty tried: {told}." if told else ""


def _find_entry(folder: Folder, head: str) -> str | None:
    """Find the map that a head gives: the reference's family first."""
    own = lookup.entry(folder, lookup.reference(folder))["method"]
    found = [
        row
        for row in folder.results["entries"]
        if row["head"] == head and row["kind"] == "model"
    ]
    family = [row for row in found if row["method"].startswith(own)]
    chosen = next(iter(family or found), None)
    return chosen["name"] if chosen else None


def _judge(folder: Folder, name: str | None) -> str:
    if name is None:
        return "\N{EN DASH}"
    if name == lookup.reference(folder):
        return "is the reference"
    estimate, _, _, verdict = verdicts.cell(
        lookup.difference(folder, name, lookup.primary(folder))
    )
    return f"{estimate}, {verdict}"


def _draw_shares(layers: list[str], heads: list[Mapping[str, Any]]) -> Figure:
    drawn = [head for head in heads if head.get("share")]
    parts = []
    for head in drawn:
        top = max(head["share"], key=lambda layer: head["share"][layer] or 0.0)
        most = percent(head["share"][top], 0)
        parts.append(f"{head.get('label') or head['name']}: most from {top}, {most}")
    return Figure(
        "shares",
        draw_shares(
            layers, [{**h, "label": h.get("label") or h["name"]} for h in drawn]
        ),
        f"Shares of the layers by head. {'; '.join(parts)}.",
        "Share of each layer in the absolute logit, by head; the paper's Figure 6B.",
        "In percent; dark layers are early, bright ones late. Shares under 6% are not "
        "written out.",
    )


def _draw_maps(folder: Folder) -> list[Figure]:
    maps = folder.panels.get("layer_maps")
    if maps is None or not len(maps):
        return []
    names = [str(name) for name in folder.panels.get("layer_names", [])]
    if len(names) != maps.shape[1]:
        return []
    image_id = str(folder.panels["ids"][0])
    svg = draw_layer_maps(
        maps[0].astype(np.float64), names, folder.panels["masks"][0].astype(bool)
    )
    return [
        Figure(
            "layer-maps",
            svg,
            f"Maps of {', '.join(names)} and their sum for image {image_id}.",
            f"Each layer's part of {lookup.label(folder, lookup.reference(folder))}, "
            f"image {image_id}; the paper's Figure 6C.",
            "Each part is scaled on its own; white contour: the mask.",
        )
    ]
