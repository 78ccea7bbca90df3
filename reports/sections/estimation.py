"""Every image: raw scores beside their paired differences."""

from collections.abc import Mapping

from reports import lookup
from reports.content import Figure, Paragraph, Section
from reports.figures.dots import tell
from reports.figures.estimation import draw_estimation
from reports.folder import Folder
from reports.sections.answer import rivals
from reports.wording import percent, score, signed

_TITLE = "Every image"


def build(folder: Folder) -> Section:
    """Show every image of the methods that the answer names, and sizes of effects."""
    leading, first = lookup.primary(folder), lookup.reference(folder)
    baseline = lookup.best(folder, "baseline")
    names = dict.fromkeys([first, *rivals(folder), *([baseline] if baseline else [])])
    found = lookup.collect(folder, [leading])
    values = {n: found[n, leading, None] for n in names if (n, leading, None) in found}
    rows = {
        name: row
        for name in list(values)[1:]
        if (row := lookup.difference(folder, name, leading))
        and row["difference"] is not None
    }
    if first not in values or not rows:
        line = "There are no scores of two entries on the same images to show."
        return Section("estimation", _TITLE, (Paragraph(line),))
    shown = {name: values[name] for name in (first, *rows)}
    said = "; ".join(
        f"{lookup.label(folder, name)} {signed(row['difference'])}"
        for name, row in rows.items()
    )
    figure = Figure(
        "estimation",
        draw_estimation(folder, list(shown), shown),
        f"Dots of {score(leading)} of every image, and of its paired differences. "
        f"{lookup.label(folder, first)} minus: {said}.",
        f"Every image: {score(leading)}, and its paired differences.",
        f"{tell(len(values[first]))} Shapes: how dense they lie. Black: mean and "
        f"{lookup.level(folder)} CI. Gray: the margin.{_size(folder, rows)}",
    )
    return Section("estimation", _TITLE, (figure,))


def _size(folder: Folder, rows: Mapping[str, lookup.Row]) -> str:
    """Name sizes of effects that need no scale."""
    told = [
        f"{lookup.label(folder, name)}: {percent(row['win_rate'], 0)}, "
        f"{signed(row.get('dz'), 2)}"
        for name, row in rows.items()
        if row["win_rate"] is not None
    ]
    if not told:
        return ""
    return (
        " Images on which the reference is higher, and mean difference over its "
        f"standard deviation (d_z): {'; '.join(told)}."
    )
