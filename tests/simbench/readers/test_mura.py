"""MURA: two published splits, studies of patients, letters in the images."""

import pytest

from simbench.readers.choices import Choices
from simbench.readers.folder import read_dataset
from simbench.readers.reader import LayoutError
from simbench.readers.splits import Division


def read(tree, options=None, **how):
    return read_dataset("mura", tree.root, Choices(options or {}, **how))


def test_studies_give_labels_regions_and_subjects(plant):
    dataset = read(plant("mura"))
    assert dataset.classes == ("normal", "abnormal")
    assert dataset.chiral
    assert dataset.strata == ("region", "study")
    assert dataset.arrays["image"].shape == (19, 224, 224)
    row = dataset.index.set_index("image_id").loc[
        "train-XR_ELBOW-patient00001-study1_positive-image2"
    ]
    assert row["label"] == 1
    assert row["lesion"] == "abnormal"
    assert row["subject"] == "patient00001"
    assert row["region"] == "elbow"
    assert row["study"] == "patient00001/elbow/study1"
    assert (dataset.index.query("label == 0")["lesion"] == "none").all()


def test_the_published_validation_is_the_test_split(plant):
    dataset = read(plant("mura"), division=Division(validation=0.25, seed=1))
    index = dataset.index
    test = index["image_id"].str.startswith("valid-")
    assert ((index["split"] == "test") == test).all()
    assert set(index["split"]) == {"train", "validation", "test"}
    with pytest.raises(ValueError, match="test must be left out where it is published"):
        read(plant("mura"), division=Division(test=0.2))


def test_the_study_may_be_the_subject(plant):
    index = read(plant("mura"), {"subject": "study"}).index
    assert (index["subject"] == index["study"]).all()


def test_regions_may_be_chosen(plant):
    dataset = read(plant("mura"), {"regions": ["ELBOW"]})
    assert set(dataset.index["region"]) == {"elbow"}
    with pytest.raises(ValueError, match="regions") as caught:
        read(plant("mura"), {"regions": ["KNEE"]})
    assert str(caught.value) == "regions must be among the images', got KNEE"


def test_labels_and_folders_must_agree(plant):
    tree = plant("mura")
    path = tree.root / "valid_labeled_studies.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0].replace(",0", ",1"), *lines[1:]]) + "\n")
    with pytest.raises(ValueError, match="labels of studies") as caught:
        read(tree)
    study = "valid/XR_HUMERUS/patient00008/study1_negative"
    assert str(caught.value) == (
        "labels of studies must agree with their folders, got "
        + "; ".join(f"{study}/image{k}.png with label 1" for k in (1, 2, 3))
    )


def test_missing_images_are_told_together(plant):
    tree = plant("mura")
    for path in (tree.root / "train" / "XR_HUMERUS").rglob("image?.png"):
        path.unlink()
    with pytest.raises(ValueError, match=r"; and 1 more \(6 in all\)$"):
        read(tree)


def test_another_path_is_refused_with_the_layout(plant):
    tree = plant("mura")
    with (tree.root / "train_image_paths.csv").open("a") as file:
        file.write("MURA-v1.1/train/knee/1.png\n")
    with pytest.raises(LayoutError, match=r"'MURA-v1\.1/train/knee/1\.png'"):
        read(tree)
