"""Differences by kind of lesion, by size and by difficulty."""

from reports import lookup, verdicts
from reports.content import Block, Column, Figure, Paragraph, Section, Table
from reports.figures.forest import Column as Pane
from reports.figures.forest import draw_forest
from reports.folder import Folder
from reports.sections.answer import rivals
from reports.sections.differences import choose, describe, read_forest
from reports.wording import (
    bracket,
    decimal,
    percent,
    probability,
    score,
    signed,
    stratum,
    wrap,
)

_TITLE = "By kind of lesion, size and difficulty"
_MOST_PANES, _MOST_CONTRASTS = 5, 12


def build(folder: Folder) -> Section:
    """Ask whether the comparison is another one on some of the images."""
    kinds = [row for row in lookup.strata(folder) if row["n"]]
    thirds = lookup.strata(folder, thirds=True)
    if len(kinds) + len(thirds) < 2 or len(lookup.compared(folder)) < 2:
        line = (
            "Neither kinds of lesion nor right answers are known, and too few images "
            "or methods are here to be parted."
        )
        return Section("strata", _TITLE, (Paragraph(line),))
    blocks: list[Block] = [_tabulate(folder, [*kinds, *thirds])]
    blocks += [
        _draw(folder, name, part[: _MOST_PANES + 1])
        for name, part in (("forest-strata", kinds), ("forest-thirds", thirds))
        if len(part) > 1
    ]
    contrasts = _contrast(folder)
    blocks += [contrasts] if contrasts else []
    return Section("strata", _TITLE, tuple(blocks))


def _tabulate(folder: Folder, strata: list[lookup.Row]) -> Table:
    leading, first = lookup.primary(folder), lookup.reference(folder)
    others = rivals(folder)
    rows = []
    for row in strata:
        found = lookup.summary(folder, first, leading, None, row["name"])
        cells = [stratum(row["name"]) + _span(row), str(row["n"])]
        cells.append(decimal(found["mean"] if found else None))
        for other in others:
            estimate, _, _, verdict = verdicts.cell(
                lookup.difference(folder, other, leading, None, row["name"])
            )
            cells.append(f"{estimate}, {verdict.removeprefix('different, ')}")
        rows.append(tuple(cells))
    number = len(lookup.strata(folder))
    heads = (Column(f"minus {lookup.label(folder, n)}", "left") for n in others)
    return Table(
        f"Mean {score(leading)} of {lookup.label(folder, first)}, and its difference "
        "from other methods, by kind of image.",
        (*(Column("Images", "left"), Column("n"), Column("Mean"), *heads),),
        tuple(rows),
        "Beyond the margin, within it, size unclear: different. Thirds: by the "
        "lesion's part of the image, and by d', how well an ideal observer sees it, "
        "where that is known.",
        strong=(0,),
        rules=(number,) if number < len(rows) else (),
    )


def _span(row: lookup.Row) -> str:
    """Print the numbers that a third reaches from and to."""
    if not row["bounds"]:
        return ""
    if row["name"].startswith("size="):
        return f" ({' to '.join(percent(end) for end in row['bounds'])})"
    return f" (d' {' to '.join(decimal(end, 1) for end in row['bounds'])})"


def _head(name: str, count: int) -> str:
    """Head a pane; a mix of lesions may break behind its plus signs."""
    text = wrap(stratum(name).replace("+", "+ "), 20, 2).replace("+ ", "+")
    return f"{text}\nn = {count}"


def _draw(folder: Folder, name: str, strata: list[lookup.Row]) -> Figure:
    leading, chosen = lookup.primary(folder), choose(folder)
    panes = [Pane(_head(s["name"], s["n"]), leading, None, s["name"]) for s in strata]
    by = "kind of image" if name == "forest-strata" else "size and difficulty"
    return Figure(
        name,
        draw_forest(name, folder, chosen, panes),
        describe(folder, chosen[0], panes),
        f"Differences in mean {score(leading)}, reference minus the entry named "
        f"on the left, by {by}.",
        read_forest(folder),
    )


def _contrast(folder: Folder) -> Table | None:
    """Contrast the differences of two groups of images."""
    others = rivals(folder)
    found = [
        row
        for row in folder.results.get("interactions", [])
        if row["other"] in others and row["difference"] is not None
    ]
    if not found:
        return None
    shown = sorted(found, key=lambda row: (row["p"] is None, row["p"] or 0.0))
    left = len(shown) - len(shown[:_MOST_CONTRASTS])
    more = f" {left} more, with higher p, are in report.json." if left else ""
    return Table(
        "Is a difference another one on other images?",
        (
            *(Column("Reference minus", "left"), Column("On", "left")),
            *(Column("less that on", "left"), Column("Contrast")),
            *(Column(f"{lookup.level(folder)} CI"), Column("Adj. p")),
        ),
        tuple(
            (
                lookup.label(folder, row["other"]),
                stratum(row["first"]),
                stratum(row["second"]),
                signed(row["difference"]),
                bracket(row, sign=True),
                probability(row["p_holm"]),
            )
            for row in shown[:_MOST_CONTRASTS]
        ),
        "Differences of differences; p adjusted over all of them and all entries "
        f"(Holm). Thirds: the outer ones.{more}",
    )
