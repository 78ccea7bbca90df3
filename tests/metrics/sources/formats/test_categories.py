import json

import numpy as np
import pytest

from metrics import FolderMasks
from metrics.sources.source import MaskReading


@pytest.fixture
def masks():
    generator = np.random.default_rng(0)
    return {
        key: {label: generator.random((6, 9)) > 0.6 for label in ("Edema", "Lesion")}
        for key in ("p1", "p2")
    }


@pytest.fixture
def path(masks, compressed, tmp_path):
    content = {
        key: {label: compressed(mask) for label, mask in rows.items()}
        for key, rows in masks.items()
    }
    (tmp_path / "m.json").write_text(json.dumps(content))
    return tmp_path / "m.json"


def test_all_categories_together_or_some(masks, path):
    truth = FolderMasks(path).read(["p2", "p1"])
    for key, got in zip(("p2", "p1"), truth.lesion, strict=True):
        np.testing.assert_array_equal(got, masks[key]["Edema"] | masks[key]["Lesion"])
    assert truth.numbered is None
    one = FolderMasks(path, MaskReading(labels=("Lesion",))).read(["p1"])
    np.testing.assert_array_equal(one.lesion[0], masks["p1"]["Lesion"])


def test_a_category_that_is_not_there(path, message):
    assert message(lambda: FolderMasks(path, MaskReading(labels=("Mass",)))) == (
        f"labels must be in the categories of {path}, got 'Mass'; it has 1 'Edema', "
        "2 'Lesion'"
    )


@pytest.mark.parametrize(
    ("content", "ending"),
    [
        ({"a": {}}, "[a] must have run lengths by category, each with size and counts"),
        ({"a": 3}, "[a] must have run lengths by category, each with size and counts"),
        (
            {"a": {"x": 1}},
            "[a] must have run lengths by category, each with size and counts",
        ),
    ],
)
def test_another_layout(content, ending, tmp_path, message):
    path = tmp_path / "m.json"
    path.write_text(json.dumps(content))
    assert message(lambda: FolderMasks(path)) == f"{path}{ending}, got something else"


def test_two_sizes_of_an_image(tmp_path, message):
    path = tmp_path / "m.json"
    runs = {"x": {"size": [2, 3], "counts": [6]}, "y": {"size": [3, 2], "counts": [6]}}
    path.write_text(json.dumps({"a": runs}))
    assert message(lambda: FolderMasks(path).read(["a"])) == (
        f"{path}[a] must have one size, got [(2, 3), (3, 2)]"
    )
