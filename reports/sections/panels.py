"""Image panels."""

from reports import lookup
from reports.content import Figure, Paragraph, Section
from reports.figures.panels import columns, draw_panels, rows
from reports.folder import Folder
from reports.wording import count, decimal, score


def build(folder: Folder) -> Section:
    """Show maps on images that a printed rule chose."""
    title = "Maps"
    if not folder.panels or not rows(folder) or not columns(folder):
        line = "The scores folder holds no maps to show."
        return Section("panels", title, (Paragraph(line),))
    return Section(
        "panels", title, (Paragraph(folder.results["panel_rule"]), _draw(folder))
    )


def _draw(folder: Folder) -> Figure:
    images, last = rows(folder), columns(folder)[-1]
    what = score(lookup.primary(folder))
    reading = (
        "White contour: the mask. Every map is scaled from its minimum (dark) to its "
        f"maximum (bright), as it is scored; below it its {what}. "
        "Raw maps without the image under them."
    )
    if lookup.entry(folder, last)["kind"] == "baseline":
        reading += f" Last column: the best baseline ({lookup.label(folder, last)})."
    return Figure(
        "panels",
        draw_panels(folder),
        _describe(folder, images),
        f"What each method marks, on {count(len(images), 'image')}."
        + _say_left_out(folder, what),
        reading,
    )


def _say_left_out(folder: Folder, what: str) -> str:
    number = len(set(lookup.compared(folder)) - set(columns(folder)))
    if not number:
        return ""
    methods = count(number, "more method")
    return f" For lack of room {methods}, lower in mean {what}, left out."


def _describe(folder: Folder, images: list[int]) -> str:
    name = lookup.reference(folder)
    ids = folder.panels["ids"].tolist()
    panels = {panel["image_id"]: panel for panel in folder.results["panels"]}
    scores = ", ".join(
        f"{panels[ids[k]]['rule']} {decimal(panels[ids[k]]['scores'].get(name))}"
        for k in images
    )
    return (
        f"Input with mask and {len(columns(folder))} maps each for "
        f"{count(len(images), 'image')}. {score(lookup.primary(folder)).capitalize()} "
        f"of {lookup.label(folder, name)}: {scores}."
    )
