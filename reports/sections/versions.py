"""Versions and seeds."""

from reports.content import Paragraph, Section
from reports.folder import Folder
from reports.wording import plainly


def build(folder: Folder) -> Section:
    """List what it takes to get the same numbers again."""
    provenance = folder.evidence.get("provenance", {})
    seeds = {"scores": folder.results["options"]["seed"]}
    seeds |= provenance.get("seeds") or {}
    versions = provenance.get("versions") or {}
    blocks = [
        Paragraph(f"{plainly(seeds)}.", "Seeds:"),
        Paragraph(
            f"{plainly(versions)}." if versions else "the scores folder names none.",
            "Versions:",
        ),
        Paragraph(f"{plainly(folder.checksums)}.", "Scores, SHA-256:"),
        Paragraph(
            "every number of this report, with those left out for lack of room, is in "
            "the attached report.json, which also stands beside this file.",
            "Numbers:",
        ),
    ]
    return Section("versions", "Versions and seeds", tuple(blocks))
