"""Pooled features and logits of many images, in pieces of one size."""

import numpy as np
import pytest

from hrcam.engine.keras_models.recorder import prepare
from hrcam.engine.pooling import batch_size, feature_maps, logits, pool
from hrcam.engine.probe import Wants

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def recorder(draw):
    return prepare(draw.residual())


@pytest.mark.parametrize("count", [0, 1, 5, 64, 67])
def test_pooled_features_are_spatial_means_whatever_the_number(recorder, draw, count):
    images = np.round(draw.images(count)).astype(np.uint8)
    found = pool(recorder, images)
    names = tuple(tap.name for tap in recorder.taps)
    assert found.shape == (count, sum(tap.channels for tap in recorder.taps))
    assert found.dtype == np.float64
    target = np.zeros((count, 4), np.float32)
    if count:
        look = recorder.look(images.astype(np.float32), target, Wants(names))
        means = [look.features[name].numpy().mean(axis=(1, 2)) for name in names]
        np.testing.assert_allclose(found, np.concatenate(means, axis=1), rtol=1e-4)
        np.testing.assert_allclose(logits(recorder, images), look.logits, atol=1e-4)
        asked = names[::-2]
        pieces = list(feature_maps(recorder, images, asked))
        assert [list(piece) for piece in pieces] == [list(asked)] * -(-count // 64)
        for name in asked:
            whole = np.concatenate([piece[name] for piece in pieces])
            np.testing.assert_allclose(whole, look.features[name], atol=1e-4)


def test_large_images_go_through_one_by_one():
    assert batch_size((128, 128)) == batch_size((8, 8)) == 64
    assert batch_size((224, 224)) == 20
    assert batch_size((4096, 4096)) == 1
