"""Compose the report of a multiverse from its results alone."""

from collections.abc import Mapping
from typing import Any

from reports.content import Paragraph, Report, Section
from reports.sections import localization, multiverse
from reports.wording import count, name_training, plainly


def compose_multiverse(found: Mapping[str, Any]) -> Report:
    """Arrange what ``multiverse.json`` says into a report."""
    curve = multiverse.leading(found)
    sections = [
        Section("multiverse", "What the readings say", tuple(multiverse.show(found)))
    ]
    related = localization.relate(found)
    if related:
        sections.append(related)
    networks = count(len(found["cells"]), "trained network")
    return Report(
        "Every defensible reading of HR-CAM",
        f"{count(curve['specifications'], 'specification')} on {networks} · "
        f"specifications {found['sha256'][:12]}" + " · quick" * bool(found["quick"]),
        found.get("date"),
        (*sections, _identify(found)),
    )


def _identify(found: Mapping[str, Any]) -> Section:
    """Say where the numbers come from."""
    told = [
        ("Command:", plainly(found.get("command"))),
        ("Specifications, SHA-256:", str(found["sha256"])),
        *(
            (
                f"{name_training(cell)}:",
                f"model {cell['model'][:12]}, dataset {cell['dataset'][:12]}, "
                f"{count(cell['epochs'], 'epoch')}, {count(cell['images'], 'image')}, "
                f"{100 * cell['correct']:.1f}% classified correctly.",
            )
            for cell in found["cells"]
        ),
        ("Versions:", plainly(found["versions"])),
    ]
    blocks = tuple(Paragraph(text, lead) for lead, text in told)
    return Section("versions", "Where the numbers come from", blocks)
