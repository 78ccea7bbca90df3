"""Slopes under the rules, against a network written out and swapped functions."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

from hrcam.engine.keras_models.recorder import prepare
from hrcam.engine.probe import Wants

pytestmark = pytest.mark.engine

RULES = ("plain", "guided", "deconvnet")
SHAPE = (24, 36, 3)


@pytest.fixture(scope="module")
def written():
    """Return the module of a network that is written out in NumPy."""
    path = Path(__file__).parents[2] / "numpy_network.py"
    spec = spec_from_file_location("written_network", path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def in_keras(network):
    """Build the same network in Keras, with activations of three kinds."""
    pools = {"max": layers.MaxPooling2D, "average": layers.AveragePooling2D}
    image = keras.Input((16, 24, network.stages[0].kernel.shape[2]))
    x, kinds = image, [layers.ReLU(name="shallow"), None, ops.relu]
    for stage, kind in zip(network.stages, kinds, strict=True):
        x = pools[stage.pool](2)(x) if stage.pool in pools else x
        fused, name = (None, None) if kind else ("relu", stage.name)
        conv = layers.Conv2D(
            stage.bias.size, 3, padding="same", activation=fused, name=name
        )
        x = conv(x) if kind is None else kind(conv(x))
        conv.set_weights([stage.kernel, stage.bias])
    dense = layers.Dense(network.bias.size, activation="softmax")
    x = dense(layers.GlobalAveragePooling2D()(x))
    dense.set_weights([network.weights, network.bias])
    return keras.Model(image, x)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("seed", range(3))
def test_slopes_are_those_of_a_network_written_out(written, rule, seed):
    network, rng = written.draw_network(seed), np.random.default_rng(seed)
    pixels = rng.normal(0.4, 1, (3, 16, 24, 2)).astype(np.float32)
    target = written.contrast(np.array([1, 3, 0]), 4).astype(np.float32)
    expected, by_features, _ = network.backward(pixels.astype(float), target, rule)
    recorder = prepare(in_keras(network))
    assert [tap.name for tap in recorder.taps][:2] == ["shallow", "middle"]
    wants = Wants(slopes=(rule,))
    found = recorder.look(pixels, target, wants).slopes[rule].numpy()
    scale = np.abs(expected).max()
    np.testing.assert_allclose(found, expected, atol=1e-5 * scale)
    last = recorder.taps[-1].name
    look = recorder.look(pixels, target, Wants((last,), (last,)))
    np.testing.assert_allclose(look.gradients[last], by_features["deep"], atol=1e-6)


def ruled(rule, top=None):
    """Return a rectifier whose derivative is the rule, by TensorFlow's own means."""

    @tf.custom_gradient
    def rectify(x):
        z = tf.nn.relu(x) if top is None else tf.clip_by_value(x, 0.0, top)

        def back(slope):
            on = (x > 0) if top is None else (x > 0) & (x < top)
            kept = tf.where(on, slope, 0.0) if rule != "deconvnet" else slope
            return kept if rule == "plain" else tf.nn.relu(kept)

        return z, back

    return rectify


class Layered(layers.Layer):
    """A block whose rectifier is given."""

    def __init__(self, rectify, **options):
        super().__init__(**options)
        self.conv, self.rectify = layers.Conv2D(6, 3, padding="same"), rectify

    def build(self, shape):
        self.conv.build(shape)

    def call(self, x):
        return x + self.rectify(self.conv(x))


def made(relu, relu6, functional):
    """Build a net with fused, nested, functional and bounded rectifiers."""
    inside = keras.Input((12, 18, 6))
    y = layers.Conv2D(6, 3, padding="same", activation=relu6)(inside)
    nested = keras.Model(inside, Layered(functional)(y))
    image = keras.Input(SHAPE)
    x = layers.Conv2D(6, 3, padding="same", activation=relu)(image / 60 - 2.0)
    x = nested(layers.MaxPooling2D()(x))
    x = layers.SeparableConv2D(7, 3, activation=relu)(layers.Activation(relu)(x))
    x = layers.Dense(5, activation=relu)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(image, layers.Dense(4)(x))


@pytest.mark.parametrize("rule", RULES)
def test_slopes_go_through_every_kind_of_rectifier(rule, draw):
    model = draw.randomized(made("relu", "relu6", ops.relu))
    swapped = made(ruled(rule), ruled(rule, 6.0), ruled(rule))
    swapped.set_weights(model.get_weights())
    pixels, target = tf.constant(draw.images()), draw.target()
    with tf.GradientTape() as tape:
        tape.watch(pixels)
        aim = tf.reduce_sum(swapped(pixels) * target)
    expected = tape.gradient(aim, pixels).numpy()
    recorder = prepare(model)
    found = recorder.look(pixels, target, Wants(slopes=(rule,))).slopes[rule]
    assert np.abs(expected).max() > 0
    np.testing.assert_allclose(found, expected, atol=2e-6 * np.abs(expected).max())
    asked = recorder.calls(pixels, target)
    again = asked.slopes(pixels.numpy()[[3, 0]], np.array([3, 0]), rule)
    np.testing.assert_allclose(again, expected[[3, 0]], atol=1e-4)


def test_the_rules_differ_and_are_the_gradient_where_all_paths_are_positive(draw):
    model = draw.randomized(made("relu", "relu6", ops.relu))
    pixels, target = draw.images(), draw.target()
    slopes = prepare(model).look(pixels, target, Wants(slopes=RULES)).slopes
    for one, two in (("plain", "guided"), ("guided", "deconvnet")):
        assert np.abs(slopes[one] - slopes[two]).max() > 1e-4
    for weight in model.weights:
        weight.assign(abs(weight.numpy()) * 0.01)
    slopes = prepare(model).look(pixels + 200, abs(target), Wants(slopes=RULES)).slopes
    np.testing.assert_allclose(slopes["guided"], slopes["plain"], rtol=1e-5)
    np.testing.assert_allclose(slopes["deconvnet"], slopes["plain"], rtol=1e-5)
    assert slopes["plain"].numpy().min() > 0
