"""Whether the maps that localize best show what the network uses."""

from collections.abc import Mapping
from typing import Any

from reports.content import Block, Column, Figure, Paragraph, Section, Table
from reports.figures.localization import draw_localization
from reports.folder import Folder
from reports.wording import bracket, count, decimal, name_training, signed

Row = Mapping[str, Any]

_MOST_ROWS = 30
_READING = (
    "Up is better localization; right, maps that have more on the lesions that the "
    "network loses most without. The dashed line is what a lesion's area alone "
    "gives: what is not right of it tells no more than size."
)


def build(folder: Folder) -> Section | None:
    """Put localization beside reliance, where a multiverse measured both."""
    found = folder.evidence.get("multiverse")
    return relate(found) if found else None


def relate(found: Row) -> Section | None:
    """Put localization beside reliance, of a multiverse's results."""
    blocks = show(found)
    title = "Do the maps that localize best show what the network uses?"
    return Section("localization", title, tuple(blocks)) if blocks else None


def show(found: Row) -> list[Block]:
    """Return the blocks: each network's answer and drawing, the first one's table."""
    cells = found.get("reliance") or []
    if not cells:
        return []
    named = [(name_training(cell), cell) for cell in cells]
    return [
        Paragraph(_explain(cells[0])),
        *(Paragraph(_tell(cell), f"{name}:") for name, cell in named),
        *(_draw(number, *each) for number, each in enumerate(named)),
        _list(*named[0], others=len(named) > 1),
    ]


def _explain(cell: Row) -> str:
    area = cell["area"]
    return (
        f"Each of {count(cell['lesions'], 'lesion')} in "
        f"{count(cell['images'], 'image')} was taken out alone. Reliance is the rank "
        "correlation of the drop of the network's logit with the share of a map's "
        "positive mass on the lesion. That share measures the size of the lesion "
        "partly, since a large lesion holds more of any map: area alone correlates "
        f"{signed(area['estimate'], 2)} {_bracket(area)} with the drop. At equal area "
        "the size is held fixed (partial correlation of ranks)."
    )


def _tell(cell: Row) -> str:
    relation = cell["relation"]
    pooled, equal = relation["pooled"], relation["at_equal_area"]
    return (
        f"over {pooled['count']} maps of {count(relation['methods'], 'method')} that "
        f"explain the network, AP and reliance go together by {_say(pooled)}, at equal "
        f"area by {_say(equal)} (rank correlation, interval by methods)."
    )


def _say(row: Row) -> str:
    return f"{signed(row['estimate'], 2)} {_bracket(row)}"


def _bracket(row: Row) -> str:
    if row["low"] is None:
        return "[too few]"
    return f"[{signed(row['low'], 2)}, {signed(row['high'], 2)}]"


def _draw(number: int, name: str, cell: Row) -> Figure:
    key = f"localization-{number}"
    return Figure(
        key,
        draw_localization(key, cell["entries"], cell["area"]["estimate"]),
        f"AP against reliance of {len(cell['entries'])} maps; {_tell(cell)}",
        "Mean AP of every method at every layer against its reliance, "
        f"{name}, with 95% intervals of both.",
        _READING if number == 0 else "",
    )


def _list(name: str, cell: Row, *, others: bool) -> Table:
    entries = sorted(
        cell["entries"], key=lambda e: -(e["average_precision"]["mean"] or 0.0)
    )
    left = len(entries) - _MOST_ROWS
    return Table(
        f"Localization and reliance, {name}, best AP first.",
        (
            *(Column("Map", "left"), Column("AP"), Column("AP lift")),
            *(Column("Reliance"), Column("At equal area")),
        ),
        tuple(
            (
                str(entry["entry"]),
                f"{decimal(entry['average_precision']['mean'])} "
                f"{bracket(entry['average_precision'])}",
                decimal(entry["lift"]["mean"]),
                _say(entry["pooled"]),
                _say(entry["at_equal_area"]),
            )
            for entry in entries[:_MOST_ROWS]
        ),
        "Lift: (AP - prevalence) / (1 - prevalence)."
        + (f" {left} more are in report.json." if left > 0 else "")
        + (" The other networks' maps are in report.json." if others else ""),
    )
