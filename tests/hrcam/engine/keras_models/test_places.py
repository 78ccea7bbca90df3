"""Stride and offset against measurement: where a unit's gradient comes from."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

from hrcam.capture import Geometry
from hrcam.engine.keras_models.places import geometry
from hrcam.engine.keras_models.tracing import run, trace

pytestmark = pytest.mark.engine

SIZES = ((64, 48), (63, 49))


def positive(model):
    """Give every kernel equal positive weights and every shift none: a linear net."""
    for weight in model.weights:
        kernel = len(weight.shape) > 1 or "gamma" in weight.path
        kernel = kernel or "variance" in weight.path
        fill = 1 / np.prod(weight.shape[:-1]) if len(weight.shape) > 1 else 1.0
        weight.assign(tf.fill(weight.shape, float(fill if kernel else 0.0)))
    return model


def looks_at(graph, tensor, unit):
    """Return the center of mass of a unit's derivative by the pixels."""
    size = graph.shapes[graph.image][1:]
    image = tf.ones((1, *size))
    with tf.GradientTape() as tape:
        tape.watch(image)
        maps = run(graph, {graph.image: image}, (tensor,), averaging(graph))[tensor]
        value = tf.reduce_sum(maps[0, unit[0], unit[1]])
    mass = np.abs(tape.gradient(value, image)[0].numpy()).sum(axis=-1)
    rows, columns = np.mgrid[: size[0], : size[1]]
    return (rows * mass).sum() / mass.sum(), (columns * mass).sum() / mass.sum()


def averaging(graph):
    """Return rules by which maxima become means: a maximum of equals is one of them."""

    def average(step, values):
        pool = step.operation
        mean = layers.AveragePooling2D(pool.pool_size, pool.strides, pool.padding)
        return [mean(values[step.inputs[0]])]

    kinds = layers.MaxPooling2D
    return {s.name: average for s in graph.steps if isinstance(s.operation, kinds)}


def told(found, unit):
    return tuple(
        o + s * u for o, s, u in zip(found.offset, found.stride, unit, strict=True)
    )


def stack(size, *steps):
    image = keras.Input((*size, 1))
    x = image
    for step in steps:
        x = step(x)
    model = positive(keras.Model(image, layers.GlobalAveragePooling2D()(x)))
    graph = trace(model, (*size, 1))
    return graph, graph.maker(graph.output).inputs[0]


def conv(kernel, **options):
    return layers.Conv2D(1, kernel, **options)


STACKS = {
    "same": lambda: [conv(3, padding="same")],
    "same even": lambda: [conv(4, padding="same")],
    "same stride": lambda: [conv(5, strides=2, padding="same")],
    "same even stride": lambda: [conv(4, strides=2, padding="same")],
    "same stride 3": lambda: [conv((3, 7), strides=3, padding="same")],
    "valid stride": lambda: [conv(3, strides=2)],
    "valid even": lambda: [conv(4), layers.AveragePooling2D(2)],
    "dilated": lambda: [conv(3, dilation_rate=2), conv(3, dilation_rate=3)],
    "dilated same": lambda: [conv(2, dilation_rate=3, padding="same")],
    "padded": lambda: [layers.ZeroPadding2D(3), conv(7, strides=2)],
    "padded unevenly": lambda: [
        layers.ZeroPadding2D(((0, 1), (2, 0))),
        conv(3, strides=(1, 2)),
    ],
    "cropped": lambda: [layers.Cropping2D(((3, 1), (0, 5))), conv(2, strides=2)],
    "depthwise": lambda: [layers.DepthwiseConv2D(3, strides=2, padding="same")],
    "separable": lambda: [layers.SeparableConv2D(1, 4, padding="same")],
    "pooled": lambda: [layers.AveragePooling2D(3, strides=2, padding="same"), conv(3)],
    "pooled twice": lambda: [
        layers.AveragePooling2D(2),
        layers.AveragePooling2D((3, 2)),
    ],
    "rectified": lambda: [conv(3, strides=2, activation="relu"), layers.ReLU()],
    "normalized": lambda: [conv(2, strides=2), layers.BatchNormalization()],
    "strided slice": lambda: [conv(3), lambda x: x[:, 1::3, 2::2]],
    "slice": lambda: [lambda x: x[:, 2:-3, 5:], conv(3, strides=2)],
    "functions": lambda: [
        lambda x: ops.pad(x, ((0, 0), (2, 1), (0, 3), (0, 0))),
        lambda x: ops.average_pool(x, 3, strides=2),
    ],
    "channels turned": lambda: [
        lambda x: ops.flip(x, axis=-1)[..., ::-1],
        lambda x: ops.take(x, [0], axis=-1)[..., 2:, :, :],
    ],
    "pooled function": lambda: [lambda x: ops.average_pool(x, 2), conv(3)],
}

