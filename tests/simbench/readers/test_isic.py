"""ISIC 2019 with the masks of ISIC 2018."""

import numpy as np
import pytest

from simbench.readers.choices import Choices
from simbench.readers.folder import read_dataset
from simbench.readers.reader import LayoutError
from simbench.readers.splits import Division

TRUTH = "ISIC_2019_Training_GroundTruth.csv"
METADATA = "ISIC_2019_Training_Metadata.csv"


def read(tree, **how):
    return read_dataset("isic", tree.root, Choices(tree.options, **how))


def test_labels_are_the_columns_of_the_diagnoses(plant):
    dataset = read(plant("isic"), division=Division(0, 0))
    assert dataset.classes == ("MEL", "NV", "BCC", "AK", "BKL", "DF", "VASC", "SCC")
    index = dataset.index.set_index("image_id")
    assert index.loc["ISIC_0000003", "label"] == 3
    assert index.loc["ISIC_0000003", "lesion"] == "AK"
    assert index.loc["ISIC_0000009", "lesion"] == "NV"
    assert dataset.arrays["image"].shape == (12, 224, 224, 3)
    assert index.loc["ISIC_0000003", "height"] == 30


def test_an_unknown_diagnosis_is_a_class_where_there_is_one(plant):
    tree = plant("isic")
    path = tree.root / TRUTH
    last = "ISIC_0000011,0.0,0.0,0.0,1.0,0.0,0.0,0.0,0.0,0.0"
    text = path.read_text()
    assert last in text
    path.write_text(text.replace(last, "ISIC_0000011" + ",0.0" * 8 + ",1.0"))
    dataset = read(tree)
    assert dataset.classes[8] == "UNK"
    assert dataset.index["label"].iloc[-1] == 8


def test_images_of_one_lesion_stay_together(plant):
    tree = plant("isic")
    index = read(tree).index.set_index("image_id")
    assert index.loc["ISIC_0000000", "subject"] == "BCN_0001"
    assert index.loc["ISIC_0000001", "subject"] == "BCN_0001"
    assert index.loc["ISIC_0000008", "subject"] == "ISIC_0000008"  # not in the table
    for seed in range(6):
        splits = read(tree, division=Division(seed=seed)).index["split"]
        assert splits[0] == splits[1]


def test_metadata_are_strata_and_may_be_missing(plant):
    tree = plant("isic")
    dataset = read(tree)
    assert dataset.strata == ("age_approx", "anatom_site_general", "sex")
    row = dataset.index.set_index("image_id").loc["ISIC_0000005"]
    assert row[list(dataset.strata)].tolist() == ["55.0", "", "female"]
    (tree.root / METADATA).unlink()
    again = read(tree)
    assert again.strata == ()
    assert (again.index["subject"] == again.index["image_id"]).all()


def test_masks_are_those_of_some_images(plant):
    dataset = read(plant("isic"), size=(48, 64))
    known = [f"ISIC_{k:07d}" for k in (0, 4, 6, 8, 10)]
    known.insert(1, "ISIC_0000002_downsampled")
    assert dataset.known(dataset.ids()) == known
    masks = dataset.read("mask", known)
    assert masks.any(axis=(1, 2)).all()
    assert masks[0][8:24, 12:40].all()  # rows 4 to 12 of 24, columns 6 to 20 of 32
    assert masks[0].sum() == 16 * 28
    with pytest.raises(ValueError, match="mask of ISIC_0000001") as caught:
        dataset.read("mask", ["ISIC_0000001"])
    assert str(caught.value) == (
        "mask of ISIC_0000001 must be known to be read, got none in the files"
    )


def test_without_the_folder_of_masks_there_are_none(plant):
    dataset = read(plant("isic", masks=False))
    assert set(dataset.arrays) == {"image"}
    assert dataset.known(dataset.ids()) == []


def test_a_mask_of_another_shape_is_told(plant):
    from PIL import Image

    tree = plant("isic")
    path = (
        tree.root
        / "ISIC2018_Task1_Training_GroundTruth"
        / "ISIC_0000004_segmentation.png"
    )
    Image.fromarray(np.ones((32, 32), np.uint8)).rotate(90).resize((20, 64)).save(path)
    with pytest.raises(ValueError, match="pictures must be whole") as caught:
        read(tree)
    assert str(caught.value) == (
        f"pictures must be whole, got {path} must have the shape of its picture, "
        "32 x 32, got 64 x 20; mend them, or skip them"
    )


def test_missing_images_are_told_together(plant):
    tree = plant("isic")
    for k in range(3, 10):
        (tree.root / "ISIC_2019_Training_Input" / f"ISIC_{k:07d}.jpg").unlink()
    with pytest.raises(ValueError, match="got nothing") as caught:
        read(tree)
    told = str(caught.value)
    assert told.count("must be a file, got nothing; complete the dataset") == 5
    assert told.endswith("; and 2 more (7 in all)")


@pytest.mark.parametrize("cells", ["0.0," * 8 + "0.0", "1.0,1.0" + ",0.0" * 7])
def test_a_row_marks_one_diagnosis(plant, cells):
    tree = plant("isic")
    with (tree.root / TRUTH).open("a") as file:
        file.write(f"ISIC_0000099,{cells}\n")
    with pytest.raises(ValueError, match="must mark one diagnosis") as caught:
        read(tree)
    assert str(caught.value) == (
        f"{TRUTH} must mark one diagnosis of each image, got another number for "
        "ISIC_0000099"
    )


def test_another_table_is_refused_with_the_layout(plant):
    tree = plant("isic")
    (tree.root / TRUTH).write_text("image,benign,malignant\na,1,0\n")
    with pytest.raises(LayoutError) as caught:
        read(tree)
    head = str(caught.value).splitlines()[0]
    assert head == (
        f"{tree.root} must be laid out as reader 'isic' expects it, got {TRUTH} "
        "without MEL, NV, BCC, AK, BKL, DF, VASC, SCC among its columns "
        "(image, benign, malignant); the layout is:"
    )


def test_a_name_in_the_table_does_not_lead_out(plant):
    tree = plant("isic")
    with (tree.root / TRUTH).open("a") as file:
        file.write("../../secret,1.0" + ",0.0" * 8 + "\n")
    with pytest.raises(ValueError, match="got a way out of it"):
        read(tree)
