"""Asking a network again: the same numbers as a look, in pieces, only the tail."""

import re

import keras
import numpy as np
import pytest
from keras import layers

from hrcam.capture import Calls
from hrcam.engine.keras_models import steps
from hrcam.engine.keras_models.calls import FEW
from hrcam.engine.keras_models.recorder import prepare
from hrcam.engine.pooling import batch_size
from hrcam.engine.probe import Wants

pytestmark = pytest.mark.engine

NAMES = ("wide", "middle", "last")


@pytest.fixture(scope="module")
def recorder(draw):
    return prepare(draw.residual(), layers=NAMES)


@pytest.fixture(scope="module")
def asked(recorder, draw):
    return recorder.calls(draw.images(), draw.target(), 7)


@pytest.fixture(scope="module")
def look(recorder, draw):
    wants = Wants(NAMES, NAMES, ("plain", "guided", "deconvnet"))
    found = vars(recorder.look(draw.images(), draw.target(), wants))
    return keras.tree.map_structure(np.asarray, {**found, "biases": ()})


@pytest.fixture(scope="module")
def logits(look, draw):
    return (look["logits"] * draw.target()).sum(axis=1)


ROWS = {
    "none": [],
    "one": [3],
    "some": [4, 0, 0, 2, 1, 4],
    "many": list(np.random.default_rng(0).integers(0, 5, 70)),
}


@pytest.fixture(params=ROWS)
def rows(request):
    return np.array(ROWS[request.param], dtype=np.int64)


def test_it_is_what_methods_may_ask(asked):
    assert isinstance(asked, Calls)
    assert asked.limit == 7


def test_responses_are_target_logits_whatever_the_number(asked, rows, logits, draw):
    found = asked.responses(draw.images()[rows], rows)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, logits[rows], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("rule", ["plain", "guided", "deconvnet"])
def test_slopes_are_those_of_a_look(asked, rows, rule, look, draw):
    found = asked.slopes(draw.images()[rows], rows, rule)
    assert found.shape == (len(rows), 24, 36, 3)
    scale = np.abs(look["slopes"][rule]).max()
    np.testing.assert_allclose(found, look["slopes"][rule][rows], atol=1e-5 * scale)


@pytest.mark.parametrize("layer", NAMES)
def test_tails_of_the_layer_s_own_features_are_the_full_pass(
    asked, layer, rows, look, logits
):
    found = asked.tails(layer, look["features"][layer][rows], rows)
    np.testing.assert_allclose(found, logits[rows], rtol=1e-4, atol=1e-5)


def test_tails_change_as_the_rest_of_the_model_says(asked, look, draw, recorder):
    """The shortcut around the layer's convolutions stays that of the image."""
    model, rng = recorder.network, np.random.default_rng(3)
    rows = np.array([2, 0, 4])
    changed = look["features"]["middle"][rows] * rng.random((3, 1, 1, 7), np.float32)
    tail = keras.Model(model.get_layer("middle").output, model.layers[-2].output)
    weights, bias = model.layers[-1].get_weights()
    expected = (np.asarray(tail(changed)) @ weights + bias) * draw.target()[rows]
    found = asked.tails("middle", changed, rows)
    np.testing.assert_allclose(found, expected.sum(axis=1), rtol=1e-4)


def bypassed():
    """Build a net in which a layer is bypassed by the image's other path."""
    image = keras.Input((24, 36, 3))
    main = layers.Conv2D(4, 3, padding="same", activation="relu", name="main")(image)
    side = layers.Conv2D(4, 5, padding="same", activation="relu", name="side")(image)
    x = layers.Multiply()([main, side])
    x = layers.Conv2D(5, 3, activation="relu", name="last")(x)
    return keras.Model(image, layers.Dense(4)(layers.GlobalAveragePooling2D()(x)))


def test_what_bypasses_the_layer_is_that_of_the_image_in_the_row(draw):
    model, pixels, target = draw.randomized(bypassed()), draw.images(), draw.target()
    recorder = prepare(model, layers=["main", "last"])
    rows = np.array([4, 1, 1])
    changed = np.random.default_rng(0).random((3, 24, 36, 4), np.float32)
    parts = {x.name: x for x in model.layers}
    features = changed * np.asarray(parts["side"](pixels[rows]))
    pooled = np.asarray(parts["last"](features)).mean(axis=(1, 2))
    weights, bias = model.layers[-1].get_weights()
    expected = ((pooled @ weights + bias) * target[rows]).sum(axis=1)
    found = recorder.calls(pixels, target).tails("main", changed, rows)
    np.testing.assert_allclose(found, expected, rtol=1e-4)


