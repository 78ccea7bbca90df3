"""Any model is followed exactly, and left as it was."""

import itertools
import threading

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops

from hrcam.engine.keras_models.recorder import prepare
from hrcam.engine.keras_models.tracing import run, trace
from hrcam.engine.probe import Wants

pytestmark = pytest.mark.engine

SHAPE = (24, 36, 3)


class Block(layers.Layer):
    """A residual block with a functional rectifier and a weight of its own."""

    def __init__(self, width, **options):
        super().__init__(**options)
        self.wide = layers.Conv2D(width, 3, padding="same", name="wide")
        self.inner = keras.Sequential(
            [layers.BatchNormalization(), layers.Conv2D(width, 1)], name="inner"
        )

    def build(self, shape):
        self.wide.build(shape)
        middle = self.wide.compute_output_shape(shape)
        self.inner.build(middle)
        self.gain = self.add_weight(shape=(1, 1, middle[-1]), name="gain")

    def call(self, x, training=None):
        assert training is False or not isinstance(x, keras.KerasTensor)
        y = ops.relu(self.wide(x))
        z = self.inner(y, training=training)
        return ops.relu(ops.exp(self.gain) * z + y / 2 - 0.25)

    def compute_output_shape(self, shape):
        return self.wide.compute_output_shape(shape)


class Net(keras.Model):
    """Subclassed: a submodel, a Sequential, blocks, keras.ops and Python operators."""

    def __init__(self, **options):
        super().__init__(**options)
        image = keras.Input(SHAPE)
        y = layers.Conv2D(4, 3, strides=2, padding="same", activation="relu")(image)
        self.stem = keras.Model(image, y, name="stem")
        self.body = keras.Sequential([Block(5), layers.MaxPooling2D(), Block(6)])
        self.classes = layers.Dense(4)

    def build(self, shape):
        self.temperature = self.add_weight(shape=(), name="temperature")
        super().build(shape)

    def call(self, x, training=None):
        x = self.body(self.stem(x / 100 - 1.0), training=training)
        logits = self.classes(ops.mean(x[:, 1:], axis=(1, 2)))
        return ops.softmax(logits * ops.exp(-self.temperature))


def stage(width, shape, name):
    image = keras.Input(shape)
    x = layers.Conv2D(width, 3, padding="same", activation="relu", name="wide")(image)
    return keras.Model(image, layers.BatchNormalization(name="normal")(x), name=name)


def nested(flat=False):
    """Two levels of submodels, or the same operations without them."""

    def body(x):
        x = stage(5, SHAPE, "first")(x)
        return layers.MaxPooling2D(name="pooled")(stage(6, (24, 36, 5), "second")(x))

    if flat:
        body = unrolled
    image, inside = keras.Input(SHAPE), keras.Input(SHAPE)
    x = body(image) if flat else keras.Model(inside, body(inside), name="body")(image)
    x = layers.GlobalAveragePooling2D()(layers.ReLU(name="last")(x))
    return keras.Model(image, layers.Dense(4, activation="softmax")(x))


def unrolled(x):
    for width in (5, 6):
        x = layers.Conv2D(width, 3, padding="same", activation="relu")(x)
        x = layers.BatchNormalization()(x)
    return layers.MaxPooling2D()(x)


def shared():
    """A submodel that is called twice, once on its own output."""
    image, twice = keras.Input(SHAPE), stage(3, SHAPE, "twice")
    once = twice(image)
    x = layers.Concatenate()([once, layers.MaxPooling2D(1)(twice(once))])
    x = layers.GlobalMaxPooling2D()(x)
    return keras.Model(image, layers.Softmax()(layers.Dense(4)(x)))


def sequential():
    return keras.Sequential(
        [
            keras.Input(SHAPE),
            layers.SeparableConv2D(4, 3, activation="relu"),
            layers.AveragePooling2D(2),
            layers.DepthwiseConv2D(3, activation="relu6", depth_multiplier=2),
            layers.Flatten(),
            layers.Dense(4),
        ]
    )


def built(model):
    model(np.zeros((1, *SHAPE), np.float32))
    return model


@pytest.fixture(scope="module")
def models(draw):
    made = {
        "functional": draw.residual(),
        "logits": draw.residual(None),
        "sigmoid": draw.residual("sigmoid", 1),
        "sequential": sequential(),
        "nested": nested(),
        "shared": shared(),
        "subclassed": built(Net()),
    }
    return {name: draw.randomized(model) for name, model in made.items()}


