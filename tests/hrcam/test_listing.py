"""The lists of what there is, as text and for programs."""

import pytest

from hrcam.listing import LISTS, as_text
from hrcam.methods import METHODS
from metrics import SCORES
from simbench.recipe import load

LIGHT = tuple(name for name in LISTS if name != "networks")


def test_what_can_be_listed():
    assert list(LISTS) == [
        "methods",
        "lesions",
        "anatomies",
        "confounders",
        "noises",
        "artifacts",
        "exports",
        "scores",
        "recipes",
        "readers",
        "datasets",
        "normalizations",
        "networks",
    ]


@pytest.mark.parametrize("what", LIGHT)
def test_rows_are_of_one_kind_named_once_and_say_something(what):
    rows = LISTS[what]()
    assert rows
    assert len({row["name"] for row in rows}) == len(rows)
    for row in rows:
        assert list(row) == list(rows[0])
        assert all(isinstance(value, str) and value for value in row.values())
        assert not any("\n" in value for value in row.values())


def test_methods_are_those_of_the_table_in_report_order():
    assert [row["name"] for row in LISTS["methods"]()] == list(METHODS)


def test_lesions_and_anatomies_are_what_recipes_may_name():
    assert {"focal", "texture_swap"} <= {row["name"] for row in LISTS["lesions"]()}
    assert "head" in {row["name"] for row in LISTS["anatomies"]()}


def test_scores_have_the_names_of_the_table_of_scores():
    rows = LISTS["scores"]()
    assert [row["name"] for row in rows] == list(SCORES)
    assert rows[0] == {
        "name": "sensitivity",
        "label": "Sensitivity",
        "standard": "yes",
        "better": "higher",
    }


def test_recipes_are_listed_with_images_size_and_classes():
    (row,) = [row for row in LISTS["recipes"]() if row["name"] == "quickstart"]
    recipe = load("quickstart")
    assert row == {
        "name": "quickstart",
        "source": "simulated",
        "images": str(recipe.images),
        "size": f"{recipe.size[0]} x {recipe.size[1]}",
        "classes": "normal, abnormal",
    }


def test_recipes_of_runs_on_real_images_are_listed_with_their_reader():
    rows = {row["name"]: row for row in LISTS["recipes"]()}
    assert rows["mura"] == {
        "name": "mura",
        "source": "reader mura",
        "images": "your copy",
        "size": "224 x 224",
        "classes": "-",
    }
    assert rows["paper"]["source"] == "simulated"


def test_text_is_set_in_columns():
    rows = [{"name": "cam", "label": "CAM"}, {"name": "grad_cam", "label": "Grad-CAM"}]
    assert as_text(rows) == "name      label\ncam       CAM\ngrad_cam  Grad-CAM"
