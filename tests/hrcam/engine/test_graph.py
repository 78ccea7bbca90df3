import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from hrcam.capture import Geometry
from hrcam.engine.graph import base_head, geometry, tapped
from hrcam.engine.networks import Plan, build

pytestmark = pytest.mark.engine

SIZE = (64, 48)


def looks_at(model, tensor, unit):
    """Find where a unit looks: the center of mass of its gradient, ones for weights."""
    for weight in model.weights:
        weight.assign(tf.ones_like(weight))
    probe = keras.Model(model.inputs[0], tensor)
    image = tf.ones((1, *SIZE, 1))
    with tf.GradientTape() as tape:
        tape.watch(image)
        value = probe(image)[0, unit[0], unit[1], 0]
    mass = np.abs(tape.gradient(value, image)[0, :, :, 0].numpy())
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    return (rows * mass).sum() / mass.sum(), (columns * mass).sum() / mass.sum()


def stack(*steps):
    image = keras.Input((*SIZE, 1))
    x = image
    for step in steps:
        x = step(x)
    return keras.Model(image, x)


@pytest.mark.parametrize(
    "steps",
    [
        [layers.Conv2D(1, 3, padding="same")],
        [layers.Conv2D(1, 5, strides=2, padding="same")],
        [layers.Conv2D(1, 3, strides=2, padding="valid")],
        [layers.Conv2D(1, 4, padding="valid"), layers.AveragePooling2D(2)],
        [layers.Conv2D(1, 3, dilation_rate=2, padding="valid")],
        [layers.ZeroPadding2D(3), layers.Conv2D(1, 7, strides=2)],
        [layers.ZeroPadding2D(((0, 1), (2, 0))), layers.Conv2D(1, 3, strides=(1, 2))],
        [layers.DepthwiseConv2D(3, strides=2, padding="same"), layers.ReLU()],
        [layers.AveragePooling2D(3, strides=2, padding="same"), layers.Conv2D(1, 3)],
    ],
    ids=lambda steps: "-".join(step.name for step in steps),
)
def test_geometry_is_where_the_gradient_comes_from(steps):
    model = stack(*steps)
    unit = (7, 5)
    found = geometry(model.outputs[0])
    expected = tuple(
        o + s * u for o, s, u in zip(found.offset, found.stride, unit, strict=True)
    )
    assert looks_at(model, model.outputs[0], unit) == pytest.approx(expected, abs=1e-3)


def test_geometry_goes_through_branches_that_agree():
    image = keras.Input((*SIZE, 1))
    left = layers.Conv2D(2, 1, strides=2)(image)
    right = layers.Conv2D(2, 1)(layers.Conv2D(2, 1, strides=2)(image))
    assert geometry(layers.Add()([left, right])) == Geometry((2.0, 2.0), (0.0, 0.0))


def test_geometry_is_unknown_where_branches_disagree():
    image = keras.Input((*SIZE, 1))
    left = layers.Conv2D(2, 3, strides=2, padding="same")(image)
    right = layers.Conv2D(2, 1, strides=2)(image)
    assert geometry(layers.Add()([left, right])) is None


def test_geometry_is_unknown_behind_an_operation_that_moves_pixels():
    image = keras.Input((*SIZE, 1))
    assert geometry(layers.Resizing(20, 20)(layers.Conv2D(2, 3)(image))) is None


def test_the_compact_network_is_tapped_before_each_pooling_and_at_the_end():
    found = tapped(build("compact", Plan((*SIZE, 1), 2, 100.0, 900.0)))
    assert list(found) == [f"stage{k}" for k in range(1, 6)]
    assert [geometry(x).stride[0] for x in found.values()] == [1, 2, 4, 8, 16]
    # half-pixel: units of a 2 x 2 pooled network lie in the middle of their share
    assert [geometry(x).offset[1] for x in found.values()] == [0, 0.5, 1.5, 3.5, 7.5]


def test_resnet_is_tapped_where_it_shrinks_and_its_units_look_at_multiples():
    found = tapped(build("resnet50", Plan((*SIZE, 1), 3, 100.0, 900.0)))
    assert list(found) == [
        "conv1_relu",
        "conv2_block3_out",
        "conv3_block4_out",
        "conv4_block6_out",
        "conv5_block3_out",
    ]
    assert [geometry(x).stride[0] for x in found.values()] == [2, 4, 8, 16, 32]
    assert all(geometry(x).offset == (0, 0) for x in found.values())


def test_squeezed_maps_of_one_pixel_are_not_tapped():
    image = keras.Input((*SIZE, 1))
    x = layers.Conv2D(4, 3, padding="same", name="wide")(image)
    squeezed = layers.Conv2D(4, 1)(layers.GlobalAveragePooling2D(keepdims=True)(x))
    scaled = layers.Multiply()([x, squeezed])
    x = layers.Conv2D(4, 3, padding="same", name="last")(scaled)
    assert list(tapped(keras.Model(image, x))) == ["last"]


def test_a_model_without_feature_maps_is_refused():
    image = keras.Input((8,))
    model = keras.Model(image, layers.Dense(2)(image), name="flat")
    with pytest.raises(ValueError, match="feature map, got none in 'flat'"):
        tapped(model)


def test_a_model_with_another_head_is_refused():
    image = keras.Input((*SIZE, 1))
    flat = layers.Flatten(name="flat")(layers.Conv2D(2, 3)(image))
    logits = layers.Dense(2, name="logits")(flat)
    model = keras.Model(image, layers.Softmax(name="end")(logits))
    with pytest.raises(ValueError, match="got flat > logits > end"):
        base_head(model)
