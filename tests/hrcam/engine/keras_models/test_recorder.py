"""What a look holds: completeness, the own head, hard inputs, wrong batches."""

import re

import keras
import numpy as np
import pytest
from keras import layers, ops

from hrcam.engine.explanation import coefficients
from hrcam.engine.keras_models.recorder import prepare
from hrcam.engine.probe import Probe, Wants

pytestmark = pytest.mark.engine

SHAPE = (24, 36, 3)
EVERYTHING = ("plain", "guided", "deconvnet")


def whole(recorder):
    names = tuple(tap.name for tap in recorder.taps)
    return Wants(names, names, EVERYTHING, True)


def arrays(look):
    parts = [look.features, look.gradients, look.slopes]
    return [look.logits, *look.biases, *(x for part in parts for x in part.values())]


def flat(image, *steps):
    x = image
    for step in steps:
        x = step(x)
    return keras.Model(image, x)


def conv(width=4, **options):
    return layers.Conv2D(width, 3, padding="same", **options)


# Completeness: S = slope . pixels + biases


class Shifted(layers.Layer):
    """Adds a weight of its own, and a constant."""

    def build(self, shape):
        self.shift = self.add_weight(shape=(shape[-1],), name="shift")

    def call(self, x):
        return x + self.shift - 0.5


def piecewise_linear():
    """Build a net with every affine operation there is, and rectifiers."""
    image = keras.Input(SHAPE)
    x = layers.Rescaling(1 / 50, offset=[-1.0, 0.0, 2.0])(image)
    x = layers.Normalization(mean=[1.0, 2.0, 0.0], variance=[2.0, 1.0, 3.0])(x)
    x = Shifted()(conv(5, activation="relu")(x) * 2 + 1)
    x = layers.MaxPooling2D()(ops.relu(x))
    y = layers.BatchNormalization()(conv(6, use_bias=False)(x))
    y = layers.SeparableConv2D(6, 3, padding="same")(layers.ReLU()(y))
    y = layers.DepthwiseConv2D(3, padding="same", activation="relu")(y)
    x = layers.Add()([layers.Conv2D(6, 1)(x), y])
    x = layers.AveragePooling2D(2)(layers.LeakyReLU()(x))
    x = layers.Conv2DTranspose(5, 3, strides=2, activation="relu")(x)
    x = layers.Dense(7, activation="relu")(x)
    x = layers.BatchNormalization()(layers.GlobalAveragePooling2D()(x))
    return keras.Model(image, layers.Dense(4, activation="softmax")(x))


def residual(recorder, pixels, target):
    """Return the target logit minus all its parts, over the logit's scale."""
    look = recorder.look(pixels, target, Wants(slopes=("plain",), biases=True))
    parts = (look.slopes["plain"].numpy().astype(float) * pixels).sum(axis=(1, 2, 3))
    for part in look.biases:
        parts += part.numpy().astype(float).reshape(len(pixels), -1).sum(axis=1)
    logits = (look.logits.numpy() * target).sum(axis=1)
    return np.abs(parts - logits).max() / np.abs(logits).max()


def test_slopes_and_biases_add_up_to_the_logit(draw):
    model = draw.randomized(piecewise_linear())
    recorder = prepare(model)
    look = recorder.look(draw.images(), draw.target(), Wants(biases=True))
    assert len(look.biases) == 14
    assert residual(recorder, draw.images(), draw.target()) < 1e-4


@pytest.mark.parametrize("name", ["ResNet50", "EfficientNetB0"])
def test_completeness_holds_for_rectifiers_and_for_swish_it_does_not(draw, name, stock):
    model, rng = stock(name), np.random.default_rng(0)
    kept = model.get_weights()
    for weight in model.weights:
        if "beta" in weight.path or "bias" in weight.path:
            weight.assign(rng.normal(size=weight.shape) * 0.1)
    pixels, target = draw.images(2, shape=model.input_shape[1:]), draw.target(2)
    found = residual(prepare(model), pixels, target)
    model.set_weights(kept)
    assert found < 1e-4 if name == "ResNet50" else found > 0.01