#: Interpolations: units look at fractions of pixels, every other one differently.
SMOOTH = {
    "enlarged": lambda: [conv(3, strides=2), layers.UpSampling2D(2)],
    "enlarged smoothly": lambda: [
        layers.UpSampling2D((2, 3), interpolation="bilinear")
    ],
    "transposed": lambda: [layers.Conv2DTranspose(1, 2, strides=2)],
    "transposed same": lambda: [
        conv(3, strides=2),
        layers.Conv2DTranspose(1, 4, strides=2, padding="same"),
    ],
    "transposed odd": lambda: [layers.Conv2DTranspose(1, 3, strides=1, padding="same")],
    "resized": lambda: [layers.Resizing(32, 24)],
    "resized function": lambda: [lambda x: ops.image.resize(x, (96, 70))],
}


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", STACKS)
def test_geometry_is_where_the_gradient_comes_from(name, size):
    graph, tensor = stack(size, *STACKS[name]())
    place = geometry(graph, tensor)
    for unit in ((7, 5), (8, 6)):
        assert looks_at(graph, tensor, unit) == pytest.approx(
            told(place, unit), abs=1e-3
        )


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("name", SMOOTH)
def test_geometry_of_interpolations_is_right_on_average(name, size):
    graph, tensor = stack(size, *SMOOTH[name]())
    place = geometry(graph, tensor)
    units = [(r, c) for r in range(8, 14) for c in range(6, 12)]
    measured = np.mean([looks_at(graph, tensor, unit) for unit in units], axis=0)
    expected = np.mean([told(place, unit) for unit in units], axis=0)
    assert measured == pytest.approx(expected, abs=0.05)


@pytest.mark.parametrize("name", ["functional", "nested"])
def test_a_gate_of_one_unit_looks_everywhere_and_moves_nothing(name):
    def gate(x):
        squeezed = layers.GlobalAveragePooling2D(keepdims=True)(x)
        factors = [layers.Conv2D(2, 1, activation="sigmoid")(squeezed), x]
        return layers.Multiply()(factors if name == "functional" else factors[::-1])

    graph, tensor = stack((64, 48), layers.Conv2D(2, 4, strides=2), gate)
    assert geometry(graph, tensor) == Geometry((2.0, 2.0), (1.5, 1.5))


def branches(left, right, size=(64, 48)):
    return stack(size, lambda x: layers.Add()([left(x), right(x)]))


def test_geometry_goes_through_branches_that_agree():
    def right(x):
        return conv(1)(conv(1, strides=2)(x))

    assert geometry(*branches(conv(1, strides=2), right)) == Geometry(
        (2.0, 2.0), (0.0, 0.0)
    )


@pytest.mark.parametrize(
    "steps",
    [
        [
            lambda x: layers.Add()(
                [conv(3, strides=2, padding="same")(x), conv(1, strides=2)(x)]
            )
        ],
        [lambda x: ops.flip(x, axis=1)],
        [lambda x: x[:, ::-1]],
        [lambda x: ops.roll(x, 3, axis=2)],
        [lambda x: ops.transpose(x, (0, 2, 1, 3))],
        [layers.Resizing(20, 30, crop_to_aspect_ratio=True)],
        [lambda x: ops.reshape(x, (-1, 48, 64, 1))],
    ],
    ids=["branches", "flip", "slice", "roll", "transpose", "crop", "reshape"],
)
def test_geometry_is_unknown_where_the_graph_does_not_tell(steps):
    assert geometry(*stack((64, 48), conv(1), *steps)) is None


STOCK = {
    "ResNet50": ("conv1_relu", "conv2_block3_out", "conv3_block4_out"),
    "VGG19": ("block1_conv2", "block3_conv4"),
    "MobileNetV2": ("block_1_expand_relu", "block_6_expand_relu"),
    "DenseNet121": ("conv1_relu", "pool3_conv"),
}


@pytest.mark.parametrize("name", STOCK)
def test_the_taps_of_stock_networks_look_where_it_is_said(name):
    """On a net whose every path is positive and that pools by averaging."""
    side = (192, 160, 3)
    make = getattr(keras.applications, name)
    model = make(weights=None, input_shape=side, include_top=False)
    pooled = layers.GlobalAveragePooling2D()(model.output)
    graph = trace(positive(keras.Model(model.input, pooled)), side)
    places = {s.name: s.outputs[0] for s in graph.steps}
    for layer in STOCK[name]:
        place = geometry(graph, places[layer])
        rows, columns = graph.shapes[places[layer]][1:3]
        unit = rows // 2, columns // 2
        found = looks_at(graph, places[layer], unit)
        assert found == pytest.approx(told(place, unit), abs=0.02 * place.stride[0])
