import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hrcam.engine.networks import Plan, build
from hrcam.engine.training.normalization import (
    Normalization,
    normalize,
    quickened,
)

if keras.backend.backend() != "tensorflow":
    pytest.skip("other back ends train as Keras does", allow_module_level=True)

import tensorflow as tf

pytestmark = pytest.mark.engine

SHAPES = st.tuples(
    st.integers(1, 5), st.integers(1, 9), st.integers(1, 7), st.integers(1, 40)
)


def drawn(shape, seed):
    rng = np.random.default_rng(seed)
    place, width = rng.normal(0, 3, shape[-1]), rng.uniform(0.5, 2, shape[-1])
    x, slopes = rng.normal(place, width, shape), rng.normal(size=shape)
    gamma, beta = rng.normal(1, 0.3, shape[-1]), rng.normal(size=shape[-1])
    return [a.astype(np.float32) for a in (x, gamma, beta, slopes)]


@settings(max_examples=60, deadline=None)
@given(SHAPES, st.integers(0, 9))
def test_values_and_moments_are_those_of_the_definition(shape, seed):
    x, gamma, beta, _ = drawn(shape, seed)
    y, mean, variance = (np.asarray(a) for a in normalize(x, gamma, beta, 1e-3))
    wide = x.astype(np.float64).reshape(-1, shape[-1])
    expected = (wide - wide.mean(0)) / np.sqrt(wide.var(0) + 1e-3) * gamma + beta
    np.testing.assert_allclose(mean, wide.mean(0), atol=1e-5)
    np.testing.assert_allclose(variance, wide.var(0), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(y, expected.reshape(shape), rtol=1e-3, atol=1e-3)


@settings(max_examples=60, deadline=None)
@given(SHAPES, st.integers(0, 9))
def test_derivatives_are_those_of_the_composed_operations(shape, seed):
    *tensors, slopes = (tf.constant(a) for a in drawn(shape, seed))
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(tensors)
        x, gamma, beta = tensors
        mean, variance = tf.nn.moments(x, [0, 1, 2])
        composed = tf.nn.batch_normalization(x, mean, variance, beta, gamma, 1e-3)
        quick = normalize(x, gamma, beta, 1e-3)[0]
    expected = tape.gradient(composed, tensors, slopes)
    found = tape.gradient(quick, tensors, slopes)
    for one, two in zip(found, expected, strict=True):
        scale = 1 + np.abs(two).max()
        np.testing.assert_allclose(one / scale, two / scale, atol=2e-4)


@pytest.mark.parametrize("name", ["compact", "compact_residual", "compact_vgg"])
def test_a_step_changes_a_network_as_without(name):
    keras.utils.set_random_seed(0)
    network = build(name, Plan((40, 36, 1), 2, 120.0, 900.0))
    other = build(name, Plan((40, 36, 1), 2, 120.0, 900.0))
    other.set_weights(network.get_weights())
    rng = np.random.default_rng(0)
    images = rng.integers(0, 255, (6, 40, 36, 1)).astype(np.float32)
    labels = np.array([0, 1, 0, 1, 1, 0])
    losses = []
    for trained in (quickened(network), other):
        trained.compile(
            optimizer=keras.optimizers.SGD(0.01),
            loss=keras.losses.SparseCategoricalCrossentropy(),
        )
        losses.append(trained.train_on_batch(images, labels))
    assert losses[0] == pytest.approx(losses[1], abs=1e-4)
    for one, two in zip(network.get_weights(), other.get_weights(), strict=True):
        scale = 1e-6 + np.abs(two).max()
        np.testing.assert_allclose(one / scale, two / scale, atol=2e-3)


def test_the_network_keeps_its_layers_and_shares_its_variables():
    network = build("compact", Plan((40, 36, 1), 2, 120.0, 900.0))
    quick = quickened(network)
    assert any(isinstance(layer, Normalization) for layer in quick.layers)
    assert not any(isinstance(layer, Normalization) for layer in network.layers)
    own = {id(v) for v in network.variables}
    assert {id(v) for v in quick.variables} == own
    assert {id(v) for v in quick.trainable_variables} == {
        id(v) for v in network.trainable_variables
    }


def test_a_frozen_layer_keeps_its_averages_and_uses_them():
    layer = keras.layers.BatchNormalization()
    layer.build((None, 4, 5, 3))
    before = [np.asarray(v) for v in layer.variables]
    x = drawn((2, 4, 5, 3), 1)[0]
    layer.trainable = False
    y = Normalization.of(layer)(x, training=True)
    np.testing.assert_allclose(y, layer(x, training=False), atol=1e-6)
    for one, two in zip(layer.variables, before, strict=True):
        np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize(
    "layer",
    [
        keras.layers.BatchNormalization(axis=1),
        keras.layers.BatchNormalization(scale=False),
        keras.layers.BatchNormalization(center=False),
        keras.layers.BatchNormalization(renorm=True),
        keras.layers.BatchNormalization(dtype="mixed_bfloat16"),
        keras.layers.LayerNormalization(),
    ],
)
def test_other_layers_stay(layer):
    image = keras.Input((6, 4, 3))
    network = keras.Model(image, layer(image))
    assert quickened(network).layers[-1] is layer


def test_maps_of_unknown_size_and_vectors_are_left_to_keras():
    for shape in ((None, None, 3), (5,)):
        image = keras.Input(shape)
        layer = keras.layers.BatchNormalization()
        network = keras.Model(image, layer(image))
        assert quickened(network).layers[-1] is layer
