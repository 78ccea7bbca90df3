"""Paired differences: forest plots and the table of verdicts."""

from reports import lookup, verdicts
from reports.content import Block, Column, Figure, Paragraph, Section, Table
from reports.figures.boxes import SCORES, arrange
from reports.figures.forest import Column as Pane
from reports.figures.forest import draw_forest
from reports.folder import Folder
from reports.wording import probability, score, signed

_READING = (
    "Thin line: {level:.0f}% CI, thick line: {narrow:.0f}% CI, both paired by image. "
    "Gray: the margin, \N{PLUS-MINUS SIGN}{margin:g}. Right of 0: the reference is "
    "higher."
)


def build(folder: Folder) -> Section:
    """Compare the reference with every other entry."""
    title = "Differences from " + lookup.label(folder, lookup.reference(folder))
    others = arrange(folder)[1:]
    if not others:
        line = "There is one entry only, so there are no differences."
        return Section("differences", "Differences", (Paragraph(line),))
    if not any(
        row["difference"] is not None and row["stratum"] != "without_lesion"
        for row in folder.results["differences"]
    ):
        line = "No image with a lesion could be scored: there are no differences."
        return Section("differences", "Differences", (Paragraph(line),))
    blocks: list[Block] = [_tabulate(folder, others), *_draw(folder)]
    return Section("differences", title, tuple(blocks))


def _tabulate(folder: Folder, others: list[str]) -> Table:
    leading, what = lookup.primary(folder), score(lookup.primary(folder))
    sizes = {row["name"]: row["n"] for row in lookup.strata(folder)}
    second = "correct" in sizes
    listed = lookup.contenders(folder, others)
    columns = [Column("Reference minus", "left"), Column("n"), Column("Difference")]
    columns += [Column(f"{lookup.level(folder)} CI"), Column("Adj. p")]
    columns.append(Column("Verdict", "left"))
    columns += [Column("Correct only"), Column("Verdict", "left")] if second else []
    rows = []
    for name in listed:
        row = lookup.difference(folder, name, leading)
        estimate, interval, n, verdict = verdicts.cell(row)
        adjusted = probability(row["p_adjusted"] if row else None)
        cells = [lookup.label(folder, name), n, estimate, interval, adjusted, verdict]
        if second:
            other = lookup.difference(folder, name, leading, None, "correct")
            found = verdicts.cell(other)
            same = "the same" if found[3] == verdict else found[3]
            cells += [f"{found[0]} {found[1]}", same]
        rows.append(tuple(cells))
    kinds = [lookup.entry(folder, name)["kind"] for name in listed]
    reading = _read_table(folder)
    if second:
        reading += (
            f" Last two columns: the {sizes['correct']} images classified correctly."
        )
    if len(listed) < len(others):
        reading += " Ceilings see the mask; their differences are in report.json."
    return Table(
        f"Differences in mean {what}, images with a lesion.",
        tuple(columns),
        tuple(rows),
        reading,
        rules=tuple(k for k in range(1, len(kinds)) if kinds[k] != kinds[k - 1]),
    )


def _read_table(folder: Folder) -> str:
    options = folder.results["options"]
    return (
        f"Paired by image; margin \N{PLUS-MINUS SIGN}{options['margin']:g}; p adjusted "
        "for all entries (max-T)."
    )


def _draw(folder: Folder) -> list[Figure]:
    chosen = choose(folder)
    panes = [
        Pane(score(s, t, short=True), s, t)
        for s in SCORES
        for t in lookup.thresholds(folder)
    ]
    return [
        Figure(
            "forest-thresholds",
            draw_forest("forest-thresholds", folder, chosen, panes),
            describe(folder, chosen[0], panes),
            "Differences in sensitivity and specificity at the thresholds, reference "
            "minus the entry named on the left, images with a lesion.",
            read_forest(folder)
            + " A gain in one that is paid for in the other is a shift of the "
            "threshold, not a better map.",
        )
    ]


def read_forest(folder: Folder) -> str:
    """Say how to read a forest plot."""
    options = folder.results["options"]
    level = 100 * options["level"]
    return _READING.format(
        level=level, narrow=2 * level - 100, margin=options["margin"]
    )


def choose(folder: Folder) -> list[str]:
    """List the methods and the best baseline, without the reference."""
    baseline = lookup.best(folder, "baseline")
    names = [*lookup.compared(folder)[1:], *([baseline] if baseline else [])]
    return list(dict.fromkeys(names)) or arrange(folder)[1:]


def describe(folder: Folder, other: str, panes: list[Pane]) -> str:
    """Say in words what a forest plot shows of one entry."""
    parts = []
    for pane in panes:
        row = lookup.difference(folder, other, pane.score, pane.threshold, pane.stratum)
        if row is not None:
            title = pane.title.replace("\n", ", ")
            parts.append(f"{title}: {signed(row['difference'])}, {row['verdict']}")
    first = lookup.label(folder, lookup.reference(folder))
    return (
        f"Forest plot of paired differences. {first} minus "
        f"{lookup.label(folder, other)}: {'; '.join(parts)}."
    )