NAMES = ("functional", "logits", "sigmoid", "sequential", "nested", "shared")
ALL = (*NAMES, "subclassed")


def watched(model, layer, pixels, target, scores):
    """Return a layer's output and the target's gradient by it, from the model itself.

    The layer's own ``call`` is wrapped for one call of the model under a plain tape.
    """
    seen, original = [], layer.call

    def call(*args, **kwargs):
        seen.append(original(*args, **kwargs))
        return seen[-1]

    object.__setattr__(layer, "call", call)
    try:
        with tf.GradientTape() as tape:
            logits = scores(model(pixels, training=False))
            aim = tf.reduce_sum(logits * target)
        return seen[-1].numpy(), tape.gradient(aim, seen[-1]).numpy()
    finally:
        object.__delattr__(layer, "call")


@pytest.mark.parametrize("name", ALL)
def test_the_steps_give_exactly_what_the_model_gives(models, name, draw):
    model, pixels = models[name], tf.constant(draw.images())
    graph = trace(model, SHAPE)
    found = run(graph, {graph.image: pixels}, (graph.output,))[graph.output]
    np.testing.assert_array_equal(found, model(pixels, training=False))


@pytest.mark.parametrize("name", ALL)
def test_pixel_slopes_are_those_of_a_plain_tape(models, name, draw):
    """Of log probabilities, which differ from logits by a constant of the image."""
    model, recorder = models[name], prepare(models[name], SHAPE)
    pixels = tf.constant(draw.images() / 100)  # no softmax is saturated
    target = draw.target(5, recorder.classes)
    target -= target.mean(axis=1, keepdims=True)

    def logits(outputs):
        if name in ("logits", "sequential"):
            return outputs
        if name == "sigmoid":
            z = tf.math.log(outputs / (1 - outputs)) / 2
            return tf.concat([-z, z], axis=1)
        return tf.math.log(outputs)

    with tf.GradientTape() as tape:
        tape.watch(pixels)
        aim = tf.reduce_sum(logits(model(pixels, training=False)) * target)
    expected = tape.gradient(aim, pixels).numpy()
    found = recorder.look(pixels, target, Wants(slopes=("plain",))).slopes["plain"]
    np.testing.assert_allclose(found, expected, atol=2e-5 * np.abs(expected).max())


@pytest.mark.parametrize("layer", ["wide", "middle", "last"])
def test_features_and_gradients_are_those_of_the_model_itself(models, layer, draw):
    model, pixels, target = models["logits"], draw.images(), draw.target()
    features, slope = watched(
        model, model.get_layer(layer), pixels, target, lambda x: x
    )
    recorder = prepare(model, layers=["wide", "middle", "last"])
    wants = Wants((layer,), (layer,))
    look = recorder.compile(lambda x, t: vars(recorder.look(x, t, wants)))
    found = look(pixels, target)
    scale = np.abs(slope).max()
    np.testing.assert_allclose(found["features"][layer], features, atol=1e-4)
    np.testing.assert_allclose(found["gradients"][layer], slope, atol=1e-6 * scale)
    eager = recorder.look(pixels, target, wants)
    np.testing.assert_array_equal(eager.features[layer], features)
    np.testing.assert_allclose(eager.gradients[layer], slope, atol=1e-6 * scale)


def test_a_nested_model_is_what_it_is_flat(draw):
    deep, flat = draw.randomized(nested()), draw.randomized(nested(flat=True))
    pixels, target = draw.images(), draw.target()
    looks = []
    for model in (deep, flat):
        recorder = prepare(model)
        names = tuple(tap.name for tap in recorder.taps)
        look = recorder.look(pixels, target, Wants(names, names, ("guided",), True))
        looks.append((recorder, look))
    (one, deep_look), (two, flat_look) = looks
    assert [t.geometry for t in one.taps] == [t.geometry for t in two.taps]
    assert [t.name for t in one.taps] == ["normal:2", "last"]
    for part in ("features", "gradients", "slopes"):
        pairs = zip(
            getattr(deep_look, part).values(),
            getattr(flat_look, part).values(),
            strict=True,
        )
        for mine, other in pairs:
            np.testing.assert_array_equal(mine, other)
    assert len(deep_look.biases) == len(flat_look.biases)


