"""Taps follow strides and edges of the graph, not shapes and order."""

import re

import keras
import pytest
from keras import layers, ops

from hrcam.engine.keras_models.graph import affine, rectifiers, tapped
from hrcam.engine.keras_models.operations import function_name
from hrcam.engine.keras_models.readout import readout
from hrcam.engine.keras_models.recorder import prepare
from hrcam.engine.keras_models.tracing import trace

pytestmark = pytest.mark.engine

SHAPE = (64, 48, 3)

#: Where each stock network shrinks.
STOCK = {
    "ResNet50": (
        *("conv1_relu", "conv2_block3_out", "conv3_block4_out"),
        *("conv4_block6_out", "conv5_block3_out"),
    ),
    "VGG19": tuple(f"block{k}_conv{n}" for k, n in enumerate((2, 2, 4, 4, 4), 1)),
    "DenseNet121": ("conv1_relu", "pool2_conv", "pool3_conv", "pool4_conv", "relu"),
    "EfficientNetB0": (
        *("block2a_expand_activation", "block3a_expand_activation"),
        *("block4a_expand_activation",),
        *("block6a_expand_activation", "top_activation"),
    ),
    "MobileNetV2": (
        *("block_1_expand_relu", "block_3_expand_relu", "block_6_expand_relu"),
        *("block_13_expand_relu", "out_relu"),
    ),
}


def found(model, shape=SHAPE, names=None):
    graph = trace(model, shape)
    return list(tapped(graph, readout(graph).tensor, names))


@pytest.mark.parametrize("name", STOCK)
def test_stock_networks_are_tapped_where_they_shrink(stock, name):
    model = stock(name)
    assert tuple(found(model, model.input_shape[1:])) == STOCK[name]


#: Sizes where layers are numbered by Keras, whatever was built before.
NUMBERED = {
    # Two branches shrink side by side: a strided shortcut and a pooling.
    "Xception": (
        *((45, 37, 64), (45, 37, 128), (23, 19, 128), (23, 19, 256), (12, 10, 256)),
        *((12, 10, 728), (6, 5, 728), (6, 5, 1024), (3, 3, 2048)),
    ),
    # Two or three branches, those that convolve first having maps of their own.
    "InceptionV3": (
        *((61, 53, 64), (28, 24, 192), (13, 11, 288), (13, 11, 96), (6, 5, 768)),
        *((6, 5, 192), (6, 5, 192), (2, 2, 2048)),
    ),
}


@pytest.mark.parametrize("name", NUMBERED)
def test_every_branch_that_shrinks_is_tapped(stock, name):
    model = stock(name)
    graph = trace(model, model.input_shape[1:])
    places = tapped(graph, readout(graph).tensor).values()
    assert tuple(graph.shapes[i][1:] for i in places) == NUMBERED[name]


def small(*steps, head=True):
    image = keras.Input(SHAPE)
    x = image
    for step in steps:
        x = step(x)
    if head:
        x = layers.Dense(4)(layers.GlobalAveragePooling2D()(x))
    return keras.Model(image, x)


def conv(name, width=3, **options):
    return layers.Conv2D(width, 3, name=name, **options)


def test_valid_convolutions_of_stride_one_do_not_shrink():
    big = layers.Conv2D(3, (33, 25), name="two")
    assert found(small(conv("one"), big, conv("three"))) == ["three"]


def test_strides_shrink_even_where_padding_adds_again():
    steps = (conv("one"), layers.ZeroPadding2D(30), conv("two", strides=2))
    assert found(small(*steps)) == ["one", "two"]


def test_padding_dropout_and_identities_are_looked_through():
    still = (layers.Dropout(0.3), layers.Activation("linear"), layers.GaussianNoise(1))
    pad = (layers.ZeroPadding2D(2), layers.Cropping2D(1))
    steps = (conv("one"), *still, *pad, layers.MaxPooling2D(), conv("two"))
    end = (layers.SpatialDropout2D(0.5), layers.Identity())
    assert found(small(*steps, *end)) == ["one", "two"]


def test_what_enlarges_is_no_down_sampling():
    steps = (
        conv("one", strides=2),
        layers.Conv2DTranspose(3, 2, strides=2, name="bigger"),
        layers.UpSampling2D(2),
        layers.MaxPooling2D(4),
        conv("two"),
    )
    enlarged, last = found(small(*steps))
    assert enlarged.startswith("up_sampling2d")
    assert last == "two"


@pytest.mark.parametrize(
    "shrink",
    [
        lambda x: x[:, ::2, 1::2],
        lambda x: ops.image.resize(x, (20, 15)),
        lambda x: ops.max_pool(x, 2),
        lambda x: ops.average_pool(x, (3, 1), strides=(2, 1)),
        layers.Resizing(20, 15),
        layers.AveragePooling2D(2),
        layers.Conv2D(3, 1, strides=(1, 2)),
    ],
)
def test_every_kind_of_down_sampling_is_seen(shrink):
    assert found(small(conv("one"), shrink, conv("two"))) == ["one", "two"]


@pytest.mark.parametrize(
    "keep", [lambda x: x[:, 20:-20, 15:-15], layers.Cropping2D((22, 16))]
)
def test_cutting_borders_off_is_no_down_sampling(keep):
    assert found(small(conv("one"), keep, conv("two"))) == ["two"]


