"""The classifier that the maps explain."""

from collections.abc import Mapping
from typing import Any

from reports.content import Beside, Column, Figure, Paragraph, Section, Table
from reports.figures.classifier import draw_classifier
from reports.folder import Folder
from reports.wording import NOTHING, decimal, plainly

_SCORES = (
    ("accuracy", "Accuracy"),
    ("balanced_accuracy", "Balanced accuracy"),
    ("f1_micro", "F1, micro"),
    ("f1_macro", "F1, macro"),
    ("f1_positive", "F1 of {positive}"),
    ("auroc", "AUROC"),
)
_NETWORKS = {"resnet50": "ResNet-50", "vgg19": "VGG-19"}


def build(folder: Folder) -> Section:
    """Say how good the classifier is, on every split that was measured."""
    title, found = "Classifier", folder.evidence.get("classifier")
    splits = (found or {}).get("splits") or {}
    if not found or not splits:
        line = "No classifier is known: the maps are scored as they were given."
        return Section("classifier", title, (Paragraph(line),))
    table, figure = _tabulate(found, splits), _draw(found, splits)
    if found.get("published"):  # no room for a drawing beside the wider table
        words = Paragraph(_tell_published(found["published"]), "Published scores.")
        return Section(
            "classifier",
            title,
            (table, Beside(figure, words) if figure else words),
        )
    block = Beside(table, figure, 0.57) if figure else table
    return Section("classifier", title, (block,))


def _tabulate(
    found: Mapping[str, Any], splits: Mapping[str, Mapping[str, Any]]
) -> Table:
    published = found.get("published") or {}
    elsewhere = published.get("networks") or {}
    columns = (
        *(Column("Score", "left"), *(Column(str(split)) for split in splits)),
        *(Column(f"Published, {_NETWORKS.get(name, name)}") for name in elsewhere),
    )
    blank = ("",) * len(elsewhere)
    counts = (str(part.get("n", NOTHING)) for part in splits.values())
    rows = [("Images", *counts, *blank)]
    positive = str((found.get("classes") or ["", "class 1"])[-1])
    for key, words in _SCORES:
        if key == "f1_positive" and not any(key in part for part in splits.values()):
            continue
        cells = (_cell(part, key) for part in splits.values())
        others = (plainly(row.get(key)) for row in elsewhere.values())  # as printed
        rows.append((words.format(positive=positive), *cells, *others))
    kinds = {k: None for p in splits.values() for k in p.get("auroc_by_lesion") or {}}
    for kind in kinds:
        values = [(p.get("auroc_by_lesion") or {}).get(kind) for p in splits.values()]
        rows.append((f"AUROC, {kind}", *(decimal(value) for value in values), *blank))
    return Table(
        "Scores of the classifier.",
        columns,
        tuple(rows),
        "95% intervals in brackets. The maps explain this classifier: where it is "
        "wrong, a map that misses the lesion may still be right about the classifier.",
    )


def _tell_published(published: Mapping[str, Any]) -> str:
    """Say whose the published numbers are."""
    told = f"Of {published['data']} ({published['source']})."
    return f"{told} {published['note']}" if published.get("note") else told


def _cell(part: Mapping[str, Any], key: str) -> str:
    value, low, high = (part.get(k) for k in (key, f"{key}_low", f"{key}_high"))
    if low is None or high is None:
        return decimal(value)
    return f"{decimal(value)} [{decimal(low)}, {decimal(high)}]"


def _draw(found: Mapping[str, Any], splits: Mapping[str, Any]) -> Figure | None:
    split = "test" if "test" in splits else next(iter(splits))
    measured = splits[split]
    svg = draw_classifier(measured, list(map(str, found.get("classes") or [])))
    if svg is None:
        return None
    curve = " and ROC curve" if measured.get("roc") else ""
    return Figure(
        "classifier",
        svg,
        f"Confusion matrix{curve} of the classifier, split {split}; accuracy "
        f"{decimal(measured.get('accuracy'))}, AUROC {decimal(measured.get('auroc'))}.",
        f"Confusion matrix (counts){curve}, split {split}.",
        "Bright squares hold a large share of their row (the true class).",
    )