# The own head


def own(*steps):
    image = keras.Input(SHAPE)
    return prepare(flat(image, conv(6, activation="relu", name="last"), *steps))


HEADS = {
    "dense": (layers.GlobalAveragePooling2D(), layers.Dense(4, activation="softmax")),
    "no bias": (layers.GlobalAveragePooling2D(), layers.Dense(4, use_bias=False)),
    "dropout": (
        *(layers.GlobalAveragePooling2D(), layers.Dropout(0.3), layers.Dense(4)),
        layers.Softmax(),
    ),
    "mean": (lambda x: ops.mean(x, axis=(1, 2)), layers.Dense(1, activation="sigmoid")),
    "convolution": (
        *(layers.GlobalAveragePooling2D(keepdims=True), layers.Conv2D(4, 1)),
        *(layers.Flatten(), layers.Softmax()),
    ),
    "maps of classes": (layers.GlobalAveragePooling2D(), layers.Softmax()),
}


@pytest.mark.parametrize("name", HEADS)
def test_the_own_head_makes_the_logits_of_the_pooled_features(name, draw):
    recorder = own(*HEADS[name])
    draw.randomized(recorder.network)
    target = draw.target(5, recorder.classes)
    look = recorder.look(draw.images(), target, Wants(("last",)))
    (weights,) = recorder.base.weights.values()
    pooled = look.features["last"].numpy().mean(axis=(1, 2))
    expected = pooled @ weights + recorder.base.bias
    scale = np.abs(expected).max()
    np.testing.assert_allclose(look.logits, expected, atol=1e-5 * scale)


@pytest.mark.parametrize(
    "steps",
    [
        (layers.GlobalMaxPooling2D(), layers.Dense(4)),
        (layers.Flatten(), layers.Dense(4)),
        (layers.GlobalAveragePooling2D(), layers.Dense(6, "relu"), layers.Dense(4)),
        (layers.GlobalAveragePooling2D(), layers.Dense(4), layers.LayerNormalization()),
    ],
)
def test_a_network_without_a_linear_head_has_none(steps):
    assert own(*steps).base is None


# Classes


def test_one_sigmoid_is_two_classes_of_opposite_logits(draw):
    model = draw.residual("sigmoid", 1)
    recorder = prepare(model)
    assert isinstance(recorder, Probe)
    assert recorder.classes == 2
    target = np.array([[-1.0, 1.0]] * 5, np.float32)
    look = recorder.look(draw.images(), target, Wants(slopes=("plain",)))
    z = np.asarray(model(draw.images()))[:, 0].astype(float)
    logit = np.log(z / (1 - z))
    expected = np.stack([-logit / 2, logit / 2], axis=1)
    np.testing.assert_allclose(look.logits, expected, rtol=1e-3, atol=1e-4)
    one = np.array([[0.0, 2.0]] * 5, np.float32)
    again = recorder.look(draw.images(), one, Wants(slopes=("plain",)))
    np.testing.assert_allclose(
        look.slopes["plain"], again.slopes["plain"], rtol=1e-5, atol=1e-9
    )


# Hard inputs


def test_a_saturated_softmax_has_the_gradients_of_its_logits(draw):
    model, loud = draw.residual(), draw.residual()
    weights, bias = loud.layers[-1].get_weights()
    loud.layers[-1].set_weights([weights * 1e4, bias * 1e4])
    assert np.isclose(np.asarray(loud(draw.images())).max(axis=1), 1).all()
    looks = [prepare(m) for m in (model, loud)]
    quiet, found = (r.look(draw.images(), draw.target(), whole(r)) for r in looks)
    assert np.abs(found.logits).max() > 1e3
    for part in ("gradients", "slopes"):
        pairs = zip(
            getattr(quiet, part).values(), getattr(found, part).values(), strict=True
        )
        for one, many in pairs:
            scale = np.abs(many).max()
            np.testing.assert_allclose(one * 1e4, many, atol=1e-5 * scale)


