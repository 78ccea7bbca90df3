from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from hrcam.engine.views import Batches, tensorflow_dataset

pytestmark = pytest.mark.engine


@dataclass(frozen=True)
class Pairs:
    images: Any
    labels: Any

    def read(self, places):
        return self.images[np.asarray(places)]

    def __len__(self):
        return len(self.labels)


@pytest.fixture
def view(data):
    images, labels = data
    return Pairs(images[:23], labels[:23].astype(np.int64))


def test_batches_hold_every_image_in_order(view):
    batches = Batches(view, batch=10)
    assert len(batches) == 3
    images = np.concatenate([batches[i][0] for i in range(3)])
    labels = np.concatenate([batches[i][1] for i in range(3)])
    assert images.dtype == np.uint8
    assert (images[..., 0] == view.images).all()
    assert (labels == view.labels).all()


def test_a_seed_shuffles_each_epoch_in_its_own_way(view):
    batches, again = Batches(view, batch=23, seed=4), Batches(view, batch=23, seed=4)
    first = batches[0][0].copy()
    assert (first == again[0][0]).all()
    batches.on_epoch_begin()
    second = batches[0][0]
    assert not (first == second).all()
    total = view.images.sum(dtype=int)
    assert first.sum(dtype=int) == second.sum(dtype=int) == total


def test_keras_trains_and_predicts_on_batches(network, view):
    batches = Batches(view, batch=10)
    chances = network.predict(batches, verbose=0)
    expected = network.predict(view.images[..., None], batch_size=10, verbose=0)
    assert chances == pytest.approx(expected, abs=1e-6)


def test_tf_data_gives_the_same_bytes(view):
    found = list(tensorflow_dataset(view, batch=10))
    images = np.concatenate([images.numpy() for images, _ in found])
    labels = np.concatenate([labels.numpy() for _, labels in found])
    assert images.dtype == np.uint8
    assert (images[..., 0] == view.images).all()
    assert (labels == view.labels).all()


def test_an_empty_batch_is_refused(view):
    with pytest.raises(ValueError, match=r"^batch must be >= 1, got 0$"):
        Batches(view, batch=0)
