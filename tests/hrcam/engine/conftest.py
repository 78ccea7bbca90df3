"""A small trained network and its data, made once."""

import numpy as np
import pytest

pytest.importorskip("keras", reason="the engine needs Keras on TensorFlow")

SIZE = (48, 32)


def squares(count, seed):
    """Gray images with a bright square in those of class 1."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    images = rng.normal(90, 12, (count, *SIZE))
    for image, label in zip(images, labels, strict=True):
        row, column = rng.integers(2, 38), rng.integers(2, 22)
        image[row : row + 8, column : column + 8] += 80 * label
    return np.clip(np.round(images), 0, 255).astype(np.uint8), labels


@pytest.fixture(scope="session")
def data():
    return squares(120, 0)


@pytest.fixture(scope="session")
def network(data):
    from hrcam.engine.training import Training, fit

    images, labels = data
    model, _ = fit(images, labels, 2, Training(epochs=6, batch=10))
    return model


@pytest.fixture(scope="session")
def recorder(network):
    from hrcam.engine.recorder import prepare

    return prepare(network)