def test_submodels_and_blocks_can_be_named(models, draw):
    recorder = prepare(models["nested"], layers=["body", "first"])
    assert [tap.name for tap in recorder.taps] == ["first", "body"]
    assert [tap.size for tap in recorder.taps] == [(24, 36), (12, 18)]
    inside = models["subclassed"]
    found = prepare(inside, SHAPE, ["stem"]).look(
        draw.images(), draw.target(), Wants(("stem",))
    )
    expected = inside.stem(draw.images() / 100 - 1)
    np.testing.assert_allclose(found.features["stem"], expected, atol=1e-6)


def test_the_same_names_are_given_at_every_trace(models):
    first, again = (trace(models["subclassed"], SHAPE) for _ in range(2))
    names = [step.name for step in first.steps]
    assert names == [step.name for step in again.steps]
    assert len(set(names)) == len(names)
    assert {"relu", "relu:2", "wide", "wide:2", "gain"} <= {
        n.split("/")[-1] for n in names
    }


@pytest.mark.parametrize("name", ALL)
def test_weights_that_change_are_seen(models, name, draw):
    model, pixels = models[name], draw.images()
    recorder = prepare(model, SHAPE)
    call = recorder.compile(lambda x, t: recorder.look(x, t, Wants()).logits)
    target = draw.target(5, recorder.classes)
    before = call(pixels, target).numpy()
    kept = model.get_weights()
    try:
        draw.randomized(model, seed=9)
        base = recorder.base
        after = call(pixels, target).numpy()
        fresh = prepare(model, SHAPE)
        own = fresh.base
        expected = fresh.look(pixels, target, Wants()).logits.numpy()
    finally:
        model.set_weights(kept)
    assert np.abs(after - before).max() > 0.1
    np.testing.assert_allclose(after, expected, rtol=1e-4, atol=1e-4)
    assert (base is None) == (own is None)
    if base is not None:
        (mine,), (other,) = base.weights.values(), own.weights.values()
        np.testing.assert_array_equal(mine, other)


def state(model):
    """Return all that must stay: by layer, the identity of every attribute."""
    every = [*model._flatten_layers()]
    inside = [o for x in every for o in getattr(x, "operations", ())]
    return {
        "weights": [w.numpy().tolist() for w in model.weights],
        "trainable": [(x.trainable, len(x.losses)) for x in every],
        "nodes": [(len(o._inbound_nodes), len(o._outbound_nodes)) for o in inside],
        "attributes": [
            {k: id(v) for k, v in vars(x).items() if k != "_losses_override"}
            for x in every
        ],
        "call": keras.layers.Layer.__call__,
        "compiled": model.compiled,
    }


@pytest.mark.parametrize("name", ALL)
def test_the_model_stays_as_it_was(models, name, draw):
    model = models[name]
    model.compile("adam", "mse", jit_compile=False)
    model.layers[1].trainable = False
    built(model)
    before = state(model)
    recorder = prepare(model, SHAPE)
    names = tuple(tap.name for tap in recorder.taps)
    wants = Wants(names, names, ("plain", "guided", "deconvnet"), True)
    target = draw.target(5, recorder.classes)
    recorder.look(draw.images(), target, wants)
    recorder.compile(lambda x, t: vars(recorder.look(x, t, wants)))(
        draw.images(), target
    )
    assert state(model) == before


def test_losses_of_layers_are_not_added_to(draw):
    image = keras.Input(SHAPE)
    busy = layers.Conv2D(4, 3, activity_regularizer="l2", kernel_regularizer="l2")
    x = layers.ActivityRegularization(0.1)(busy(image))
    model = keras.Model(image, layers.Dense(4)(layers.GlobalMaxPooling2D()(x)))
    built(model)
    before = [float(x) for x in model.losses]
    recorder = prepare(model)
    recorder.look(draw.images(), draw.target(), Wants(slopes=("plain",)))
    recorder.compile(lambda x, t: recorder.look(x, t, Wants()).logits)(
        draw.images(), draw.target()
    )
    assert [float(x) for x in model.losses] == before
    model(draw.images())
    assert len(model.losses) == len(before)


