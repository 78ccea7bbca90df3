import numpy as np
import pytest

from simbench.audit.contrasts import contrasts, judged, rows_of, untested
from simbench.audit.sampling import choose
from simbench.budget import Budget


@pytest.fixture
def chosen(make):
    def chosen(labels, lesions=None, subjects=None):
        columns = {"lesion": lesions, "subject": subjects}
        known = {key: value for key, value in columns.items() if value is not None}
        images = np.zeros((len(labels), 16, 16), np.uint8)
        return choose(make.dataset(images, labels, **known), 5)

    return chosen


def test_each_lesion_of_two_classes_is_told_from_the_first_class(chosen):
    labels = np.arange(40) % 2
    lesions = np.where(labels == 0, "none", np.where(np.arange(40) < 20, "b", "a"))
    found = contrasts(chosen(labels, lesions))
    assert [c.lesion for c in found] == ["all", "a", "b"]
    assert [c.positive.sum() for c in found] == [20, 10, 10]
    assert [c.rows.size for c in found] == [40, 30, 30]
    assert (labels[found[1].rows][found[1].positive] == 1).all()
    assert (lesions[found[1].rows][found[1].positive] == "a").all()
    assert len(contrasts(chosen(labels, lesions), lesions=False)) == 1


def test_one_lesion_alone_is_the_class(chosen):
    labels = np.arange(40) % 2
    assert len(contrasts(chosen(labels, np.where(labels, "a", "none")))) == 1
    assert contrasts(chosen(np.zeros(40, int))) == []


def test_of_several_classes_the_one_told_best_is_reported(chosen, make):
    labels = make.shuffled(300, 3)
    few = chosen(labels)
    assert [c.label for c in contrasts(few)] == [0, 1, 2]
    values = np.random.default_rng(0).normal(size=(300, 2))
    values[labels == 1, 0] += 3
    (row,) = rows_of("size", values, few, contrasts(few), Budget())
    assert (row["lesion"], row["label"], row["classes"]) == ("all", 1, 3)
    assert (row["normal"], row["abnormal"]) == (200, 100)
    assert row["auroc"] > 0.95 > row["macro"] > 0.6
    assert row["p"] == pytest.approx(3 / 200)
    assert row["verdict"] == "leaks"


def test_a_row_says_how_many_images_it_is_of(chosen, make):
    labels = make.shuffled(60)
    values = np.random.default_rng(0).normal(size=(60, 2))
    few = chosen(labels)
    (row,) = rows_of("size", values, few, contrasts(few), Budget())
    assert list(row) == [
        "name",
        "features",
        "lesion",
        "normal",
        "abnormal",
        "auroc",
        "low",
        "high",
        "p",
        "intended",
        "within_budget",
        "verdict",
    ]
    assert (row["normal"], row["abnormal"]) == (30, 30)
    assert all(row[key] == round(row[key], 6) for key in ("auroc", "low", "high", "p"))
    (trees,) = rows_of("boosted", values, few, contrasts(few), Budget())
    assert (trees["auroc"], trees["note"]) == (None, "too few images")


def test_no_p_where_subjects_have_images_of_both_kinds(chosen):
    subjects = np.repeat([f"s{n:02d}" for n in range(30)], 2)
    few = chosen(np.arange(60) % 2, subjects=subjects)
    values = np.random.default_rng(0).normal(size=(60, 2))
    (row,) = rows_of("size", values, few, contrasts(few), Budget())
    assert row["p"] is None
    assert row["low"] < row["auroc"] < row["high"]


@pytest.mark.parametrize(
    ("numbers", "intended", "verdict", "within"),
    [
        ({"auroc": 0.58, "low": 0.5, "high": 0.66}, False, "kept", True),
        ({"auroc": 0.6, "low": 0.58, "high": 0.62}, False, "kept", True),
        ({"auroc": 0.64, "low": 0.6, "high": 0.68}, False, "unsure", True),
        ({"auroc": 0.64, "low": 0.61, "high": 0.67}, False, "leaks", False),
        ({"auroc": 0.64, "low": 0.61, "high": 0.67}, True, "intended", False),
        ({"auroc": 0.58, "low": 0.5, "high": 0.66}, True, "kept", True),
        ({"auroc": None, "low": None, "difference": 0}, False, "kept", True),
        ({"auroc": None, "low": None, "difference": 1}, False, "leaks", False),
        (untested("no tissues"), False, "untested", True),
    ],
)
def test_verdicts(numbers, intended, verdict, within):
    budget = Budget(budget=0.6, intended=("size",) if intended else ("bins",))
    row = judged("size", numbers, budget)
    assert (row["verdict"], row["within_budget"]) == (verdict, within)
    assert row["intended"] is intended
    assert row["features"] == "compressed size"
