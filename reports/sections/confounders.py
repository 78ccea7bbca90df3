"""What part of every map lies on letters, rulers, hair: on marks that are no lesion."""

from collections.abc import Mapping, Sequence
from typing import Any

from reports import lookup, verdicts
from reports.content import Block, Column, Paragraph, Section, Table
from reports.figures.boxes import arrange
from reports.folder import Folder
from reports.wording import count, decimal, percent, score

Row = Mapping[str, Any]
FEW = 2
"""With more confounders there is no room for the shares beside the lifts."""


def build(folder: Folder) -> Section | None:
    """Hold every map's share on each confounder against what chance gives."""
    found = folder.results.get("confounders")
    if not found:
        return None
    rows = {(row["region"], row["name"]): row for row in found["rows"]}
    names = list(found["kinds"])
    blocks: list[Block] = [_tabulate(folder, rows, names, found["kinds"])]
    reference = lookup.entry(folder, lookup.reference(folder))
    if reference["method"].startswith("hr_cam"):
        blocks.insert(0, Paragraph(_tell(folder), "The paper's claim 4."))
    return Section("confounders", "Marks that are no pathology", tuple(blocks))


def _tell(folder: Folder) -> str:
    """Say what HR-CAM's head and its likeness to CAM make of the claim."""
    claim = (
        "Where letters and other marks disturb, early layers get near-zero weight and "
        "HR-CAM equals CAM."
    )
    return f"{claim} {_weights(folder)} {_likeness(folder)}"


def _weights(folder: Folder) -> str:
    """Print the shares of the layers in the head of the reference."""
    first = lookup.entry(folder, lookup.reference(folder))
    heads = (folder.evidence.get("heads") or {}).get("heads") or []
    own = (h.get("share") for h in heads if h["name"] == first["head"])
    share = next(own, None)
    if not share:
        return "Here the weights of the layers are not known."
    told = ", ".join(f"{layer} {percent(part, 0)}" for layer, part in share.items())
    return f"Here the layers have these shares of the absolute logit: {told}."


def _likeness(folder: Folder) -> str:
    """Print the difference to CAM in the primary score."""
    names = lookup.compared(folder)[1:]
    methods = {name: lookup.entry(folder, name)["method"] for name in names}
    cam = next((name for name in names if methods[name] == "cam"), None)
    if cam is None:
        return "CAM was not compared."
    leading = lookup.primary(folder)
    row = lookup.difference(folder, cam, leading)
    estimate, interval, _, verdict = verdicts.cell(row)
    who = lookup.label(folder, lookup.reference(folder))
    return f"{who} minus CAM in {score(leading)}: {estimate} {interval}, {verdict}."


def _tabulate(
    folder: Folder,
    rows: Mapping[tuple[str, str], Row],
    names: Sequence[str],
    kinds: Mapping[str, str],
) -> Table:
    """Tabulate lifts by entry, with the shares where there is room."""
    first, wide = lookup.reference(folder), len(names) <= FEW
    columns = [Column("Entry", "left")]
    chance = ["Chance: share of the image"]
    for name in names:
        if wide:
            columns.append(Column(f"{name}: share"))
            chance.append(percent(rows[name, first]["area"], 2))
        columns.append(Column(f"{name}: lift"))
        chance.append(decimal(1, 2) if wide else percent(rows[name, first]["area"], 2))
    body = [tuple(chance)]
    for entry in lookup.contenders(folder, arrange(folder)):
        cells = [lookup.label(folder, entry)]
        for name in names:
            row = rows[name, entry]
            cells += [_share(row)] if wide else []
            cells.append(_lift(row))
        body.append(tuple(cells))
    return Table(
        "Share of each map's positive part that lies on marks "
        f"[{lookup.level(folder)} CI].",
        tuple(columns),
        tuple(body),
        _read(rows, kinds, first),
        strong=(1,),
        rules=(1,),
    )


def _share(row: Row) -> str:
    if row["share_low"] is None:
        return percent(row["share"], 2)
    ends = (percent(row[f"share_{end}"], 2) for end in ("low", "high"))
    return f"{percent(row['share'], 2)} [{', '.join(ends)}]"


def _lift(row: Row) -> str:
    if row["lift_low"] is None:
        return decimal(row["lift"], 2)
    ends = (decimal(row[f"lift_{end}"], 2) for end in ("low", "high"))
    return f"{decimal(row['lift'], 2)} [{', '.join(ends)}]"


def _read(
    rows: Mapping[tuple[str, str], Row], kinds: Mapping[str, str], first: str
) -> str:
    seen = "; ".join(
        f"{name if name == kind else f'{name} ({kind})'}: "
        f"{count(rows[name, first]['images'], 'image')}"
        for name, kind in kinds.items()
    )
    return (
        "Lift: share over the share of the image that the mark covers, a ratio of "
        "means; 1 is chance, above it the map points at the mark. Images with the "
        f"mark: {seen}. Intervals are by subject and for each row alone."
    )
