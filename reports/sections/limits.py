"""Limits, and the methods in words that may be copied."""

from reports import lookup
from reports.content import Paragraph, Section
from reports.folder import Folder
from reports.wording import count, score


def build(folder: Folder) -> Section:
    """Say what the numbers do not show, and how they were computed."""
    blocks = [Paragraph(" ".join(_limits(folder)), "Limits.")]
    blocks.append(Paragraph(_methods(folder), "Methods (CC0, free to copy)."))
    return Section("limits", "Limits and methods", tuple(blocks))


def _limits(folder: Folder) -> list[str]:
    images, options = folder.results["images"], folder.results["options"]
    sentences = []
    if folder.evidence.get("provenance", {}).get("recipe"):
        sentences.append(
            "The images are simulated: truth is exact, but no claim about patients "
            "follows."
        )
    if lookup.entries(folder, "model"):
        sentences.append(
            "One trained model is one draw: intervals hold over images, not over "
            "training runs, architectures or data sets."
        )
    sentences.append(
        "One threshold for all methods mixes where a map points with how its values "
        "are spread; average precision, AUROC and the curves do not depend on it."
    )
    sentences.append(
        "A map is scored against the lesion's mask; where the classifier uses "
        "something else, a faithful map scores low."
    )
    if lookup.best(folder, "baseline"):
        sentences.append(
            "The best baseline was chosen on the images it is reported on, which "
            "favors it."
        )
    sentences.append(
        f"The margin of {options['margin']:g} is a convention; "
        f"{count(images['subjects'], 'subject')} stand behind the numbers."
    )
    return sentences


def _methods(folder: Folder) -> str:
    options, images = folder.results["options"], folder.results["images"]
    marks = ", ".join(f"{t:g}" for t in options["thresholds"])
    level = 100 * options["level"]
    unit = "subjects as clusters" if images["clustered"] else "images as independent"
    return (
        "Each map was scaled to [0, 1] by its own minimum and maximum; a pixel was "
        f"marked when its value reached the threshold ({marks}). Sensitivity and "
        "specificity were computed per image over pixels, as were the area under the "
        "ROC curve and average precision (step rule, ties by expectation). Scores that "
        "the mask leaves undefined were left out and counted. Methods were compared on "
        "the same images by the mean paired difference with a t interval of "
        f"{level:.0f}% coverage, {unit}. A difference was called different when this "
        "interval excluded 0, and beyond the margin "
        f"(\N{PLUS-MINUS SIGN}{options['margin']:g}) when it lay outside it; two "
        f"methods were called equivalent when the {2 * level - 100:.0f}% interval lay "
        "inside the margin (two one-sided tests). P values were adjusted by the "
        "step-down maximum statistic of a joint bootstrap "
        f"({options['resamples']} resamples, seed {options['seed']}). The primary "
        f"endpoint was {score(options['primary'])} on images with a lesion."
    )