class Raw(keras.Model):
    """Raises on symbolic tensors, behind layers that have recorded their calls."""

    def __init__(self):
        super().__init__()
        self.first, self.second = layers.Conv2D(4, 3), layers.Dense(4)

    def call(self, x):
        return self.second(tf.reduce_mean(self.first(x), axis=(1, 2)))


def test_an_exception_in_the_middle_leaves_everything_as_it_was():
    model = built(Raw())
    before = state(model)
    message = (
        r"^model 'raw.*' must take images of shape \(24, 36, 3\) and be made of Keras "
        r"layers and keras\.ops, got: .*; put other code into a layer of its own$"
    )
    with pytest.raises(ValueError, match=message):
        trace(model, SHAPE)
    assert state(model) == before
    assert len(model.first._inbound_nodes) == 0


class Opaque(layers.Layer):
    """Does something that cannot be followed inside, but has a shape."""

    def call(self, x):
        return tf.nn.relu(x) + tf.reduce_mean(x, axis=(1, 2), keepdims=True)

    def compute_output_shape(self, shape):
        return shape


def test_a_layer_that_cannot_be_entered_stays_one_step(draw):
    image = keras.Input(SHAPE)
    x = Opaque(name="opaque")(layers.Conv2D(4, 3)(image))
    x = layers.Dense(4)(layers.GlobalAveragePooling2D()(x))
    model = draw.randomized(keras.Model(image, x))
    graph = trace(model, SHAPE)
    assert "opaque" in {step.name for step in graph.steps}
    found = run(graph, {graph.image: draw.images()}, (graph.output,))[graph.output]
    np.testing.assert_array_equal(found, model(draw.images()))


