"""A tree as the one that Stanford AIMI gives out."""

import json
from pathlib import Path

import numpy as np
import pytest

from simbench.readers.chexlocalize import READER, Options
from simbench.readers.choices import Choices
from simbench.readers.folder import read_dataset
from simbench.readers.listing import EMPTY
from simbench.readers.reader import LayoutError
from simbench.readers.root import BombError, PictureError, Root


@pytest.fixture
def tree(plant):
    return plant("chexlocalize").root


def find(tree, **chosen):
    return READER.find(Root(tree), Options(**chosen))


def test_images_labels_and_masks_of_a_finding(tree, chest):
    found = find(tree)
    assert found.classes == ("no Cardiomegaly", "Cardiomegaly")
    rows = {row["image_id"]: row for row in found.rows}
    assert list(rows) == [name.replace("/", "_") for name in [*chest.VAL, *chest.TEST]]
    first = rows["patient64541_study1_view1_frontal"]
    assert first == {
        "image_id": "patient64541_study1_view1_frontal",
        "subject": "patient64541",
        "label": 1,
        "lesion": "Cardiomegaly",
        "split": "validation",
        "view": "frontal",
        "Sex": "Male",
        "Age": "73",
        "AP/PA": "AP",
    }
    assert rows["patient64742_study1_view1_frontal"]["split"] == "test"
    root = Root(tree)
    for (name, findings), row, picture, mask in zip(
        [*chest.VAL.items(), *chest.TEST.items()],
        found.rows,
        found.pictures,
        found.masks,
        strict=True,
    ):
        assert row["label"] == ("Cardiomegaly" in findings)
        size = picture.read(root).shape
        if row["label"]:
            expected = chest.outline(name, "Cardiomegaly", size)
            np.testing.assert_array_equal(mask.read(root), expected * 255)
        else:
            assert mask is EMPTY
            assert row["lesion"] == "none"


def test_a_finding_has_an_older_name_in_the_outlines(tree, chest):
    found = find(tree, pathology="Lung Opacity")
    mask = found.masks[0]
    name = "patient64541/study1/view1_frontal"
    expected = chest.outline(name, "Airspace Opacity", (22, 30))
    np.testing.assert_array_equal(mask.read(Root(tree)), expected * 255)


def test_what_nobody_outlined_is_unknown(tree, chest):
    path = tree / "CheXlocalize" / "gt_segmentations_val.json"
    outlines = json.loads(path.read_text())
    empty = chest.encoded(np.zeros((26, 30), np.uint8))
    outlines["patient64544_study1_view1_frontal"]["Cardiomegaly"] = empty
    del outlines["patient64541_study1_view1_frontal"]
    path.write_text(json.dumps(outlines))
    found = find(tree)
    assert [found.masks[i] for i in (0, 4)] == [None, None]
    assert found.masks[5] is not None


def test_views(tree):
    frontal = [row["view"] for row in find(tree, views="frontal").rows]
    assert frontal == ["frontal"] * 6
    lateral = [row["image_id"] for row in find(tree, views="lateral").rows]
    assert lateral == ["patient64542_study1_view2_lateral"]


def test_one_split_suffices(tree):
    (tree / "CheXpert" / "test_labels.csv").unlink()
    assert {row["split"] for row in find(tree).rows} == {"validation"}


def test_it_is_a_dataset_to_score_on(tree):
    dataset = read_dataset("chexlocalize", tree, Choices(size=(22, 30)))
    assert dataset.ids("train") == []
    assert len(dataset.ids("validation")) == 5
    known = dataset.known(dataset.ids())
    assert len(known) == 7
    masks = dataset.read("mask", known)
    assert masks.any(axis=(1, 2)).sum() == 3


def test_pickles_are_never_loaded(tree, message):
    maps = tree / "CheXlocalize" / "gradcam_maps_val"
    assert message(lambda: find(maps), LayoutError) == (
        "pickles (patient64541_study1_view1_frontal_Edema_map.pkl), which are never "
        "loaded: docs/converting-pickles.md tells how to make .npy of them"
    )
    page = Path(__file__).parents[3] / "docs" / "converting-pickles.md"
    assert page.is_file()


def test_labels_that_are_none(tree, message):
    path = tree / "CheXpert" / "val_labels.csv"
    lines = path.read_text().splitlines()
    marks = [line.rsplit(",", 1)[0] for line in lines]
    odd = [f"{marks[1]},-1.0", f"{marks[2]},", *lines[3:]]
    path.write_text("\n".join([lines[0], *odd]))
    assert message(lambda: find(tree, pathology="Support Devices")) == (
        "CheXpert/val_labels.csv must hold 0 or 1 as Support Devices, got '-1' of "
        "patient64541_study1_view1_frontal; '' of patient64542_study1_view1_frontal"
    )


def test_other_layouts(tree, message):
    outlines = tree / "CheXlocalize" / "gt_segmentations_val.json"
    whole = outlines.read_text()
    for text, reason in (
        ("[1]", "list instead of a table"),
        ('{"a": 3}', "int instead of a table"),
        (
            '{"a": {"b": {"size": [2, 3]}}}',
            "no run lengths with size [h, w] and counts",
        ),
        (
            "{",
            "Expecting property name enclosed in double quotes: line 1 column 2 "
            "(char 1)",
        ),
    ):
        outlines.write_text(text)
        assert message(lambda: find(tree), LayoutError) == (
            "CheXlocalize/gt_segmentations_val.json that is no masks by image and "
            f"finding: {reason}"
        )
    outlines.unlink()
    assert message(lambda: find(tree), LayoutError) == (
        "no CheXlocalize/gt_segmentations_val.json"
    )
    outlines.write_text(whole)
    table = tree / "CheXpert" / "val_labels.csv"
    table.write_text(table.read_text().replace("view1_frontal", "view1_oblique", 1))
    assert message(lambda: find(tree), LayoutError) == (
        "CheXpert/val_labels.csv with the path "
        "'CheXpert-v1.0/valid/patient64541/study1/view1_oblique.jpg'"
    )
    (tree / "CheXpert").rename(tree / "other")
    (tree / "CheXlocalize" / "gradcam_maps_val").rename(tree.parent / "maps")
    assert message(lambda: find(tree), LayoutError) == "no CheXpert/val_labels.csv"


def test_missing_images_are_told_together(tree, chest, message):
    lost = [tree / "CheXpert" / "val" / f"{name}.jpg" for name in list(chest.VAL)[:2]]
    for path in lost:
        path.unlink()
    assert message(lambda: find(tree)) == "; ".join(
        f"{path} must be a file, got nothing; complete the dataset" for path in lost
    )


def test_broken_and_bursting_runs(tree, message):
    path = tree / "CheXlocalize" / "gt_segmentations_val.json"
    outlines = json.loads(path.read_text())
    entry = outlines["patient64541_study1_view1_frontal"]["Cardiomegaly"]
    entry["counts"] = entry["counts"][:-1]
    outlines["patient64544_study1_view1_frontal"]["Cardiomegaly"]["size"] = [10**6] * 2
    path.write_text(json.dumps(outlines))
    found, root = find(tree), Root(tree)
    said = message(lambda: found.masks[0].read(root), PictureError)
    start = f"{path} must hold whole masks, got Cardiomegaly of patient64541_study1_"
    assert said.startswith(f"{start}view1_frontal with ")
    assert message(lambda: found.masks[4].read(root), BombError) == (
        f"{path} must have at most max_pixels = 67108864 pixels, got 1000000 x 1000000 "
        "= 1000000000000; if that is no decompression bomb, read with a larger "
        "max_pixels"
    )
