"""Box plots: the paper's Figure 3."""

from reports import lookup
from reports.content import Figure, Paragraph, Section
from reports.figures.boxes import describe_boxes, draw_boxes
from reports.figures.dots import tell
from reports.folder import Folder


def build(folder: Folder) -> Section:
    """Show the scores of single images at the thresholds."""
    title = "Sensitivity and specificity at the thresholds"
    row = lookup.summary(
        folder, lookup.reference(folder), "sensitivity", lookup.thresholds(folder)[0]
    )
    if row is None or not row["n"]:
        line = "No image with a lesion could be scored: there is nothing to plot."
        return Section("boxes", title, (Paragraph(line),))
    figure = Figure(
        "boxes",
        draw_boxes(folder),
        describe_boxes(folder),
        "Per-image sensitivity and specificity, images with a lesion "
        f"(n = {row['n']}); the paper's Figure 3.",
        "Black line: median. Box: quartiles. Whiskers: the last image within 1.5 box "
        f"lengths. {tell(row['n'])} Right is better. Marks by verdict, paired: "
        "\N{BLACK UP-POINTING TRIANGLE} above the reference, "
        "\N{BLACK DOWN-POINTING TRIANGLE} below it, both beyond the margin; "
        "\N{WHITE UP-POINTING TRIANGLE} \N{WHITE DOWN-POINTING TRIANGLE} not beyond it "
        "or of unclear size; = equivalent; none: inconclusive.",
    )
    return Section("boxes", title, (figure,))