@pytest.mark.parametrize("case", ["dead", "constant", "black", "negative"])
def test_hard_inputs_give_finite_numbers(draw, case):
    model, pixels = draw.residual(), draw.images()
    if case == "dead":
        weights, bias = model.get_layer("strided").get_weights()
        model.get_layer("strided").set_weights([weights * 0, bias * 0 - 1])
    elif case == "constant":
        pixels = np.full_like(pixels, 128)
    elif case == "black":
        pixels = np.zeros_like(pixels)
    else:
        kernel, bias = model.layers[-1].get_weights()
        model.layers[-1].set_weights([-abs(kernel), bias - 5])
    recorder = prepare(model)
    look = recorder.look(pixels, draw.target(), whole(recorder))
    assert all(np.isfinite(x).all() for x in arrays(look))
    if case == "dead":
        assert not np.any(look.features["last"])
        assert not np.any(look.slopes["plain"])
        assert np.any(look.gradients["last"])


# What is asked for


@pytest.mark.parametrize("rule", EVERYTHING)
def test_a_look_holds_what_was_asked_for_and_no_more(draw, rule):
    recorder = prepare(draw.residual())
    look = recorder.look(draw.images(), draw.target(), Wants(slopes=(rule,)))
    assert list(look.slopes) == [rule]
    assert not look.features
    assert not look.gradients
    assert look.biases == ()
    assert np.any(look.slopes[rule])


@pytest.mark.parametrize("size", [1, 3])
def test_looks_do_not_depend_on_the_batch(draw, size):
    recorder = prepare(draw.residual())
    call = recorder.compile(lambda x, t: arrays(recorder.look(x, t, whole(recorder))))
    many = call(draw.images(), draw.target())
    few = call(draw.images()[:size], draw.target()[:size])
    for one, two in zip(few, many, strict=True):
        scale = max(np.abs(two).max(), 1e-12)
        np.testing.assert_allclose(one / scale, two[:size] / scale, atol=1e-5)


@pytest.mark.parametrize(
    ("pixels", "target", "message"),
    [
        (
            (5, 24, 36, 3),
            (4, 4),
            "target must have a row per image and a column per class, (5, 4), got "
            "(4, 4); give one target for each image",
        ),
        (
            (5, 24, 36, 3),
            (5, 3),
            "target must have a row per image and a column per class, (5, 4), got "
            "(5, 3); give one target for each image",
        ),
        (
            (5, 24, 36, 1),
            (5, 4),
            "pixels must have shape (n, 24, 36, 3), got (5, 24, 36, 1); prepare the "
            "model for this shape",
        ),
    ],
)
def test_a_wrong_batch_is_refused(draw, pixels, target, message):
    recorder = prepare(draw.residual())
    for ask in (recorder.look, recorder.calls):
        rest = (Wants(),) if ask == recorder.look else ()
        with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
            ask(np.zeros(pixels, np.float32), np.zeros(target, np.float32), *rest)


def test_a_target_out_of_range_is_refused():
    message = r"^target must be a class in 0\.\.3, got 4"
    with pytest.raises(ValueError, match=message):
        coefficients(np.array([0, 4, 1]), 4)


# Stock networks


STOCK = ("ResNet50", "VGG19", "DenseNet121", "EfficientNetB0", "MobileNetV2")


@pytest.mark.parametrize("name", [*STOCK, "Xception", "InceptionV3"])
def test_stock_networks_are_followed_exactly(name, draw, stock):
    """`prepare` compares the output; here the last features and CAM's identity."""
    model = stock(name)
    shape, recorder = model.input_shape[1:], prepare(model)
    last = recorder.taps[-1].name
    pixels, target = draw.images(2, shape=shape), draw.target(2)
    look = recorder.look(pixels, target, Wants((last,), (last,)))
    if name == "VGG19":
        assert recorder.base is None
        return
    (weights,) = recorder.base.weights.values()
    units = np.prod(recorder.taps[-1].size)
    expected = np.broadcast_to(
        (target @ weights.T / units)[:, None, None], look.gradients[last].shape
    )
    scale = np.abs(expected).max()
    np.testing.assert_allclose(look.gradients[last], expected, atol=1e-5 * scale)
