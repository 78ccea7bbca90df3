"""All pixels in one pool, and all lesions: what large lesions and many weigh."""

from reports import lookup
from reports.content import Block, Column, Figure, Paragraph, Section, Table
from reports.figures.boxes import arrange
from reports.figures.froc import draw_froc
from reports.folder import Folder
from reports.sections.answer import rivals
from reports.wording import bracket, count, decimal, score, signed

_TITLE = "All pixels and all lesions at once"
_SCORE = "pooled_average_precision"
_STRATA = ("every_image", "all")


def build(folder: Folder) -> Section:
    """Show pooled average precision, and FROC where it was traced."""
    pooled = _choose(folder, "pooled")
    if not pooled:
        line = "No image with a lesion could be scored: there is nothing to pool."
        return Section("pooled", _TITLE, (Paragraph(line),))
    blocks: list[Block] = [_tabulate(folder, pooled)]
    traced = _choose(folder, "froc")
    if traced:
        shown = [traced[name] for name in lookup.contenders(folder, traced)]
        blocks += [_draw(folder, shown), _tabulate_froc(folder, shown)]
    else:
        line = "Lesions found against false parts: hrcam score --froc traces them."
        blocks.append(Paragraph(line, role="note"))
    return Section("pooled", _TITLE, tuple(blocks))


def _choose(folder: Folder, part: str) -> dict[str, lookup.Row]:
    """Take the widest stratum's row of each entry, the reference first."""
    rows = [
        row
        for row in folder.results.get(part, [])
        if part != "pooled" or row["score"] == _SCORE
    ]
    for stratum in _STRATA:
        found = {row["name"]: row for row in rows if row["stratum"] == stratum}
        if found:
            return {name: found[name] for name in arrange(folder) if name in found}
    return {}


def _who(row: lookup.Row) -> str:
    images = count(row["images"], "image")
    return images if row["stratum"] == "every_image" else f"{images} with a lesion"


def _tabulate(folder: Folder, rows: dict[str, lookup.Row]) -> Table:
    first, level = lookup.reference(folder), lookup.level(folder)
    columns = (
        *(Column("Entry", "left"), Column(score(_SCORE)), Column(f"{level} CI")),
        *(Column("Reference minus"), Column(f"{level} CI"), Column("Maps lost")),
        Column("Lost as worst"),
    )
    return Table(
        f"Average precision of all pixels of {_who(rows[first])} in one pool (PxAP).",
        columns,
        tuple(
            (
                lookup.label(folder, name),
                decimal(row["value"]),
                bracket(row),
                signed(row["difference"]) if name != first else "\N{EN DASH}",
                _bracket_difference(row) if name != first else "\N{EN DASH}",
                str(row["lost"]),
                decimal(row["worst"]),
            )
            for name, row in rows.items()
        ),
        "Large lesions weigh more here than small ones, and images without a lesion "
        "count; elsewhere every image with a lesion weighs the same. Intervals: "
        "percentiles of resampled subjects.",
        strong=(0,),
    )


def _bracket_difference(row: lookup.Row) -> str:
    ends = {end: row[f"difference_{end}"] for end in ("low", "high")}
    return bracket(ends, sign=True)


def _draw(folder: Folder, shown: list[lookup.Row]) -> Figure:
    first = shown[0]
    best = max(shown, key=lambda row: row["value"] or 0)
    return Figure(
        "froc",
        draw_froc(folder, shown),
        f"Share of lesions found against false parts per image, {len(shown)} entries. "
        f"Mean over the rates: {lookup.label(folder, first['name'])} "
        f"{decimal(first['value'])}; highest: {lookup.label(folder, best['name'])} "
        f"{decimal(best['value'])}.",
        f"Lesions found against false parts (FROC), {count(first['lesions'], 'lesion')}"
        f" of {_who(first)}.",
        "A part is connected where the map reaches half its range; the level, one for "
        "all images, is the highest raw value in it. Maps whose scale means nothing "
        "from one image to the next lose here.",
    )


def _tabulate_froc(folder: Folder, shown: list[lookup.Row]) -> Table:
    level = lookup.level(folder)
    baseline = lookup.best(folder, "baseline")
    told = {lookup.reference(folder), *rivals(folder), baseline}
    number = len(shown)
    shown = [row for row in shown if row["name"] in told]
    more = f"{number - len(shown)} more entries are in report.json."
    return Table(
        "Share of lesions found at rates of false parts per image.",
        (
            Column("Entry", "left"),
            *(Column(f"{rate:g}") for rate in shown[0]["rates"]),
            *(Column("Mean"), Column(f"{level} CI")),
        ),
        tuple(
            (
                lookup.label(folder, row["name"]),
                *(decimal(value) for value in row["sensitivity"]),
                decimal(row["value"]),
                bracket(row),
            )
            for row in shown
        ),
        more if number > len(shown) else "",
        strong=(0,),
    )
