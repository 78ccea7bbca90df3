"""Whether the maps show what the model relies on."""

from collections.abc import Mapping
from typing import Any

from reports.content import Block, Column, Figure, Paragraph, Section, Table
from reports.figures.reliance import MOST, draw_reliance
from reports.folder import Folder
from reports.wording import count, decimal, percent, signed

Row = Mapping[str, Any]
_AREA = "Area of the lesion alone"
_MASSES = {"share": "share of the mass", "mean": "mean value"}


def build(folder: Folder) -> Section | None:
    """Show what the model loses without each lesion, against the maps' mass on it."""
    found = folder.evidence.get("reliance")
    if not found or not found.get("entries"):
        return None
    labels = {
        entry["name"]: str(entry["label"])
        for entry in [
            *folder.results["entries"],
            *(folder.evidence.get("sanity", {}).get("entries") or []),
        ]
    }
    blocks: list[Block] = [Paragraph(_tell(found), "What is compared.")]
    blocks += [_draw(found, labels), _tabulate(found, labels)]
    title = "Do the maps show what the model relies on?"
    return Section("reliance", title, tuple(blocks))


def _tell(found: Row) -> str:
    drop = found["drop"]
    several = found["several"]
    rest = (
        f"{count(several, 'image')} with several lesions can be ranked within."
        if several
        else "No image has two lesions, so nothing can be ranked within an image."
    )
    return (
        f"Each of {count(found['lesions'], 'lesion')} in "
        f"{count(found['images'], 'image')} was taken out alone, all else staying draw "
        f"for draw. The {found['target']} of the model fell by "
        f"{decimal(drop['median'])} in the middle (quartiles {decimal(drop['q1'])} to "
        f"{decimal(drop['q3'])}), "
        f"and fell at all for {percent(drop['positive'])} of them. {rest}"
    )


def _draw(found: Row, labels: Mapping[str, str]) -> Figure:
    rows = [
        r for r in found["entries"] if r["mass"] == "share" and r["entry"] in labels
    ]
    names = [row["entry"] for row in rows][:MOST]
    said = "; ".join(
        f"{labels[r['entry']]} {decimal(r['pooled']['estimate'], 2)}"
        for r in rows
        if r["entry"] in names
    )
    drawn = [(name, labels[name]) for name in names]
    return Figure(
        "reliance",
        draw_reliance(found["rows"], drawn),
        f"Drop of the logit against the share of the map on each lesion. Rank "
        f"correlation: {said}.",
        "One point per lesion: what the model loses without it, and what part of the "
        "map's positive mass is on it.",
        "A map that shows what the model relies on rises from left to right.",
    )


def _tabulate(found: Row, labels: Mapping[str, str]) -> Table:
    rows = []
    for row in found["entries"]:
        within = row["within"]
        rows.append(
            (
                labels.get(row["entry"], _AREA),
                _MASSES[row["mass"]] if row["entry"] in labels else "area",
                _print(row["pooled"], "estimate"),
                _print(row["at_equal_area"], "estimate"),
                str(row["pooled"]["count"]),
                _print(within, "mean"),
                f"{within['n']} ({within['undefined']})",
            )
        )
    return Table(
        "Rank correlation of the drop with the map's mass on the lesion [95% CI].",
        (
            *(Column("Map", "left"), Column("By", "left"), Column("Pooled")),
            *(Column("At equal area"), Column("Lesions"), Column("Within images")),
            Column("Images (undefined)"),
        ),
        tuple(rows),
        "Pooled over lesions, interval by bootstrap of subjects. A large lesion holds "
        "more of any map, so the last row says what size alone gives, and the column "
        "at equal area holds it fixed (partial correlation of ranks). Within images: "
        "mean of the images' own correlations, undefined with fewer than two lesions.",
        rules=(len(rows) - 1,),
    )


def _print(row: Row, name: str) -> str:
    """Print a correlation with its interval."""
    if row["low"] is None:
        return signed(row[name], 2)
    return f"{signed(row[name], 2)} [{signed(row['low'], 2)}, {signed(row['high'], 2)}]"
