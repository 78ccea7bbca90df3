"""Arrays and batches as datasets, without any deep-learning library."""

import re

import numpy as np
import pytest

from hrcam.pipeline.torch_loader import as_dataset, load_batches

LABELS = np.array([2, 0, 1, 1, 2])


def images(count=5, channels=3, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(count, 6, 8, channels)).astype(np.float32)


class Tensor:
    """What a batch of another library can do: leave its device, become an array."""

    def __init__(self, values):
        self.values, self.shape, self.dtype = values, values.shape, values.dtype

    def detach(self):
        return self

    def cpu(self):
        return self

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.values, dtype)


def first(values):
    return np.moveaxis(values, -1, 1)


def test_arrays_become_splits_in_order():
    found = as_dataset(
        images(), LABELS, (images(4, seed=1), [0, 1, 2, 0]), (images(2, seed=2), [1, 1])
    )
    assert found.ids("test") == [f"{i:06d}" for i in range(5)]
    assert found.ids("train") == [f"{i:06d}" for i in range(5, 9)]
    assert found.ids("validation") == ["000009", "000010"]
    np.testing.assert_array_equal(found.read("image", found.ids("test")), images())
    train = found.read("image", found.ids("train"))
    np.testing.assert_array_equal(train, images(4, seed=1))
    assert found.index["label"].tolist() == [*LABELS, 0, 1, 2, 0, 1, 1]
    assert (found.index["subject"] == found.index["image_id"]).all()
    assert (found.recipe, found.classes) == (None, ())


def test_gray_images_lose_their_channel_and_keep_their_values():
    gray = images(channels=1)
    for given in (gray, gray[..., 0], gray[..., 0].tolist()):
        found = as_dataset(given, LABELS, classes=("a", "b", "c"))
        assert found.arrays["image"].shape == (5, 6, 8)
        assert found.arrays["image"].dtype == np.float32
        np.testing.assert_array_equal(found.arrays["image"], gray[..., 0])
        assert found.classes == ("a", "b", "c")


def test_unknown_labels_are_minus_one():
    assert as_dataset(images()).index["label"].tolist() == [-1] * 5


def batches(kind):
    rows = [slice(0, 2), slice(2, 4), slice(4, 5)]
    for some in rows:
        x, y = Tensor(first(images()[some])), Tensor(LABELS[some])
        yield {
            "alone": x,
            "pair": (x, y),
            "list": [x, y, "more"],
            "mapping": {"image": x, "label": y},
        }[kind]


@pytest.mark.parametrize("kind", ["alone", "pair", "list", "mapping"])
def test_batches_are_stacked_channels_last(kind):
    found = load_batches(list(batches(kind)))
    np.testing.assert_array_equal(found.arrays["image"], images())
    known = [-1] * 5 if kind == "alone" else LABELS.tolist()
    assert found.index["label"].tolist() == known


def test_one_tensor_or_a_pair_is_taken_whole():
    for given in (Tensor(first(images())), (first(images()), LABELS)):
        found = load_batches(given, training=(first(images(4)), [0, 1, 1, 0]))
        np.testing.assert_array_equal(found.read("image", found.ids("test")), images())
        assert len(found.ids("train")) == 4


def test_identity_is_of_the_content():
    one = as_dataset(images(), LABELS)
    assert one.identity == load_batches((first(images()), LABELS)).identity
    others = [
        as_dataset(images(seed=1), LABELS),
        as_dataset(images(), LABELS[::-1]),
        as_dataset(images(), LABELS, classes=("a", "b", "c")),
        as_dataset(images(), LABELS, (images(1), [0])),
    ]
    assert len({x.identity for x in [one, *others]}) == 5


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: as_dataset(np.zeros((3, 4))),
            "test images must have shape (n, h, w) or (n, h, w, c), got (3, 4)",
        ),
        (
            lambda: load_batches([np.zeros((3, 4, 5))]),
            "test images must have shape (n, c, h, w), got (3, 4, 5)",
        ),
        (
            lambda: as_dataset(images(), [0, 1]),
            "test labels must be one class number >= 0 per image, shape (5,), got "
            "int64 of shape (2,)",
        ),
        (
            lambda: as_dataset(images(), LABELS - 1),
            "test labels must be one class number >= 0 per image",
        ),
        (
            lambda: as_dataset(images(), LABELS + 0.5),
            "test labels must be one class number >= 0 per image, shape (5,), got "
            "float64 of shape (5,)",
        ),
        (
            lambda: as_dataset(images(), LABELS, classes=("a", "b")),
            "test labels must be in 0..1, got 2; name every class",
        ),
        (
            lambda: as_dataset(images(), LABELS, images()),
            "train images must come as a pair of images and labels, got ndarray",
        ),
        (
            lambda: load_batches([images()], training=[images()]),
            "train images must have labels to fit heads, got none",
        ),
        (
            lambda: as_dataset(images(), None, (np.zeros((2, 6, 6, 3)), [0, 1])),
            "images of all splits must have one shape, got test (6, 8, 3), train "
            "(6, 6, 3)",
        ),
        (lambda: load_batches([]), "test loader must yield batches, got none"),
        (
            lambda: load_batches(3),
            "test images must be a loader of batches, a tensor or an array, got int",
        ),
        (
            lambda: load_batches([{"picture": images()}]),
            "batch must hold images as one of image, images, pixel_values, x, got "
            "picture",
        ),
    ],
)
def test_errors_tell_what_is_wrong(make, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make()
