"""What a reader, ours or anybody's, may say of a folder."""

import pytest

from simbench.readers.listing import EMPTY, Listing, Picture, named
from simbench.readers.pictures import PictureFile


def listing(rows, masks=()):
    pictures = [PictureFile(f"{k}.png") for k in range(len(rows))]
    return Listing(("a", "b"), rows, pictures, masks)


def row(**cells):
    plain = {"image_id": "x", "subject": "p", "label": 0, "lesion": "none", "split": ""}
    return plain | cells


def test_pictures_and_empty_masks_are_pictures():
    assert isinstance(EMPTY, Picture)
    assert isinstance(PictureFile("a.png"), Picture)


def test_rows_need_their_columns():
    cells = row()
    del cells["lesion"], cells["split"]
    with pytest.raises(ValueError, match="rows must have") as caught:
        listing([cells])
    assert str(caught.value) == (
        "rows must have image_id, subject, label, lesion, split, got none of lesion, "
        "split"
    )


@pytest.mark.parametrize("name", ["", "a/b", "a\\b", "a\nb", "c:a"])
def test_names_are_those_that_files_can_have(name):
    with pytest.raises(ValueError, match="image ids must be names") as caught:
        listing([row(image_id=name)])
    assert str(caught.value) == (
        f"image ids must be names that a file can have, got {name!r}"
    )


def test_labels_splits_and_names_are_checked_together():
    rows = [row(label=2), row(split="dev"), row(image_id="y", label=-1)]
    with pytest.raises(ValueError, match="label of x") as caught:
        listing(rows)
    assert str(caught.value) == (
        "label of x must be below 2, got 2; split of x must be one of train, "
        "validation, test, got 'dev'; label of y must be below 2, got -1; image ids "
        "must be unique, got x again"
    )


def test_nothing_and_too_few_masks_are_refused():
    with pytest.raises(ValueError, match="a dataset must have images, got none"):
        listing([])
    with pytest.raises(ValueError, match="rows, pictures and masks") as caught:
        listing([row()], masks=[None, None])
    assert str(caught.value) == (
        "rows, pictures and masks must be equally many, got 1, 1 and 2"
    )


def test_images_are_named_after_their_paths():
    assert named("train/a.b/scan.png") == "train-a.b-scan"
    assert named("scan") == "scan"
