"""All pairs of entries, and their ranks with what is sure of them."""

from reports import lookup
from reports.content import Block, Column, Figure, Paragraph, Section, Table
from reports.figures.boxes import arrange
from reports.figures.matrix import MOST_NUMBERS, Cell, draw_matrix
from reports.folder import Folder
from reports.wording import NOTHING, Number, count, decimal, percent, score

_TITLE = "All pairs and ranks"
_SCHEMES = (
    ("median", "By median"),
    ("rank_then_mean", "By mean rank"),
    ("win_rate", "By duels"),
)


def build(folder: Folder) -> Section:
    """Compare every entry with every other, and rank them."""
    found = next((r for r in _rows(folder, "ranks") if r["stratum"] == "all"), None)
    if found is None or not found["n"] or len(found["entries"]) < 2:
        line = "Fewer than two entries have scores on the same images: nothing to rank."
        return Section("order", _TITLE, (Paragraph(line),))
    blocks: tuple[Block | None, ...] = _tabulate(folder, found), _draw(folder)
    return Section("order", _TITLE, tuple(filter(None, blocks)))


def _rows(folder: Folder, part: str) -> list[lookup.Row]:
    return list(folder.results.get(part, []))


def _tabulate(folder: Folder, found: lookup.Row) -> Table:
    rows = sorted(found["entries"], key=lambda row: (row["rank"], row["name"]))
    level = lookup.level(folder)
    columns = (
        *(Column("Entry", "left"), Column("Mean"), Column("Rank")),
        *(Column(f"{level} rank set"), Column("First in resamples")),
        *(Column(title) for _, title in _SCHEMES),
    )
    agreement = "; ".join(
        f"{title[3:]} {decimal(found['schemes'].get(name), 2)}"
        for name, title in _SCHEMES
    )
    return Table(
        f"Ranks by mean {score(found['score'])}, {count(found['n'], 'image')} with a "
        f"lesion of {count(found['clusters'], 'subject')}.",
        columns,
        tuple(
            (
                lookup.label(folder, row["name"]),
                decimal(row["mean"]),
                str(row["rank"]),
                _span(row["low"], row["high"]),
                percent(row["first"], 0),
                *(str(row["schemes"].get(name, NOTHING)) for name, _ in _SCHEMES),
            )
            for row in rows
        ),
        f"Rank sets hold the true ranks of all entries at once with {level} "
        "confidence: where they overlap, the order is not sure. Right: ranks by other "
        "ways to aggregate; Kendall's tau with the order of means: "
        f"{agreement}.",
        strong=tuple(
            k for k, row in enumerate(rows) if row["name"] == lookup.reference(folder)
        ),
    )


def _span(low: Number | None, high: Number | None) -> str:
    if low is None or high is None:
        return NOTHING
    low, high = int(low), int(high)
    return str(low) if low == high else f"{low}\N{EN DASH}{high}"


def _draw(folder: Folder) -> Figure | None:
    names = lookup.contenders(folder, arrange(folder))
    alpha = 1 - folder.results["options"]["level"]
    cells: dict[tuple[str, str], Cell] = {}
    for row in _rows(folder, "pairs"):
        pair = row["first"], row["second"]
        known = row["stratum"] == "all" and row["difference"] is not None
        if known and set(pair) <= set(names):
            adjusted = row["p_adjusted"]
            cells[pair] = row["difference"], adjusted is not None and adjusted < alpha
    if not cells:
        return None
    labels = {name: lookup.label(folder, name) for name in names}
    clear = sum(sure for _, sure in cells.values())
    what = score(lookup.primary(folder))
    unsure = "In parentheses" if len(names) <= MOST_NUMBERS else "A dot"
    return Figure(
        "pairs",
        draw_matrix("pairs", labels, cells),
        f"Square of paired differences in mean {what} of {len(names)} entries; {clear} "
        f"of {len(cells)} pairs differ clearly.",
        f"All pairs: mean {what} of the row minus that of the column.",
        f"Orange: the row is higher. {unsure}: not clear of 0, p "
        f"adjusted for all pairs (max-T) at least {alpha:.2g}. "
        f"{clear} of {len(cells)} pairs are clear.",
    )
