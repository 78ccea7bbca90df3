"""The data card."""

from collections.abc import Mapping
from typing import Any

from reports.content import Beside, Block, Column, Figure, Paragraph, Section, Table
from reports.figures.thumbnails import draw_thumbnails
from reports.folder import Folder
from reports.wording import count, decimal, percent, plainly

_SPLITS = ("train", "validation", "test")
_MOST_ROWS, _MOST_CHECKS = 24, 8


def build(folder: Folder) -> Section:
    """Say how many images of which kind there are, and what was checked."""
    card = folder.evidence.get("data")
    blocks: list[Block] = [Paragraph(_count(folder)), *_draw(folder)]
    if card is None:
        blocks.append(Paragraph("The scores folder holds no description of the data."))
    else:
        splits = _tabulate(card)
        facts = _list_facts(card)
        if splits and facts:
            blocks.append(Beside(splits, facts, 0.48))
        else:
            blocks += [block for block in (splits, facts) if block]
    return Section("data", "Data", tuple(blocks))


def _count(folder: Folder) -> str:
    images = folder.results["images"]
    grouped = " Intervals follow subjects, not images." if images["clustered"] else ""
    return (
        f"Scored: {count(images['total'], 'image')} of "
        f"{count(images['subjects'], 'subject')}, {images['with_lesion']} with and "
        f"{images['without_lesion']} without a lesion.{grouped}"
    )


def _tabulate(card: Mapping[str, Any]) -> Table | None:
    """Tabulate images by kind (rows) and split (columns)."""
    splits = card.get("splits") or []
    if not splits:
        return None
    found = list(dict.fromkeys(str(row["split"]) for row in splits))
    names = [split for split in _SPLITS if split in found]
    names += [split for split in found if split not in names]
    number: dict[tuple[str, str], dict[str, int]] = {}
    for row in splits:
        kind = _name_class(card, row["label"]), str(row["lesion"])
        number.setdefault(kind, {})[str(row["split"])] = row["images"]
    rows = tuple(
        (*kind, *(str(counts.get(split, 0)) for split in names))
        for kind, counts in list(number.items())[:_MOST_ROWS]
    )
    columns = (Column("Class", "left"), Column("Lesion", "left"))
    return Table("Images by split.", (*columns, *map(Column, names)), rows)


def _name_class(card: Mapping[str, Any], label: object) -> str:
    classes = card.get("classes") or []
    known = isinstance(label, int) and 0 <= label < len(classes)
    return str(classes[label]) if known else str(label)  # type: ignore[call-overload]  # an int if known


def _list_facts(card: Mapping[str, Any]) -> Table | None:
    """List size, lesion area, noise and what the audit found."""
    rows = []
    if card.get("size"):
        size = " \N{MULTIPLICATION SIGN} ".join(map(str, card["size"]))
        rows.append(("Image size", size))
    if card.get("truth") == "distinctive":
        rows.append(("Ground truth", "lesions that no other class has"))
    for lesion, area in (card.get("mask_area") or {}).items():
        quartiles = f"{percent(area['q1'])} to {percent(area['q3'])}"
        middle = percent(area["median"])
        rows.append((f"Area of {lesion} lesions", f"median {middle} ({quartiles})"))
    if card.get("noise"):
        rows.append(("Noise", plainly(card["noise"])))
    rows += _list_audit(card.get("audit") or {})
    if not rows:
        return None
    columns = (Column("Fact", "left"), Column("Value", "left"))
    reading = "Lesion area: share of the image, quartiles in parentheses."
    if card.get("audit"):
        reading += " Leak: AUROC of classes told without looking at a place."
    return Table("Data and audit.", columns, tuple(rows), reading)


def _list_audit(audit: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List the audit's checks, or what else it says in plain values."""
    checks = audit.get("checks")
    if not isinstance(checks, list):
        plain = {k: v for k, v in audit.items() if not isinstance(v, dict | list)}
        pairs = list(plain.items())[:_MOST_CHECKS]
        return [(f"Audit: {k.replace('_', ' ')}", plainly(v)) for k, v in pairs]
    told = [check for check in checks if check.get("auroc") is not None]
    groups = {
        "Most told leak": [check for check in told if not check.get("intended")],
        "Told on purpose": [check for check in told if check.get("intended")],
    }
    rows = []
    for name, group in groups.items():
        best: dict[str, Mapping[str, Any]] = {}
        for check in sorted(group, key=lambda check: check["auroc"], reverse=True):
            best.setdefault(check["features"], check)
        chosen = list(best.values())[: None if name == "Told on purpose" else 1]
        if chosen:
            rows.append((name, "; ".join(_tell(check) for check in chosen)))
    held = "kept" if audit.get("within_budget") else "not kept"
    return [*rows, (f"Leak budget {plainly(audit.get('budget'))}", held)]


def _tell(check: Mapping[str, Any]) -> str:
    return f"{check['features']}, {check['lesion']}: {decimal(check['auroc'])}"


def _draw(folder: Folder) -> list[Figure]:
    images = folder.panels.get("thumbnails")
    if images is None or not len(images):
        return []
    labels = [str(x) for x in folder.panels.get("thumbnail_labels", [])]
    kinds = ", ".join(dict.fromkeys(labels)) or "no labels"
    return [
        Figure(
            "thumbnails",
            draw_thumbnails(images, labels),
            f"{count(len(images), 'example image')}: {kinds}.",
            "Example images.",
            "Labels below.",
        )
    ]
