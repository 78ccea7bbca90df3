"""A table of paths and labels, with whatever else it has."""

import pytest

from simbench.readers.choices import Choices, find_reader, parse_words
from simbench.readers.folder import read_dataset
from simbench.readers.reader import LayoutError


def read(root, **options):
    return read_dataset("table", root, Choices(options))


def test_columns_are_understood(plant):
    tree = plant("table")
    dataset = read(tree.root, **tree.options)
    assert dataset.classes == ("control", "patient")
    assert dataset.strata == ("site",)
    assert len(dataset.index) == 12
    row = dataset.index.set_index("image_id").loc["p1-slice2"]
    assert row[["label", "subject", "lesion", "site"]].tolist() == [
        1,
        "P1",
        "nodule",
        "a",
    ]
    known = dataset.known(dataset.ids())
    assert "p1-slice2" in known  # has a mask
    assert "p0-slice0" in known  # has no lesion
    assert "p1-slice3" not in known
    assert not dataset.read("mask", ["p0-slice0"]).any()
    assert dataset.read("mask", ["p1-slice2"]).any()


def test_the_file_may_stand_for_its_folder(plant):
    tree = plant("table")
    one = read(tree.root / "labels.csv", **tree.options)
    assert one.identity == read(tree.root, **tree.options).identity


def test_columns_may_have_other_names_and_orders(plant):
    root = plant("table").root
    text = (root / "labels.csv").read_text()
    other = text.replace("path,label,subject", "File Name,dx,who", 1)
    (root / "labels.csv").rename(root / "x.csv").write_text(other)
    options = {"file": "x.csv", "path": "File Name", "label": "dx", "subject": "who"}
    dataset = read(root, classes=["patient", "control"], **options)
    assert dataset.classes == ("patient", "control")
    assert set(dataset.index["subject"]) == {f"P{k}" for k in range(6)}
    with pytest.raises(LayoutError, match=r"x\.csv without a column whose"):
        read(root, **{**options, "subject": "whose"})


def test_splits_and_names_may_be_published(plant):
    root = plant("table").root
    lines = (root / "labels.csv").read_text().splitlines()
    words = ["split,image_id", *(f"{'test' if k < 4 else ''},i{k}" for k in range(12))]
    rows = [f"{line},{word}" for line, word in zip(lines, words, strict=True)]
    (root / "labels.csv").write_text("\n".join(rows) + "\n")
    dataset = read(root)
    assert dataset.ids("test") == ["i0", "i1", "i2", "i3"]
    assert dataset.ids("validation")


def test_a_mask_may_be_known_to_be_empty(plant):
    root = plant("table").root
    path = root / "labels.csv"
    text = path.read_text()
    assert "p1/slice3.png,patient,P1,nodule,,b" in text
    path.write_text(text.replace("P1,nodule,,b", "P1,nodule,empty,b"))
    dataset = read(root)
    assert "p1-slice3" in dataset.known(dataset.ids())
    assert not dataset.read("mask", ["p1-slice3"]).any()


def test_missing_pictures_and_masks_are_told_together(plant):
    root = plant("table").root
    (root / "p0" / "slice0.png").unlink()
    next((root / "masks").iterdir()).unlink()
    with pytest.raises(ValueError, match="got nothing") as caught:
        read(root)
    assert str(caught.value).count("must be a file, got nothing") == 2


@pytest.mark.parametrize(
    ("text", "told"),
    {
        "a,b\n1,2\n": "labels.csv without path, label among its columns (a, b)",
        "path,label\n": "labels.csv without any row",
        "": "labels.csv that is no table: No columns to parse from file",
        '"': "labels.csv that is no table: ",
    }.items(),
)
def test_other_tables_are_refused_with_the_layout(plant, text, told):
    root = plant("table").root
    (root / "labels.csv").write_text(text)
    with pytest.raises(LayoutError) as caught:
        read(root)
    assert f"expects it, got {told}" in str(caught.value)


def test_labels_must_be_classes(plant):
    root = plant("table").root
    with pytest.raises(ValueError, match="labels must be one of") as caught:
        read(root, classes=["control"])
    assert str(caught.value) == "labels must be one of control, got 'patient'"


def test_options_of_a_command_line_are_typed():
    words = ["file=3.csv", "strata=['a', 'b']", "window=[0.0, 9.5]", "classes=x"]
    assert parse_words(find_reader("table"), words) == {
        "file": "3.csv",
        "strata": ["a", "b"],
        "window": [0.0, 9.5],
        "classes": "x",
    }
    with pytest.raises(ValueError, match="--option must be NAME=VALUE, got 'file'"):
        parse_words(find_reader("table"), ["file"])
