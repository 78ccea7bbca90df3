"""Scores of the classifier, and what was published beside them."""

from dataclasses import replace

from reports.content import Beside, Report, Table
from reports.pdf import compile_report
from reports.sections.classifier import build
from reports.wording import NOTHING

PUBLISHED = {
    "source": "PeerJ 622",
    "data": "ISIC 2019",
    "note": "Of other images.",
    "networks": {
        "resnet50": {"accuracy": 0.7535, "f1_micro": 0.75},
        "mine": {"auroc": 0.9, "f1_positive": 0.81},
    },
}


def changed(folder, **classifier):
    found = {**folder.evidence["classifier"], **classifier}
    return replace(folder, evidence={**folder.evidence, "classifier": found})


def rows_of(table):
    return {row[0]: row[1:] for row in table.rows}


def test_own_scores_stand_beside_the_drawing(loaded):
    (block,) = build(loaded).blocks
    assert isinstance(block, Beside)
    rows = rows_of(block.left)
    assert list(rows)[:5] == [
        *("Images", "Accuracy", "Balanced accuracy", "F1, micro", "F1, macro"),
    ]
    assert not [name for name in rows if name.startswith("F1 of")]


def test_f1_names_the_positive_class(loaded):
    splits = loaded.evidence["classifier"]["splits"]
    some = {"f1_positive": 0.9, "f1_positive_low": 0.85, "f1_positive_high": 0.95}
    splits = {**splits, "test": {**splits["test"], **some}}
    (block,) = build(changed(loaded, splits=splits)).blocks
    assert rows_of(block.left)["F1 of abnormal"] == ("0.900 [0.850, 0.950]", NOTHING)


def test_published_scores_have_a_column_for_each_network(loaded):
    folder = changed(loaded, published=PUBLISHED)
    table, beside = build(folder).blocks
    assert isinstance(beside, Beside)
    assert isinstance(table, Table)
    titles = [column.title for column in table.columns]
    assert titles[-2:] == ["Published, ResNet-50", "Published, mine"]
    rows = rows_of(table)
    assert rows["Images"][-2:] == ("", "")
    assert rows["Accuracy"][-2:] == ("0.7535", NOTHING)  # with the digits published
    assert rows["F1, micro"][-2:] == ("0.75", NOTHING)
    assert rows["AUROC"][-2:] == (NOTHING, "0.9")
    assert rows["AUROC, focal"][-2:] == ("", "")
    assert beside.right.text == "Of ISIC 2019 (PeerJ 622). Of other images."
    compile_report(Report("x", "", None, (build(folder),)), b"{}")


def test_a_curve_is_named_only_where_there_is_one(loaded):
    """Of more than two classes there is a matrix alone."""
    splits = loaded.evidence["classifier"]["splits"]
    captions = []
    for test in (splits["test"], {**splits["test"], "roc": None}):
        (block,) = build(changed(loaded, splits={"test": test})).blocks
        captions.append(block.right.caption)
    assert captions == [
        "Confusion matrix (counts) and ROC curve, split test.",
        "Confusion matrix (counts), split test.",
    ]
