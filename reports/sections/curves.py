"""Threshold curves."""

from reports import lookup
from reports.content import Figure, Paragraph, Section
from reports.figures.curves import draw_curves, shown
from reports.folder import Folder
from reports.wording import count


def build(folder: Folder) -> Section:
    """Show both scores at every threshold, so that none is privileged."""
    title = "All thresholds"
    svg = draw_curves(folder)
    if svg is None:
        line = "No image with a lesion could be scored: there are no curves."
        return Section("curves", title, (Paragraph(line),))
    marks = ", ".join(f"{t:g}" for t in lookup.thresholds(folder))
    options = folder.results["options"]
    names = [lookup.label(folder, name) for name in shown(folder)]
    figure = Figure(
        "curves",
        svg,
        f"Mean sensitivity and specificity at 101 thresholds for {', '.join(names)}.",
        "Images with a lesion at every threshold: mean sensitivity and specificity, "
        "both against each other, and precision of all their pixels in one pool.",
        f"Bands: simultaneous {100 * options['level']:.0f}% "
        f"({count(options['resamples'], 'resample')}). Gray lines and markers: "
        f"thresholds {marks}. In the third pane a curve farther to the upper left is "
        "better whatever the threshold, in the last one farther to the upper right.",
    )
    return Section("curves", title, (figure,))
