"""What went wrong, present even when nothing did."""

from reports import lookup
from reports.content import Column, Paragraph, Section, Table
from reports.figures.boxes import arrange
from reports.folder import Folder
from reports.wording import count

_MEANING = {
    "ok": "scored",
    "empty_mask": "no lesion in the mask: sensitivity, AUROC and AP undefined",
    "full_mask": "the mask fills the image: specificity, AUROC and AP undefined",
    "constant_map": "one value everywhere: AUROC 0.5, nothing marked above threshold 0",
    "nonfinite": "NaN or infinity in the map: no scores",
    "missing": "a mask without a map: no scores",
}


def build(folder: Folder) -> Section:
    """Count the statuses of every entry's maps."""
    title = "Statuses and failures"
    rows = folder.results["statuses"]
    counts = {(row["name"], row["status"]): row["count"] for row in rows}
    known = dict.fromkeys([*_MEANING, *(row["status"] for row in rows)])
    found = [s for s in known if any(status == s for _, status in counts)]
    faults = [s for s in found if s not in ("ok", "empty_mask", "full_mask")]
    hurt = [
        name
        for name in arrange(folder)
        if any(counts.get((name, s)) and not _meant(folder, name, s) for s in faults)
    ]
    usual = [status for status in found if status not in faults]
    plain = [n for n in arrange(folder) if not any(counts.get((n, s)) for s in faults)]
    first = next(iter(plain), None)
    text = "No map failed: none is missing, not finite, or constant by accident."
    if hurt:
        text = f"{len(hurt)} of {len(arrange(folder))} entries have maps out of order; "
        text += "none is dropped silently."
    if first is not None:
        each = ", ".join(f"{counts.get((first, s), 0)} {s}" for s in usual)
        who = "Each entry"
        if len(plain) < len(arrange(folder)):
            who += " without such maps"
        text += f" {who}: {each}."
    blocks = [Paragraph(text)]
    table = [_tabulate(folder, counts, found, hurt)] if hurt else []
    words = "; ".join(f"{s}: {_MEANING.get(s, 'unknown here')}" for s in found)
    note = Paragraph(f"{words}.", "Statuses", "note")
    return Section(
        "failures", title, (*blocks, *table, note, *_count_undefined(folder))
    )


def _meant(folder: Folder, name: str, status: str) -> bool:
    """Tell whether the status is the point of the entry."""
    return (
        status == "constant_map" and lookup.entry(folder, name)["method"] == "constant"
    )


def _tabulate(
    folder: Folder,
    counts: dict[tuple[str, str], int],
    found: list[str],
    hurt: list[str],
) -> Table:
    return Table(
        "Maps by status.",
        (Column("Entry", "left"), *(Column(status) for status in found)),
        tuple(
            (
                lookup.label(folder, name),
                *(str(counts.get((name, status), 0)) for status in found),
            )
            for name in hurt
        ),
        "Entries with at least one map out of order.",
    )


def _count_undefined(folder: Folder) -> list[Paragraph]:
    """Name entries whose mean leaves out images, with the pessimistic mean."""
    leading = lookup.primary(folder)
    parts = []
    for name in arrange(folder):
        row = lookup.summary(folder, name, leading)
        if row and row["undefined"]:
            worst = "\N{EN DASH}" if row["worst"] is None else f"{row['worst']:.3f}"
            without = count(row["undefined"], "image")
            parts.append(f"{lookup.label(folder, name)} ({without}, mean {worst})")
    if not parts:
        return []
    text = "; ".join(parts) + ". In parentheses the mean if these counted as 0."
    return [Paragraph(text, "Images with a lesion but without a score", "note")]
