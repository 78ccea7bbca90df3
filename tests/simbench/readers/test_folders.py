"""Folders for classes, folders for splits, trees of masks."""

import numpy as np
import pytest
from PIL import Image

from simbench.readers.choices import Choices
from simbench.readers.folder import read_dataset
from simbench.readers.reader import LayoutError


def save(root, *names, size=(8, 9)):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full(size, len(name), np.uint8)).save(path)


def read(root, **options):
    return read_dataset("folders", root, Choices(options))


def test_classes_are_folders_and_masks_lie_beside(plant):
    tree = plant("folders")
    dataset = read(tree.root, **tree.options)
    assert dataset.classes == ("abnormal", "normal")
    assert dataset.ids() == [f"{c}-{k}" for c in dataset.classes for k in range(5)]
    known = dataset.known(dataset.ids())
    assert known == ["abnormal-1", "abnormal-3", *(f"normal-{k}" for k in range(5))]
    masks = dataset.read("mask", known)
    assert masks.any(axis=(1, 2)).tolist() == [True, True] + [False] * 5
    assert dataset.index["lesion"].tolist() == ["abnormal"] * 5 + ["none"] * 5


def test_healthy_images_are_unknown_unless_it_is_said(plant):
    tree = plant("folders")
    dataset = read(tree.root, images="images", masks="masks")
    assert dataset.known(dataset.ids()) == ["abnormal-1", "abnormal-3"]
    assert dataset.index["lesion"].tolist() == ["abnormal"] * 5 + ["normal"] * 5


@pytest.mark.parametrize("word", ["validation", "valid", "val"])
def test_folders_of_splits_are_kept(tmp_path, word):
    save(tmp_path, *(f"{s}/{c}/x.png" for s in ("train", word, "test") for c in "ab"))
    dataset = read(tmp_path)
    assert dataset.ids("train") == ["train-a-x", "train-b-x"]
    assert dataset.ids("validation") == [f"{word}-a-x", f"{word}-b-x"]
    assert dataset.classes == ("a", "b")


def test_a_class_may_be_called_test(tmp_path):
    save(
        tmp_path, *(f"{name}/{k}.png" for name in ("test", "control") for k in range(4))
    )
    assert read(tmp_path).classes == ("control", "test")


def test_subjects_are_found_in_names(tmp_path):
    save(tmp_path, *(f"a/P{k // 3}_{k}.png" for k in range(12)))
    dataset = read(tmp_path, subject=r"-(P\d+)_")
    assert set(dataset.index["subject"]) == {"P0", "P1", "P2", "P3"}
    for pattern, told in {
        "/Q": "subject must be found in each name, got none of '/Q' in 'a-P0_0'",
        "P": "subject must be a regular expression with a group, got 'P': ",
        "(": "subject must be a regular expression with a group, got '(': ",
    }.items():
        with pytest.raises(ValueError, match="subject must be") as caught:
            read(tmp_path, subject=pattern)
        assert str(caught.value).startswith(told)


@pytest.mark.parametrize("name", ["x.png", "a/b/x.png", "train/a/b/x.png"])
def test_pictures_elsewhere_are_refused_with_the_layout(tmp_path, name):
    save(tmp_path, "a/x.png", "b/y.png", name)
    with pytest.raises(LayoutError) as caught:
        read(tmp_path)
    head = str(caught.value).splitlines()[0]
    assert head == (
        f"{tmp_path} must be laid out as reader 'folders' expects it, got the picture "
        f"{name}; the layout is:"
    )


def test_masks_without_images_are_told(plant):
    tree = plant("folders")
    save(tree.root, "masks/abnormal/9.png", "masks/abnormal/8.png")
    with pytest.raises(ValueError, match="masks must have images") as caught:
        read(tree.root, **tree.options)
    assert str(caught.value) == (
        "masks must have images, got none for masks/abnormal/8.png; none for "
        "masks/abnormal/9.png"
    )


def test_two_files_of_one_name_are_refused(tmp_path):
    save(tmp_path, "a/x.png", "a/x.jpg", "b/y.png")
    with pytest.raises(ValueError, match="image ids must be unique, got a-x again"):
        read(tmp_path)


def test_unknown_options_are_told_with_the_known(tmp_path):
    with pytest.raises(ValueError, match="options of reader 'folders'") as caught:
        read(tmp_path, maks="masks")
    assert str(caught.value) == (
        "options of reader 'folders': maks is not a key; did you mean 'masks'?"
    )
    with pytest.raises(
        ValueError, match=r"window must be \[low, high\] with low < high"
    ):
        read(tmp_path, window=[3.0, 3.0])
