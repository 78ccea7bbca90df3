"""Feature inversion: what is minimized, how, and that it finds what layers keep."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from skimage.metrics import structural_similarity

from hrcam.engine.inversion.likeness import CHANGE, Aim, C, look, objective
from hrcam.engine.inversion.scales import together, widths
from hrcam.engine.inversion.searching import MEMORY, MOMENTUM, NOISE, RATE, invert
from hrcam.engine.keras_models.recorder import prepare
from hrcam.enlargement import enlarge

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def small(draw):
    return prepare(draw.residual())


@pytest.fixture(scope="module")
def trained(recorder, data):
    images = data[0][:5].astype(np.float32)[..., None]
    return images, invert(recorder, images, steps=150)


def aim_of(recorder, layer, pixels):
    low, high = (f(pixels, axis=(1, 2, 3), keepdims=True) for f in (np.min, np.max))
    features = look(recorder, layer, tf.constant(pixels))
    return Aim(features, (low + high) / 2, (high - low) / 2)


def slow_objective(recorder, layer, x, pixels):
    """The published terms, value by value."""
    aim = aim_of(recorder, layer, pixels)
    shown = np.asarray(aim.features, np.float64)
    found = np.asarray(look(recorder, layer, tf.constant(aim.middle + aim.reach * x)))
    losses, errors = [], []
    for n, image in enumerate(x.astype(np.float64)):
        error = ((found[n] - shown[n]) ** 2).sum() / (shown[n] ** 2).sum()
        rows, columns, channels = image.shape
        prior = 0.0
        for i in range(rows):
            for j in range(columns):
                for c in range(channels):
                    value = image[i, j, c]
                    prior += value**6
                    if i + 1 < rows:
                        prior += ((image[i + 1, j, c] - value) / CHANGE) ** 2
                    if j + 1 < columns:
                        prior += ((image[i, j + 1, c] - value) / CHANGE) ** 2
        losses.append(error + prior / image.size / C)
        errors.append(error)
    return losses, errors


@pytest.mark.parametrize("layer", ["wide", "last"])
def test_the_objective_is_the_published_one(small, draw, layer):
    pixels = draw.images(3)
    x = np.random.default_rng(5).uniform(-1, 1, pixels.shape).astype(np.float32)
    found = objective(small, layer, tf.constant(x), aim_of(small, layer, pixels))
    expected = slow_objective(small, layer, x, pixels)
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_the_image_itself_has_no_feature_error(small, draw):
    pixels = draw.images(3)
    aim = aim_of(small, "middle", pixels)
    x = tf.constant((pixels - aim.middle) / aim.reach)
    assert np.abs(objective(small, "middle", x, aim)[1]).max() < 1e-10


def test_steps_are_adam_s(small, draw):
    pixels = draw.images(2)
    steps, sizes = 3, widths(pixels.shape[1:3])
    noise = np.random.default_rng(0).uniform(-0.1, 0.1, pixels.shape[1:])
    parts = [tf.Variable(np.broadcast_to(noise, pixels.shape).astype("f4"))]
    parts += [tf.Variable(tf.zeros((2, *s, 3))) for s in sizes[1:]]
    aim = aim_of(small, "middle", pixels)
    optimizer = keras.optimizers.Adam(beta_1=MOMENTUM, beta_2=MEMORY, epsilon=1e-12)
    losses = []
    for step in range(steps):
        optimizer.learning_rate = RATE * (1 + math.cos(math.pi * step / steps)) / 2
        with tf.GradientTape() as tape:
            loss = objective(small, "middle", together(parts, sizes), aim)[0]
            total = tf.reduce_sum(loss)
        losses.append(loss.numpy())
        optimizer.apply_gradients(zip(tape.gradient(total, parts), parts, strict=True))
    expected = aim.middle + aim.reach * np.asarray(together(parts, sizes))
    assert np.abs(np.asarray(together(parts, sizes))).max() < 1  # nothing was cut
    found = invert(small, pixels, ["middle"], steps)["middle"]
    np.testing.assert_allclose(found.losses[:-1], losses, rtol=1e-4)
    np.testing.assert_allclose(found.images, expected, rtol=1e-3, atol=0.05)


def test_the_loss_falls_and_the_first_layer_keeps_nearly_everything(trained):
    images, found = trained
    for layer in found.values():
        assert layer.losses.shape == (151, 5)
        assert (layer.losses[-1] < 0.5 * layer.losses[0]).all()
        ends = layer.losses[-20:]
        assert (ends[-1] <= 1.001 * ends[0]).all()
    first = next(iter(found.values()))
    assert first.errors.max() < 0.1
    assert np.abs(first.images - images).mean() < 0.05 * np.ptp(images)


def test_deeper_layers_keep_less(trained):
    images, found = trained
    likeness = [
        np.mean(
            [
                structural_similarity(a[..., 0], b[..., 0], data_range=np.ptp(a))
                for a, b in zip(images, layer.images, strict=True)
            ]
        )
        for layer in found.values()
    ]
    assert likeness[0] > 0.9
    assert likeness[-1] < 0.5
    assert likeness[0] > likeness[len(likeness) // 2] > likeness[-1]


def test_errors_are_those_of_the_images(recorder, trained):
    images, found = trained
    for name, layer in found.items():
        ours, theirs = (
            np.asarray(look(recorder, name, tf.constant(x)))
            for x in (layer.images, images)
        )
        axes = (1, 2, 3)
        expected = ((ours - theirs) ** 2).sum(axes) / (theirs**2).sum(axes)
        np.testing.assert_allclose(layer.errors, expected**0.5, rtol=1e-2)


def test_inversions_stay_in_the_image_s_range_and_can_be_repeated(small, draw):
    pixels = draw.images(3)
    pixels[1] = pixels[1] / 4 + 60
    one, same = (invert(small, pixels, steps=12, seed=3) for _ in range(2))
    other = invert(small, pixels, steps=12, seed=4)
    alone = invert(small, pixels[1:2], steps=12, seed=3)
    assert list(one) == [tap.name for tap in small.taps]
    for name, layer in one.items():
        for image, shown in zip(layer.images, pixels, strict=True):
            assert image.min() >= shown.min()
            assert image.max() <= shown.max()
        np.testing.assert_array_equal(layer.images, same[name].images)
        assert np.abs(layer.images - other[name].images).max() > 0.1
        np.testing.assert_allclose(alone[name].images[0], layer.images[1], atol=0.5)


def test_a_constant_image_is_found_at_once(small):
    pixels = np.full((1, 24, 36, 3), 70, np.float32)
    found = invert(small, pixels, ["wide"], steps=3)["wide"]
    np.testing.assert_array_equal(found.images, pixels)
    assert found.errors.max() < 1e-6


def test_a_dead_layer_has_no_relative_error(draw):
    image = keras.Input((24, 36, 3))
    dead = layers.Conv2D(4, 3, activation="relu", bias_initializer="ones", name="dead")
    x = layers.GlobalAveragePooling2D()(dead(image))
    model = keras.Model(image, layers.Dense(3)(x))
    dead.set_weights([np.zeros((3, 3, 3, 4)), -np.ones(4)])
    found = invert(prepare(model), draw.images(2), steps=4)["dead"]
    assert np.isnan(found.errors).all()
    assert np.isfinite(found.images).all()
    assert np.isfinite(found.losses).all()


def test_progress_is_told_layer_by_layer(small, draw):
    told = []
    invert(small, draw.images(1), ["last", "wide"], steps=1, progress=told.append)
    assert told == [1, 1]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"layers": ["wild"]}, "layers must be among wide, middle, last, got 'wild'"),
        ({"steps": 0}, "steps must be at least 1, got 0"),
    ],
)
def test_what_cannot_be_inverted_is_refused(small, draw, asked, message):
    names = ", ".join(tap.name for tap in small.taps)
    with pytest.raises(ValueError) as error:  # noqa: PT011  the whole message
        invert(small, draw.images(1), **asked)
    assert str(error.value) == message.replace("wide, middle, last", names)


def test_scales_add_up_enlarged():
    rng = np.random.default_rng(0)
    sizes = widths((25, 36))
    assert sizes == [(25, 36), (13, 18), (7, 9), (4, 5), (2, 3)]
    parts = [rng.normal(size=(2, *s, 3)).astype(np.float32) for s in sizes]
    found = np.asarray(together(parts, sizes))
    expected = parts[0].astype(np.float64)
    for scale, part in enumerate(parts[1:], start=1):
        stride = 2**scale
        for channel in range(3):
            # Half-pixel enlargement to whole strides, then cut.
            size = tuple(stride * n for n in part.shape[1:3])
            big = enlarge(part[..., channel], size, None, "half_pixel")
            expected[..., channel] += big[:, :25, :36]
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    assert NOISE < 1
