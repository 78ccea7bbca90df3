"""The last stride taken out: old units keep their values, new ones lie between."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from hrcam.engine.keras_models.recorder import prepare
from hrcam.engine.probe import Wants
from hrcam.engine.variants import destrided
from hrcam.engine.variants.shifting import Repeat, Shift, Stitch
from hrcam.engine.variants.stitching import last_stage, stitched

pytestmark = pytest.mark.engine

SIZES = ((24, 36), (25, 39), (27, 22))


def conv(width, kernel=3, **how):
    return layers.Conv2D(width, kernel, **{"padding": "same", **how})


def plain(x):
    x = layers.MaxPooling2D()(layers.ReLU()(conv(4)(x)))
    x = layers.MaxPooling2D()(layers.ReLU()(conv(5)(x)))
    return layers.ReLU()(conv(7)(layers.ReLU()(conv(6)(x))))


def displaced(x):
    """With `same` padding at an even size the branches look at different places."""
    x = layers.MaxPooling2D()(layers.ReLU()(conv(4)(x)))
    y = layers.ReLU()(conv(5, strides=2)(x))
    x = layers.Add()([conv(5)(y), conv(5, 1, strides=2)(x)])
    return layers.ReLU()(x)


def pooling_behind(x):
    x = layers.ReLU()(conv(4, strides=2)(x))
    x = layers.AveragePooling2D(3, strides=2, padding="same")(x)
    x = layers.Concatenate()(
        [layers.MaxPooling2D(3, strides=1, padding="same")(x), conv(3)(x)]
    )
    return layers.ReLU()(conv(6)(x))


def squeezed(x):
    """A mean over the map weights the channels, as in EfficientNet."""
    x = layers.ReLU()(conv(4, strides=2)(x))
    early = layers.Dense(6, activation="sigmoid")(layers.GlobalAveragePooling2D()(x))
    x = layers.ReLU()(conv(6, strides=2)(layers.ZeroPadding2D(((0, 1), (1, 0)))(x)))
    late = layers.GlobalAveragePooling2D(keepdims=True)(x)
    x = layers.Multiply()([x, conv(6, 1, activation="sigmoid")(late)])
    x = layers.Multiply()([x, layers.Reshape((1, 1, 6))(early)])
    return keras.ops.einsum("nhwc,nc->nhwc", x, early)


def sliced(x):
    x = layers.ReLU()(conv(4)(x))
    return layers.ReLU()(conv(5)(x[:, ::2, ::2]))


def uneven(x):
    x = layers.ReLU()(conv(4, strides=2)(x))
    return layers.ReLU()(conv(5)(conv(5, 5, strides=(3, 2))(x)))


NETS = (plain, displaced, pooling_behind, squeezed, sliced, uneven)


def build(body, size=SIZES[0], classes=4):
    image = keras.Input((*size, 3))
    pooled = layers.GlobalAveragePooling2D()(body(image * (1 / 128) - 1.0))
    return keras.Model(image, layers.Dense(classes)(pooled), name=body.__name__)


def features(recorder, pixels, target=None):
    pixels = keras.ops.convert_to_tensor(pixels)
    last = recorder.taps[-1].name
    if target is None:
        aim = np.zeros((len(pixels), recorder.classes), np.float32)
        return np.asarray(recorder.look(pixels, aim, Wants((last,))).features[last])
    return recorder.look(pixels, target, Wants((last,), (last,)))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("body", NETS)
def test_old_units_keep_their_values_everywhere(body, size, draw):
    recorder = prepare(draw.randomized(build(body, size)))
    finer = destrided(recorder)
    pixels = draw.images(5, shape=(*size, 3))
    old, new = features(recorder, pixels), features(finer, pixels)
    down, right = last_stage(
        recorder.graph, recorder.places[recorder.taps[-1].name]
    ).factors
    assert (down, right) == ((3, 2) if body is uneven else (2, 2))
    assert new.shape[1:3] == (down * old.shape[1], right * old.shape[2])
    assert np.ptp(old) > 0.1
    np.testing.assert_allclose(new[:, ::down, ::right], old, rtol=1e-5, atol=1e-6)
    assert finer.taps[-1].size == new.shape[1:3]
    assert [t.name for t in finer.taps] == [t.name for t in recorder.taps]
    assert finer.taps[:-1] == recorder.taps[:-1]


#: By net, how far apart units of the last stage's input look, in pixels.
MOVES = {plain: 2, displaced: 2, pooling_behind: 2, sliced: 1, uneven: 2}


@pytest.mark.parametrize("body", MOVES)
def test_new_units_are_the_old_ones_of_an_image_that_has_moved(body, draw):
    recorder = prepare(draw.randomized(build(body, (72, 96))))
    finer, move = destrided(recorder), MOVES[body]
    pixels = draw.images(2, shape=(72, 96, 3))
    down, right = (3, 2) if body is uneven else (2, 2)
    moved = np.roll(pixels, (-move, -move), axis=(1, 2))
    new, other = features(finer, pixels), features(recorder, moved)
    inner = (slice(None), slice(4, -5), slice(4, -5))  # away from the border
    assert np.ptp(other[inner]) > 0.01
    np.testing.assert_allclose(
        new[:, 1::down, 1::right][inner], other[inner], rtol=1e-4, atol=1e-5
    )


def test_inside_it_is_the_dilated_network(draw):
    image = keras.Input((24, 36, 3))
    first, *rest = [conv(k, activation="relu") for k in (4, 6, 7)]
    x = layers.MaxPooling2D()(first(image))
    for layer in rest:
        x = layer(x)
    dense = layers.Dense(3)(layers.GlobalAveragePooling2D()(x))
    model = draw.randomized(keras.Model(image, dense))
    holes = [conv(k, activation="relu", dilation_rate=2) for k in (6, 7)]
    x = layers.MaxPooling2D(2, strides=1)(first(image))
    for layer in holes:
        x = layer(x)
    dilated = keras.Model(image, x)
    for layer, old in zip(holes, rest, strict=True):
        layer.set_weights(old.get_weights())
    pixels = draw.images(3, shape=(24, 36, 3)) / 128
    found = features(destrided(prepare(model)), pixels)
    expected = np.asarray(dilated(pixels))
    # The border: the image's last row and column stand twice, 2 rows per convolution.
    np.testing.assert_allclose(
        found[:, :19, :31], expected[:, :19, :31], rtol=1e-4, atol=1e-4
    )


def test_the_logits_are_those_of_the_finer_map(draw):
    recorder = prepare(draw.residual())
    finer = destrided(recorder)
    look = features(finer, draw.images(), draw.target())
    last = finer.taps[-1].name
    pooled = np.asarray(look.features[last]).mean(axis=(1, 2))
    expected = pooled @ finer.base.weights[last] + finer.base.bias
    np.testing.assert_allclose(look.logits, expected, rtol=1e-4, atol=1e-4)
    units = np.prod(finer.taps[-1].size)
    expected = draw.target() @ finer.base.weights[last].T / units
    slopes = np.broadcast_to(expected[:, None, None], look.gradients[last].shape)
    np.testing.assert_allclose(look.gradients[last], slopes, rtol=1e-4, atol=1e-6)


def test_a_head_on_two_maps_of_the_last_stage_sees_both_finer(draw):
    image = keras.Input((24, 36, 3))
    one = layers.ReLU()(conv(4)(layers.MaxPooling2D()(conv(4)(image))))
    two = layers.ReLU(name="two")(conv(5)(one))
    pooled = [layers.GlobalAveragePooling2D()(x) for x in (one, two)]
    logits = layers.Dense(4)(layers.Concatenate()(pooled))
    recorder = prepare(draw.randomized(keras.Model(image, logits)))
    finer = destrided(recorder)
    pixels = draw.images(5, shape=(24, 36, 3))
    old, new = features(recorder, pixels), features(finer, pixels)
    np.testing.assert_allclose(new[:, ::2, ::2], old, rtol=1e-5, atol=1e-5)
    assert features(finer, pixels, draw.target()).logits.shape == (5, 4)


def test_the_network_stays_as_it_was(draw):
    model = draw.residual()
    weights, answer = model.get_weights(), np.asarray(model(draw.images()))
    counts = [(len(x._inbound_nodes), len(x._outbound_nodes)) for x in model.operations]
    recorder = prepare(model)
    steps = [s.name for s in recorder.graph.steps]
    destrided(recorder)
    assert [s.name for s in recorder.graph.steps] == steps
    assert counts == [
        (len(x._inbound_nodes), len(x._outbound_nodes)) for x in model.operations
    ]
    np.testing.assert_array_equal(answer, model(draw.images()))
    for one, other in zip(weights, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 4), st.integers(1, 3))
@settings(max_examples=25)
def test_stitching_undoes_shifting(down, right, rows, columns):
    shape = (2, down * rows, right * columns, 3)
    maps = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    shifted = Shift((down, right))(maps)
    assert shifted.shape == (2 * down * right, *shape[1:])
    np.testing.assert_array_equal(shifted[:2], maps)
    back = Stitch((down, right))(shifted[:, ::down, ::right])
    np.testing.assert_array_equal(back, maps)


def test_shifts_by_hand():
    maps = np.arange(6, dtype=np.float32).reshape(1, 2, 3, 1)
    shifted = np.asarray(Shift((1, 2))(maps))[..., 0]
    np.testing.assert_array_equal(
        shifted, [[[0, 1, 2], [3, 4, 5]], [[1, 2, 2], [4, 5, 5]]]
    )
    repeated = np.asarray(Repeat((2, 1))(np.float32([[1, 2], [3, 4]])))
    np.testing.assert_array_equal(repeated, [[1, 2], [3, 4], [1, 2], [3, 4]])


def refused(body):
    recorder = prepare(build(body))
    with pytest.raises(ValueError) as error:  # noqa: PT011  whole messages below
        stitched(recorder.graph, recorder.places[recorder.taps[-1].name])
    return str(error.value)


def test_a_network_without_down_sampling_is_refused():
    assert refused(lambda x: conv(3)(x)) == (
        "network must shrink its feature maps to have a stride removed, got none"
    )


def test_a_way_around_the_last_stage_is_refused():
    def around(x):
        y = layers.MaxPooling2D()(conv(4)(x))
        return layers.Concatenate()([layers.UpSampling2D()(y), x])

    assert refused(around).startswith(
        "network must enter its last stage by down-sampling only to have a stride "
        "removed, got a map of 24 x 36 at 'concatenate"
    )


def test_a_head_that_needs_the_old_size_is_refused():
    image = keras.Input((24, 36, 3))
    x = conv(3)(layers.MaxPooling2D()(conv(4)(image)))
    model = keras.Model(image, layers.Dense(3)(layers.Flatten()(x)))
    with pytest.raises(
        ValueError,
        match=r"^network must take feature maps of another size behind its last stage "
        r"to have a stride removed, got: ",
    ):
        destrided(prepare(model))