def test_squeezed_maps_of_one_unit_are_not_tapped():
    image = keras.Input(SHAPE)
    x = conv("wide")(image)
    squeezed = layers.GlobalAveragePooling2D(keepdims=True)(x)
    squeezed = layers.Conv2D(3, 1, activation="sigmoid", name="gate")(squeezed)
    x = conv("last")(layers.Multiply()([squeezed, x]))
    x = layers.Conv2D(9, 1, name="head")(
        layers.GlobalAveragePooling2D(keepdims=True)(x)
    )
    model = keras.Model(image, layers.Dense(4)(layers.Flatten()(x)))
    assert found(model) == ["last"]


def test_the_image_is_not_tapped_though_layers_with_weights_come_first():
    first = (layers.BatchNormalization(), layers.Normalization(mean=1.0, variance=2.0))
    steps = (*first, layers.AveragePooling2D(2), conv("one", strides=2), conv("two"))
    assert found(small(*steps)) == ["two"]


def test_named_layers_come_in_the_network_s_order():
    model = small(conv("one"), conv("two"), layers.MaxPooling2D(), conv("three"))
    assert found(model, names=["three", "one", "three"]) == ["one", "three"]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("onne", "'onne', no such layer; did you mean 'one'?"),
        ("qqqq", "'qqqq', no such layer; see model.summary()"),
        ("scores", "'scores', a layer without rows and columns; see model.summary()"),
    ],
)
def test_a_layer_that_is_no_feature_map_is_refused(name, told):
    image = keras.Input(SHAPE)
    x = layers.GlobalAveragePooling2D()(conv("one")(image))
    model = keras.Model(image, layers.Dense(4, name="scores")(x))
    message = f"layer must make a feature map of the model, got {told}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        found(model, names=[name])


def test_channels_first_is_refused():
    image = keras.Input((3, 24, 36))
    x = layers.Conv2D(4, 3, data_format="channels_first", name="wide")(image)
    x = layers.GlobalAveragePooling2D(data_format="channels_first")(x)
    message = (
        "^model must have its channels last, got 'wide' with channels_first; build it "
        "with data_format='channels_last'$"
    )
    with pytest.raises(ValueError, match=message):
        found(keras.Model(image, layers.Dense(4)(x)), (3, 24, 36))


ENDS = {
    "softmax": (lambda: layers.Dense(4, activation="softmax"), ()),
    "layer": (lambda: layers.Dense(4), (layers.Softmax,)),
    "activation": (lambda: layers.Dense(4), (lambda: layers.Activation("softmax"),)),
    "ops": (lambda: layers.Dense(4), (lambda: ops.softmax,)),
    "log": (lambda: layers.Dense(4), (lambda: ops.log_softmax,)),
    "cast": (lambda: layers.Dense(4), (layers.Softmax, lambda: _double)),
}


def _double(x):
    return ops.cast(x, "float64")


@pytest.mark.parametrize("end", ENDS)
def test_logits_are_found_before_a_softmax_of_any_kind(end):
    dense, rest = ENDS[end]
    steps = [conv("one"), layers.GlobalAveragePooling2D(), dense()]
    model = small(*steps, *(make() for make in rest), head=False)
    graph = trace(model, SHAPE)
    place = readout(graph)
    assert (place.kind, place.outputs) == ("softmax", 4)
    maker = graph.maker(place.tensor)
    assert isinstance(maker.operation, layers.Dense)
    assert maker.operation.activation is keras.activations.linear


@pytest.mark.parametrize(
    ("end", "kind"),
    [
        (layers.Dense(1, activation="sigmoid"), "sigmoid"),
        (layers.Dense(1), "logits"),
        (layers.Dense(3, activation="sigmoid"), "sigmoid"),
        (layers.Dense(3, activation="tanh"), "logits"),
    ],
)
def test_one_output_counts_as_two_classes(end, kind):
    model = small(conv("one"), layers.GlobalAveragePooling2D(), end, head=False)
    assert readout(trace(model, SHAPE)).kind == kind
    assert prepare(model).classes == (2 if end.units == 1 else 3)


@pytest.mark.parametrize(
    ("step", "count"),
    [
        (layers.ReLU(), 1),
        (layers.ReLU(6.0), 1),
        (layers.ReLU(negative_slope=0.1), 0),
        (layers.LeakyReLU(), 0),
        (layers.PReLU(), 0),
        (layers.Activation("relu"), 1),
        (layers.Activation("relu6"), 1),
        (layers.Activation(layers.ReLU()), 1),
        (layers.Activation("swish"), 0),
        (layers.Conv2D(3, 1, activation="relu"), 1),
        (layers.DepthwiseConv2D(1, activation="relu6"), 1),
        (layers.SeparableConv2D(3, 1, activation="relu"), 1),
        (layers.Conv2DTranspose(3, 1, activation="relu"), 1),
        (layers.Conv2D(3, 1, activation=layers.ReLU()), 1),
        (layers.Dense(3, activation="relu"), 1),
        (ops.relu, 1),
        (ops.relu6, 1),
        (lambda x: ops.maximum(x, 0), 1),
        (lambda x: ops.maximum(x, 0.5), 0),
        (lambda x: ops.maximum(x, -x), 0),
    ],
)
def test_rectifiers_are_found_in_every_form(step, count):
    graph = trace(small(conv("one"), step), SHAPE)
    assert len(rectifiers(graph)) == count


def test_steps_with_a_bias_are_found():
    steps = (
        layers.Rescaling(0.1, -1.0),
        lambda x: x - 3.0,
        conv("one"),
        conv("two", use_bias=False),
        layers.BatchNormalization(),
        lambda x: x * 2,
    )
    graph = trace(small(*steps), SHAPE)
    kinds = [function_name(s.operation) for s in affine(graph, readout(graph).tensor)]
    assert kinds == ["rescaling", "subtract", "conv2d", "batchnormalization", "dense"]
