import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simbench.audit.census import confounders, counts, phi
from simbench.generation import generate


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=2, max_size=50))
def test_phi_is_the_correlation(pairs):
    first, second = np.array(pairs).T
    found = phi(first, second)
    if first.std() == 0 or second.std() == 0:
        assert found is None
    else:
        assert found == pytest.approx(np.corrcoef(first, second)[0, 1], abs=1e-6)


def test_images_are_counted_by_split_class_and_lesion(tiny):
    dataset = generate(tiny)
    rows = counts(dataset)
    assert sum(row["images"] for row in rows) == 44
    assert {
        "split": "train",
        "label": 1,
        "class": "abnormal",
        "lesion": "focal",
        "images": 6,
    } in rows
    assert len(rows) == 9


def test_a_dataset_that_tells_no_splits_is_counted_too(make):
    dataset = make.dataset(make.clouds(6), [0, 1, 1, 0, 1, 2])
    assert counts(dataset)[1] == {
        "split": "all",
        "label": 1,
        "class": "class 1",
        "lesion": "none",
        "images": 3,
    }
    assert confounders(dataset) == []


def test_confounders_stand_beside_what_was_asked(tiny_with, example):
    corners = example("confounders", "corners").model_dump(exclude_none=True)
    corners |= {"prevalence": 0.5, "correlation": {"train": 0.5, "test": -0.5}}
    splits = {"train": 80, "validation": 20, "test": 40}
    recipe = tiny_with({"splits": splits, "confounders": {"dark": corners}})
    dataset = generate(recipe)
    rows = {row["split"]: row for row in confounders(dataset)}
    assert list(rows) == ["train", "validation", "test"] or set(rows) == set(splits)
    for split, asked in (("train", 0.5), ("validation", 0.0), ("test", -0.5)):
        row = rows[split]
        assert row["name"] == "dark"
        assert row["asked"] == asked
        assert row["phi"] == pytest.approx(asked, abs=0.06)
        assert row["prevalence"] == pytest.approx(0.5, abs=0.06)
        assert sum(row["negative"]) + sum(row["positive"]) == splits[split]
    assert rows["train"]["negative"] == [30, 10]
    assert rows["train"]["positive"] == [10, 30]


def test_the_positive_class_of_a_confounder_is_the_recipe_s(tiny_with, example):
    corners = example("confounders", "corners").model_dump(exclude_none=True)
    corners |= {"correlation": {"train": 0.6}, "with_class": "third"}
    names = ("first", "second", "third")
    recipe = tiny_with(
        {
            "splits": {"train": 90, "validation": 0, "test": 0},
            "classes": [{"name": name} for name in names],
            "confounders": {"dark": corners},
        }
    )
    (row,) = confounders(generate(recipe))
    assert sum(row["positive"]) == 30
    assert row["phi"] == pytest.approx(0.6, abs=0.06)
