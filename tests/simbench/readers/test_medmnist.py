"""MedMNIST's files, and our own exports in their layout."""

import numpy as np
import pytest

from simbench.opening import open_dataset
from simbench.readers.choices import Choices
from simbench.readers.folder import read_dataset
from simbench.readers.reader import LayoutError
from simbench.readers.splits import Division


def read(root, **options):
    return read_dataset("medmnist", root, Choices(options))


@pytest.mark.parametrize("color", [True, False])
def test_images_labels_and_splits_are_those_of_the_file(plant, color):
    tree = plant("medmnist", color=color)
    path = tree.root / "bloodmnist.npz"
    dataset = read(path)  # the file may stand for its folder
    with np.load(path) as arrays:
        for word, split in (
            ("train", "train"),
            ("val", "validation"),
            ("test", "test"),
        ):
            ids = dataset.ids(split)
            assert ids == [f"{word}-{k:06d}" for k in range(len(ids))]
            found = dataset.read("image", ids)
            np.testing.assert_array_equal(found, arrays[f"{word}_images"])
            labels = dataset.index.set_index("image_id").loc[ids, "label"]
            assert labels.tolist() == arrays[f"{word}_labels"][:, 0].tolist()
    assert read(tree.root).identity != dataset.identity  # its option names the file
    assert dataset.classes == ("0", "1", "2")


def test_classes_may_be_named(plant):
    root = plant("medmnist").root
    dataset = read(root, classes=["normal", "b", "c"], healthy=["normal"])
    assert dataset.classes == ("normal", "b", "c")
    assert set(dataset.index["lesion"]) == {"none", "b", "c"}
    with pytest.raises(ValueError, match="classes must be 3 names, got 2"):
        read(root, classes=["a", "b"])
    with pytest.raises(ValueError, match="healthy must name classes") as caught:
        read(root, healthy=["fine"])
    assert str(caught.value) == "healthy must name classes (0, 1, 2), got fine"


def test_masks_are_read_where_the_file_has_them(plant):
    masks = np.random.default_rng(0).integers(0, 2, (5, 12, 10), np.uint8)
    dataset = read(plant("medmnist", test_masks=masks).root)
    assert dataset.known(dataset.ids()) == dataset.ids("test")
    np.testing.assert_array_equal(dataset.read("mask", dataset.ids("test")), masks != 0)


def test_the_published_splits_are_not_drawn(plant):
    choices = Choices(division=Division(validation=3))
    with pytest.raises(ValueError, match="validation must be left out"):
        read_dataset("medmnist", plant("medmnist").root, choices)


WRONG = {
    "several classes": ({"train_labels": np.zeros((9, 14), np.uint8)}, "one class"),
    "volumes": (
        {"test_images": np.zeros((5, 8, 8, 8), np.uint8)},
        "of uint8 and shape",
    ),
    "floats": ({"val_images": np.zeros((4, 12, 10))}, "of float64 and shape"),
    "no labels": ({"val_labels": np.zeros((0, 1), int)}, "val_labels of shape"),
    "fractions": ({"val_labels": np.zeros((4, 1))}, "no whole numbers from 0"),
    "masks": ({"val_masks": np.zeros((4, 9, 10), np.uint8)}, "val_masks of shape"),
    "objects": ({"val_labels": np.array([[None]] * 4)}, "pickled objects"),
}


@pytest.mark.parametrize(("arrays", "told"), WRONG.values(), ids=list(WRONG))
def test_other_arrays_are_refused_with_the_layout(plant, arrays, told):
    root = plant("medmnist").root
    path = root / "bloodmnist.npz"
    with np.load(path) as kept:
        whole = {name: kept[name] for name in kept.files}
    np.savez(path, allow_pickle=True, **whole | arrays)
    with pytest.raises(LayoutError, match="must be laid out as reader 'medmnist'") as e:
        read(root)
    assert told in str(e.value)


def test_two_files_are_told_apart_by_the_option(plant):
    root = plant("medmnist").root
    (root / "other.npz").write_bytes((root / "bloodmnist.npz").read_bytes())
    with pytest.raises(LayoutError, match=r"got bloodmnist\.npz, other\.npz of \.npz"):
        read(root)
    assert read(root, file="other.npz").ids("train")[0] == "train-000000"


def test_an_archive_that_changed_is_said_when_it_is_opened(plant, tmp_path):
    root = plant("medmnist").root
    out = tmp_path / "out"
    out.mkdir()
    dataset = read_dataset("medmnist", root, Choices(), out)
    path = root / "bloodmnist.npz"
    content = bytearray(path.read_bytes())
    content[200] ^= 1
    path.write_bytes(bytes(content))
    with pytest.raises(ValueError, match="must be as it was when the dataset was read"):
        open_dataset(out).read("image", dataset.ids()[:1])
