"""Networks that HR-CAM competes with: what they are, and where they look."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from hrcam.engine.keras_models.recorder import prepare
from hrcam.engine.keras_models.tracing import run
from hrcam.engine.pooling import pool
from hrcam.engine.probe import Wants
from hrcam.engine.variants import (
    VARIANTS,
    available,
    destrided,
    doubled,
    untrained,
    vary,
)

pytestmark = pytest.mark.engine


def look(recorder, pixels):
    names = tuple(tap.name for tap in recorder.taps)
    wants = Wants(features=names)
    aim = np.zeros((len(pixels), recorder.classes), np.float32)
    return recorder.look(keras.ops.convert_to_tensor(pixels), aim, wants).features


class Summed(keras.Model):
    """A model whose layers have no names of their own: a copy has others."""

    def __init__(self, width=4, **kwargs):
        super().__init__(**kwargs)
        self.width = width
        self.first = layers.Conv2D(width, 3, padding="same", activation="relu")
        self.second = layers.Conv2D(width, 3, strides=2, padding="same")
        self.last = layers.Dense(3)

    def call(self, x):
        x = self.first(x / 100.0 + 0.5)
        x = keras.ops.tanh(self.second(x))
        return self.last(keras.ops.mean(x, axis=(1, 2)))

    def get_config(self):
        return {"width": self.width, "name": self.name}


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_has_the_network_s_taps_and_takes_its_images(name, draw):
    recorder = prepare(draw.residual())
    found = vary(recorder, name)
    assert [t.name for t in found.taps] == [t.name for t in recorder.taps]
    assert [t.channels for t in found.taps] == [t.channels for t in recorder.taps]
    assert found.shape == recorder.shape
    assert found.classes == recorder.classes
    for tap, maps in zip(found.taps, look(found, draw.images()).values(), strict=True):
        assert maps.shape == (5, *tap.size, tap.channels)
        assert np.isfinite(maps).all()


@pytest.mark.parametrize("name", VARIANTS)
def test_features_are_pooled_the_same_in_batches_and_alone(name, draw):
    found = vary(prepare(draw.residual()), name)
    pixels = draw.images(70)
    alone = np.concatenate([pool(found, pixels[i : i + 1]) for i in (0, 3, 69)])
    np.testing.assert_allclose(pool(found, pixels)[[0, 3, 69]], alone, atol=1e-4)


def test_unnamed_layers_and_operations_of_a_subclassed_model_keep_their_names(draw):
    model = Summed()
    model(draw.images())
    recorder = prepare(model, (24, 36, 3))
    assert recorder.taps[0].name == model.first.name
    for name in VARIANTS:
        found = vary(recorder, name)
        assert [t.name for t in found.taps] == [t.name for t in recorder.taps]


def test_an_untrained_network_has_other_weights_and_the_network_its_own(draw):
    model = draw.residual()
    weights = model.get_weights()
    recorder = prepare(model)
    found = untrained(recorder)
    for one, other in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    fresh = {w.path: np.asarray(w) for w in found.network.weights}
    kernels = [path for path in fresh if path.endswith("kernel")]
    for path, old in ((w.path, np.asarray(w)) for w in model.weights):
        if path in kernels:
            assert abs(np.corrcoef(fresh[path].ravel(), old.ravel())[0, 1]) < 0.5
    assert found.network is not model
    ours, theirs = look(recorder, draw.images()), look(found, draw.images())
    for name in ours:
        assert np.abs(ours[name] - theirs[name]).max() > 0.1


def test_an_untrained_network_is_made_by_its_seed(draw):
    recorder = prepare(draw.residual())
    one, same, other = (untrained(recorder, seed).network for seed in (0, 0, 1))
    for a, b in zip(one.get_weights(), same.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert any(
        np.abs(a - b).max() > 0
        for a, b in zip(one.get_weights(), other.get_weights(), strict=True)
    )


def test_a_doubled_network_sees_the_image_that_tensorflow_enlarges(draw):
    recorder = prepare(draw.residual())
    found = doubled(recorder)
    pixels = draw.images()
    big = tf.image.resize(pixels, (48, 72), method="bilinear")
    places = list(recorder.resized((48, 72)).places.items())
    graph = recorder.resized((48, 72)).graph
    values = run(graph, {graph.image: big}, [i for _, i in places])
    for name, place in places:
        np.testing.assert_allclose(
            look(found, pixels)[name], values[place], rtol=1e-4, atol=1e-4
        )


def averaging(size=(40, 56)):
    """A net of positive weights without rectifiers: a unit looks where its slope is."""
    image = keras.Input((*size, 1))
    x = layers.Conv2D(1, 3, padding="same")(image)
    x = layers.AveragePooling2D(2)(x)
    x = layers.ZeroPadding2D(((1, 0), (0, 1)))(layers.Conv2D(1, 3, padding="same")(x))
    x = layers.Conv2D(1, 3, strides=2, padding="valid")(x)
    x = layers.Conv2D(1, 3, padding="same")(x)
    model = keras.Model(image, layers.Dense(3)(layers.GlobalAveragePooling2D()(x)))
    for weight in model.weights:
        weight.assign(tf.ones_like(weight))
    return model


@pytest.mark.parametrize("make", [doubled, destrided, untrained])
def test_a_variant_s_units_look_where_its_geometry_says(make):
    found = make(prepare(averaging()))
    for weight in found.network.weights:  # drawn anew, they are not positive
        weight.assign(tf.ones_like(weight))
    rows, columns = np.mgrid[:40, :56]
    for tap in found.taps:
        unit = tuple(n // 2 + 1 for n in tap.size)
        image = tf.zeros((1, 40, 56, 1))
        with tf.GradientTape() as tape:
            tape.watch(image)
            known = {found.graph.image: image}
            place = found.places[tap.name]
            value = run(found.graph, known, [place])[place][0, unit[0], unit[1], 0]
        mass = np.asarray(tape.gradient(value, image))[0, :, :, 0]
        center = (rows * mass).sum() / mass.sum(), (columns * mass).sum() / mass.sum()
        expected = [
            o + s * u
            for o, s, u in zip(
                tap.geometry.offset, tap.geometry.stride, unit, strict=True
            )
        ]
        assert center == pytest.approx(expected, abs=1e-3), tap.name


def test_a_doubled_network_looks_twice_as_finely(draw):
    recorder = prepare(draw.residual())
    for tap, old in zip(doubled(recorder).taps, recorder.taps, strict=True):
        assert tap.size == (2 * old.size[0], 2 * old.size[1])
        for axis in (0, 1):
            assert tap.geometry.stride[axis] == old.geometry.stride[axis] / 2
            here = (old.geometry.offset[axis] + 0.5) / 2 - 0.5
            assert tap.geometry.offset[axis] == here


def test_what_a_network_cannot_be_is_left_out_or_refused():
    image = keras.Input((24, 36, 3))
    x = layers.Conv2D(4, 3)(layers.MaxPooling2D()(layers.Conv2D(4, 3)(image)))
    model = keras.Model(image, layers.Dense(3)(layers.Flatten()(x)))
    recorder = prepare(model)
    assert list(available(recorder)) == ["untrained"]
    assert list(available(recorder, ["doubled"])) == []
    assert available(object()) == {}
    with pytest.raises(ValueError, match=r"^model '.*' must take images of shape"):
        vary(recorder, "doubled")
    with pytest.raises(ValueError) as error:  # noqa: PT011  the whole message
        vary(recorder, "tripled")
    assert str(error.value) == (
        "variant must be one of untrained, doubled, destrided, got 'tripled'"
    )
    with pytest.raises(ValueError) as error:  # noqa: PT011  the whole message
        vary(object(), "doubled")
    assert str(error.value) == (
        "network must be a Keras model to have the variant 'doubled', got another"
    )
