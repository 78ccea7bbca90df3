"""Compose a report from the sections there are."""

from reports import lookup
from reports.content import Report
from reports.folder import Folder
from reports.sections import SECTIONS, SHORT
from reports.wording import count


def compose(folder: Folder, short: bool = False) -> Report:
    """Arrange what a scores folder says into a report; ``short`` has three pages."""
    provenance = folder.evidence.get("provenance", {})
    title = provenance.get("title") or _name(folder)
    return Report(
        title=title,
        subtitle=_identify(folder) + " · short form" * short,
        date=provenance.get("date"),
        sections=tuple(
            filter(None, (build(folder) for build in (SHORT if short else SECTIONS)))
        ),
    )


def _name(folder: Folder) -> str:
    others = len(lookup.entries(folder)) - 1
    first = lookup.label(folder, lookup.reference(folder))
    rest = f" and {others} more" if others else ""
    return f"Saliency maps scored against masks: {first}{rest}"


def _identify(folder: Folder) -> str:
    """Say in one line what was compared, on what, and when."""
    provenance = folder.evidence.get("provenance", {})
    images = folder.results["images"]
    parts = [
        provenance.get("date") or "undated",
        f"{count(images['total'], 'image')} of {count(images['subjects'], 'subject')}",
        count(len(folder.results["entries"]), "entry", "entries"),
    ]
    for what in ("dataset", "model"):
        if provenance.get(what):
            parts.append(f"{what} {str(provenance[what])[:12]}")
    return " · ".join(parts)
