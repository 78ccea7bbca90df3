"""What the network says while pixels go, or come back, in the order of each map."""

from collections.abc import Mapping
from typing import Any

from reports.content import Column, Figure, Section, Table
from reports.figures.deletion import draw_deletion
from reports.folder import Folder
from reports.wording import NOTHING, bracket, decimal

Row = Mapping[str, Any]


def build(folder: Folder) -> Section | None:
    """Show curves and areas of deletion and insertion, if they were measured."""
    found = folder.evidence.get("sanity")
    if not found or not found.get("deletion"):
        return None
    blocks = (_draw(folder, found), _tabulate(found))
    return Section("deletion", "Does the probability hang on what they show?", blocks)


def _panes(found: Row) -> list[tuple[str, str, str]]:
    fills = dict.fromkeys(row["fill"] for row in found["deletion"])
    words = {"tissue_median": "tissue median", "counterfactual": "healthy image"}
    return [
        (order, fill, f"{order.capitalize()}, {words.get(fill, fill)}")
        for order in ("deletion", "insertion")
        for fill in fills
    ]


def _draw(folder: Folder, found: Row) -> Figure:
    panes = _panes(found)
    first = found["entries"][0]
    areas = [
        f"{title}: {_print(_area(found, first['name'], order, fill))}"
        for order, fill, title in panes
    ]
    return Figure(
        "deletion",
        draw_deletion(folder, found, panes),
        "Probability of the explained class against the share of pixels taken away or "
        f"given back. Area of {first['label']}: {'; '.join(areas)}.",
        "Deletion takes pixels away in the order of the map, insertion gives them "
        "back.",
        "Deletion: lower is better; insertion: higher is better. Filled with the "
        "median of the tissue, images leave what the network was trained on; filled "
        "from the same image drawn without its lesions, they go from one image that "
        "it knows to another.",
    )


def _area(found: Row, entry: str, order: str, fill: str) -> Row | None:
    wanted = (entry, order, fill, "probability")
    rows = found["deletion"]
    keys = ("entry", "order", "fill", "response")
    return next((r for r in rows if tuple(r[k] for k in keys) == wanted), None)


def _tabulate(found: Row) -> Table:
    panes = _panes(found)
    rows = []
    for entry in found["entries"]:
        cells = [_area(found, entry["name"], order, fill) for order, fill, _ in panes]
        told = [f"{decimal(c['mean'])} {bracket(c)}" if c else NOTHING for c in cells]
        rows.append((str(entry["label"]), *told))
    return Table(
        "Area under the probability over the share of pixels, 0 to 1 [95% CI].",
        (Column("Map", "left"), *(Column(title) for _, _, title in panes)),
        tuple(rows),
        "Tied pixels go in a random order of the image's own. Areas of the contrast "
        "logit are in report.json.",
    )


def _print(row: Row | None) -> str:
    return NOTHING if row is None else decimal(row["mean"], 2)
