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
    from hrcam.engine.keras_models.recorder import prepare

    return prepare(network)


#: Rows, columns, channels and classes of the small networks of this folder's tests.
SHAPE, CLASSES = (24, 36, 3), 4


def randomized(model, seed=0):
    """Draw every weight, so that no shift is 0 and no scale 1."""
    rng = np.random.default_rng(seed)
    for weight in model.weights:
        size = weight.shape
        if "variance" in weight.path or "gamma" in weight.path:
            weight.assign(rng.uniform(0.5, 1.5, size))
        elif len(size) > 1:
            spread = (2 / np.prod(size[:-1])) ** 0.5
            weight.assign(rng.normal(size=size) * spread)
        elif "seed" not in weight.path:
            weight.assign(rng.normal(size=size) * 0.3)
    return model


def draw_residual(end="softmax", classes=CLASSES, shape=SHAPE):
    """Build a net with fused and separate activations, pooling, strides, a shortcut."""
    from keras import Input, Model, layers

    image = Input(shape)
    x = layers.Rescaling(1 / 60, -2.0, name="scaled")(image)
    x = layers.Conv2D(5, 3, padding="same", activation="relu", name="wide")(x)
    x = layers.MaxPooling2D(name="pooled")(x)
    y = layers.Conv2D(6, 3, padding="same", use_bias=False)(x)
    y = layers.BatchNormalization()(y)
    y = layers.Activation("relu")(y)
    y = layers.Conv2D(7, 3, padding="same")(y)
    x = layers.Add()([layers.Conv2D(7, 1)(x), y])
    x = layers.ReLU(name="middle")(x)
    x = layers.ZeroPadding2D(1)(layers.Dropout(0.5)(x))
    x = layers.Conv2D(8, 3, strides=2, name="strided")(x)
    x = layers.ReLU(6.0, name="last")(x)
    x = layers.GlobalAveragePooling2D()(layers.SpatialDropout2D(0.2)(x))
    dense = layers.Dense(classes, activation=end, name="classes")
    return randomized(Model(image, dense(x), name="residual"))


#: Images that stock networks are built for here: no larger than they must be.
LARGER = {"InceptionV3": (128, 112, 3), "Xception": (96, 80, 3)}


@pytest.fixture(scope="session")
def stock():
    """Return a function from a name to a stock network, built once, of seed 0."""
    import keras

    kept = {}

    def build(name):
        if name not in kept:
            make = getattr(keras.applications, name)
            shape = LARGER.get(name, (64, 48, 3))
            keras.utils.set_random_seed(0)  # no test depends on chance
            kept[name] = make(weights=None, input_shape=shape, classes=4)
        return kept[name]

    return build


@pytest.fixture(scope="session")
def draw():
    """Return the functions that make small networks and images for them."""
    from types import SimpleNamespace

    def images(count=5, seed=1, shape=SHAPE):
        rng = np.random.default_rng(seed)
        return rng.uniform(0, 255, (count, *shape)).astype(np.float32)

    def target(count=5, classes=CLASSES, seed=2):
        return np.random.default_rng(seed).normal(size=(count, classes)).astype("f4")

    return SimpleNamespace(
        residual=draw_residual, randomized=randomized, images=images, target=target
    )