@pytest.mark.parametrize(("layer", "most"), [("last", 4), ("middle", 9)])
def test_only_what_follows_the_layer_is_computed(recorder, layer, most, look):
    place, image = recorder.places[layer], recorder.graph.image
    done = steps.needed(recorder.graph, {place, image}, {recorder.readout.tensor})
    assert 0 < len(done) <= most
    counted = []

    def count(step, values):
        counted.append(step.name)
        return step.compute(values)

    rules = {s.name: count for s in recorder.graph.steps}
    given = {place: look["features"][layer], image: None}
    recorder.run(given, (), rules)
    assert counted == [s.name for s in done]
    assert not {"scaled", "wide/linear"} & set(counted)


@pytest.mark.parametrize("count", [0, 3])
def test_looks_take_another_size(asked, recorder, draw, count):
    pixels = draw.images(count, shape=(30, 41, 3))
    rows = np.array([4, 0, 2])[:count]
    features, gradients = asked.looks(pixels, rows, ("wide", "last"))
    assert features["wide"].shape == (count, 30, 41, 5)
    assert gradients["last"].shape == (count, 8, 10, 8)
    if not count:
        return
    other = prepare(recorder.network, (30, 41, 3), ["wide", "last"])
    names = ("wide", "last")
    expected = other.look(pixels, draw.target()[rows], Wants(names, names))
    for name in names:
        np.testing.assert_allclose(features[name], expected.features[name], atol=1e-4)
        np.testing.assert_allclose(gradients[name], expected.gradients[name], atol=1e-6)


def test_looks_at_the_own_size_are_looks(asked, look, draw):
    rows = np.array([1, 3])
    features, gradients = asked.looks(draw.images()[rows], rows, NAMES)
    for name in NAMES:
        np.testing.assert_allclose(
            features[name], look["features"][name][rows], atol=1e-4
        )
        np.testing.assert_allclose(
            gradients[name], look["gradients"][name][rows], atol=1e-6
        )


def test_what_is_compiled_is_kept_for_the_next_batch(draw):
    recorder = prepare(draw.residual())
    for count in (5, 5, 3):
        asked = recorder.calls(draw.images(count), draw.target(count))
        asked.responses(draw.images(count), np.arange(count))
    (call,) = recorder.functions.values()
    assert call.experimental_get_tracing_count() == 2  # pieces of 16 and 4


def test_pieces_have_few_sizes(recorder, draw):
    sizes, whole = [], batch_size((24, 36))
    asked = recorder.calls(draw.images(), draw.target())

    def watch(pixels, _):
        sizes.append(len(pixels))
        return pixels[:, 0, 0, 0]

    recorder.functions["watched", (24, 36, 3)] = watch
    for count in (0, 1, 2, 5, 16, 17, 63, 64, 65, 200):
        rows = np.zeros(count, np.int64)
        asked._pieces("watched", watch, (draw.images()[rows],), rows)
    assert set(sizes) == {*FEW, whole}
    assert sizes == [1, 1, 4, 16, 16, *[64] * 3, *[64] * 2, *[64] * 4]


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (
            lambda a, x: a.responses(x[:2], np.arange(3)),
            "rows must name an image for each of the 2 inputs, got 3; repeat the "
            "image's row",
        ),
        (
            lambda a, x: a.responses(x[:, :-1], np.arange(5)),
            "inputs must have shape (m, 24, 36, 3), got (5, 23, 36, 3); only looks "
            "take another size",
        ),
        (
            lambda a, x: a.tails("last", x, np.arange(5)),
            "inputs must have shape (m, 6, 9, 8), got (5, 24, 36, 3); only looks take "
            "another size",
        ),
    ],
)
@pytest.mark.usefixtures("unchecked")
def test_inputs_of_another_shape_are_refused(asked, draw, ask, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        ask(asked, draw.images())