def test_two_threads_at_once_get_what_one_gets(models, draw):
    model, other = models["functional"], models["subclassed"]
    alone = [step.name for step in trace(model, SHAPE).steps]
    before, results, errors = state(model), [], []
    barrier = threading.Barrier(4)

    def work(task):
        try:
            barrier.wait()
            for _ in range(3):
                results.append(task())
        except Exception as error:  # noqa: BLE001  told below
            errors.append(error)

    tasks = [
        lambda: [s.name for s in trace(model, SHAPE).steps] == alone,
        lambda: [s.name for s in trace(model, SHAPE).steps] == alone,
        lambda: len(trace(other, SHAPE).steps) > 10,
        lambda: np.isfinite(model(draw.images())).all(),
    ]
    threads = [threading.Thread(target=work, args=(task,)) for task in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert all(results)
    assert state(model) == before


def test_mixed_precision_gives_single_precision_and_sane_numbers(draw):
    exact = draw.residual()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model, subclassed = draw.residual(), draw.randomized(built(Net()))
    finally:
        keras.config.set_dtype_policy("float32")
    model.set_weights(exact.get_weights())
    pixels, target = draw.images(), draw.target()
    recorder, names = prepare(model), ("wide", "last")
    wants = Wants(names, names, ("plain", "guided"), True)
    recorder = prepare(model, layers=names)
    look = recorder.look(pixels, target, wants)
    whole = prepare(exact, layers=names).look(pixels, target, wants)
    arrays = [look.logits, *look.features.values(), *look.slopes.values()]
    assert {x.dtype for x in (*arrays, *look.gradients.values())} == {tf.float32}
    for layer in names:
        mine, reference = look.features[layer].numpy(), whole.features[layer].numpy()
        assert np.abs(mine - reference).max() < 0.03 * np.abs(reference).max()
    np.testing.assert_allclose(look.logits, whole.logits, atol=0.1)
    graph = trace(subclassed, SHAPE)
    found = run(graph, {graph.image: tf.constant(pixels)}, (graph.output,))
    expected = subclassed(pixels, training=False)
    np.testing.assert_array_equal(found[graph.output], expected)


def test_a_model_of_any_size_needs_the_shape():
    image = keras.Input((None, None, 1))
    x = layers.Conv2D(4, 3, activation="relu", name="only")(image)
    x = layers.Dense(3, name="classes")(layers.GlobalAveragePooling2D()(x))
    model = keras.Model(image, x, name="open")
    message = (
        r"^shape must be given for model 'open', which takes images of \(None, None, "
        r"1\); pass the images' rows, columns, channels$"
    )
    with pytest.raises(ValueError, match=message):
        prepare(model)
    assert prepare(model, (20, 31, 1)).taps[0].size == (18, 29)
    assert prepare(model, (11, 9, 1)).taps[0].size == (9, 7)


def refused(model, message, shape=SHAPE, **options):
    with pytest.raises(ValueError, match=f"^{message}$"):
        prepare(model, shape, **options)


def test_models_that_are_no_classifiers_of_one_image_are_refused():
    one, two = keras.Input(SHAPE, name="one"), keras.Input(SHAPE, name="two")
    x = layers.Conv2D(4, 3, name="wide")(one)
    scores = layers.Dense(4)(layers.GlobalMaxPooling2D()(x))
    pair = keras.Model(
        [one, two], layers.Dense(2)(layers.Flatten()(one + two)), name="p"
    )
    refused(
        pair,
        "model 'p' must take one image, got 2 inputs; wrap it in a model that fixes "
        "the others",
    )
    refused(
        keras.Model(one, [scores, x], name="p"),
        "model 'p' must have one output, got 2; wrap it in a model that returns the "
        "class scores alone",
    )
    refused(
        keras.Model(one, x, name="p"),
        "model must give one row of class scores per image, got outputs of shape "
        r"\(None, 22, 34, 4\); pool them over the image inside the model",
    )
    refused(
        keras.Model(one, scores, name="p"),
        "images must have 3 channels for model 'p', got 1; repeat or average them",
        (24, 36, 1),
    )
    refused(
        keras.Model(one, layers.Dense(2)(layers.Flatten()(one)), name="p"),
        "model must have a convolutional feature map of more than one unit, got none "
        r"at images of \(24, 36\); give larger images or another model",
    )
    row = keras.Input((8,))
    refused(
        keras.Model(row, layers.Dense(2)(row), name="p"),
        r"model 'p' must take images \(n, h, w, c\), got inputs of shape \(None, 8\); "
        "reshape inside the model",
    )
    refused(
        keras.Sequential([layers.Conv2D(2, 3)], name="p"),
        "model 'p' must be built, got no weights; call it on an image",
    )
    refused(
        keras.Model(one, layers.Dense(2)(layers.Flatten()(x)), name="p"),
        r"model 'p' must take images of shape \(8, 8, 3\) and be made of Keras layers "
        "and keras.ops, got: .*; put other code into a layer of its own",
        (8, 8, 3),
    )


CALLS = itertools.count(1)


class Counting(layers.Layer):
    """Gives something else at every call."""

    def call(self, x):
        return x * next(CALLS)


def test_a_model_that_changes_from_call_to_call_is_refused():
    image = keras.Input(SHAPE)
    x = Counting()(layers.GlobalMaxPooling2D()(layers.Conv2D(2, 3)(image)))
    refused(
        keras.Model(image, layers.Dense(4)(x), name="p"),
        "model 'p' must give the same output whenever it is called, got a difference "
        "of .* between two calls; take out what changes from call to call",
    )


class Trained(keras.Model):
    """Normalizes by the batch, whatever it is told, and keeps weights in a list."""

    def __init__(self):
        super().__init__()
        self.conv, self.normal = layers.Conv2D(4, 3), layers.BatchNormalization()
        self.last = layers.Dense(4)

    def build(self, shape):
        self.gains = [self.add_weight(shape=(), name=f"gain{k}") for k in range(2)]
        super().build(shape)

    def call(self, x):
        x = self.normal(self.conv(x), training=True)
        x = ops.exp(self.gains[0]) * ops.relu(x) + ops.tanh(self.gains[1])
        return self.last(ops.mean(x, axis=(1, 2)))


def test_training_that_the_model_itself_asks_for_is_left_and_lists_of_weights_seen(
    draw,
):
    model = draw.randomized(built(Trained()))
    kept = [w.numpy() for w in model.normal.non_trainable_variables]
    recorder, pixels = prepare(model, SHAPE), draw.images()
    call = recorder.compile(lambda x, t: recorder.look(x, t, Wants()).logits)
    for seed in (1, 2):
        draw.randomized(model, seed)
        kept = [w.numpy() for w in model.normal.non_trainable_variables]
        found = call(pixels, draw.target())
        for before, after in zip(
            kept, model.normal.non_trainable_variables, strict=True
        ):
            np.testing.assert_array_equal(before, after)
        np.testing.assert_allclose(found, model(pixels), rtol=1e-4, atol=1e-5)
