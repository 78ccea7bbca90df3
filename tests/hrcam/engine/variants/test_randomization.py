import keras
import numpy as np
import pytest
from keras import layers

from hrcam.engine.variants.randomization import cascade
from hrcam.engine.variants.stages import leaves, stages

pytestmark = pytest.mark.engine
SHAPE = (20, 28, 2)


def convolutional():
    """Three stages with everything that a cascade must know; weights far from fresh."""
    image = keras.Input(SHAPE)
    adapted = layers.Normalization()
    adapted.adapt(np.random.default_rng(1).normal(5, 3, (4, *SHAPE)))
    x = adapted(image)
    x = layers.Conv2D(
        6, 3, padding="same", kernel_initializer=keras.initializers.HeNormal(seed=11)
    )(x)
    x = layers.BatchNormalization()(x)
    x = layers.ReLU(name="first")(x)
    x = layers.MaxPooling2D()(x)
    inner = keras.Sequential(
        [layers.SeparableConv2D(8, 3, padding="same"), layers.PReLU(name="bend")],
        name="second",
    )
    x = inner(x)
    x = layers.Conv2D(6, 3, strides=2, padding="same", name="third")(x)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Softmax()(layers.Dense(3, name="logits")(x))
    return trained(keras.Model(image, x))


def trained(model):
    rng = np.random.default_rng(5)
    for layer in model.layers:
        if not isinstance(layer, layers.Normalization):
            weights = layer.get_weights()
            layer.set_weights([rng.uniform(0.1, 0.9, w.shape) for w in weights])
    return model


@pytest.fixture(scope="module")
def model():
    return convolutional()


def weights_by_leaf(model):
    return [layer.get_weights() for layer in leaves(model)]


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_stages_end_where_maps_get_smaller_and_before_the_head(model):
    assert [s.name for s in stages(model)] == ["first", "bend", "third", "logits"]
    found = [k for stage in stages(model) for k in stage.leaves]
    names = [leaves(model)[k].__class__.__name__ for k in found]
    assert names == [
        *("Conv2D", "BatchNormalization", "SeparableConv2D", "PReLU"),
        *("Conv2D", "Dense"),
    ]


def test_the_cascade_really_cascades(model):
    before = weights_by_leaf(model)
    cut = stages(model)
    for depth, (name, copy) in enumerate(cascade(model, 3), start=1):
        reached = {k for stage in cut[len(cut) - depth :] for k in stage.leaves}
        assert name == cut[len(cut) - depth].name
        for place, (old, new) in enumerate(
            zip(before, weights_by_leaf(copy), strict=True)
        ):
            if place not in reached:
                assert same(old, new)
            else:
                assert not any(
                    np.array_equal(a, b) for a, b in zip(old, new, strict=True)
                )
    assert depth == 4


def test_a_layer_gets_the_same_weights_at_every_step_and_other_seeds_others(model):
    steps = [weights_by_leaf(copy) for _, copy in cascade(model, 3)]
    again = [weights_by_leaf(copy) for _, copy in cascade(model, 3)]
    other = [weights_by_leaf(copy) for _, copy in cascade(model, 4)]
    for place in stages(model)[-1].leaves:
        assert all(same(step[place], steps[0][place]) for step in steps)
    assert all(same(a, b) for a, b in zip(steps[-1], again[-1], strict=True))
    kernels = [k for s in stages(model) for k in s.leaves if steps[0][k][0].ndim > 1]
    assert not any(
        np.array_equal(steps[-1][k][0], other[-1][k][0])
        for k in kernels
        if leaves(model)[k].name != "bend"  # fresh slopes are zeros
    )


def test_new_weights_are_drawn_not_a_permutation_of_the_old_ones(model):
    *_, (_, copy) = cascade(model, 0)
    kernels = [
        (a[0], b[0])
        for a, b in zip(*map(weights_by_leaf, (model, copy)), strict=True)
        if a and a[0].ndim == 4
    ]
    assert len(kernels) == 3
    for old, new in kernels:
        assert not np.array_equal(np.sort(old, axis=None), np.sort(new, axis=None))
        # And all axes are new: no row of the first axis is an old one.
        assert not any(np.array_equal(a, b) for a in old for b in new)


def test_new_weights_follow_each_layers_own_initializer():
    image = keras.Input((9, 13, 64))
    x = layers.Conv2D(64, 3, kernel_initializer="he_normal")(image)
    x = layers.Conv2D(64, 3, kernel_initializer="ones", bias_initializer="ones")(x)
    x = layers.Dense(400)(layers.Flatten()(x))
    model = trained(keras.Model(image, x))
    *_, (_, copy) = cascade(model, 1)
    he, ones, dense = (x for x in weights_by_leaf(copy) if x)
    assert he[0].std() == pytest.approx(np.sqrt(2 / (9 * 64)), rel=0.02)
    assert abs(he[0].mean()) < 0.001
    assert (ones[0] == 1).all()
    assert (ones[1] == 1).all()
    limit = np.sqrt(6 / sum(dense[0].shape))
    assert 0.99 * limit < np.abs(dense[0]).max() <= limit
    assert (dense[1] == 0).all()


def test_batch_normalization_gets_what_a_fresh_layer_has_and_preprocessing_stays(model):
    *_, (_, copy) = cascade(model, 0)
    for old, new in zip(leaves(model), leaves(copy), strict=True):
        if isinstance(new, layers.BatchNormalization):
            gamma, beta, mean, variance = new.get_weights()
            assert (gamma == 1).all()
            assert (variance == 1).all()
            assert not beta.any()
            assert not mean.any()
        if isinstance(new, layers.Normalization):
            assert same(old.get_weights(), new.get_weights())
            np.testing.assert_array_equal(old.mean, new.mean)


def test_the_user_s_model_and_the_global_streams_stay_as_they_were(model):
    before = [w.copy() for w in model.get_weights()]
    nodes = [len(x._inbound_nodes) for x in leaves(model)]
    pixels = np.random.default_rng(0).random((2, *SHAPE)).astype(np.float32)
    told = np.asarray(model(pixels))
    keras.utils.set_random_seed(7)
    expected = keras.random.normal((3,)), np.random.random(3)  # noqa: NPY002
    keras.utils.set_random_seed(7)
    copies = [copy for _, copy in cascade(model, 0)]
    found = keras.random.normal((3,)), np.random.random(3)  # noqa: NPY002
    assert same(before, model.get_weights())
    np.testing.assert_array_equal(told, np.asarray(model(pixels)))
    assert nodes == [len(x._inbound_nodes) for x in leaves(model)]
    assert np.array_equal(expected[1], found[1])
    own = {id(v) for v in model.variables}
    assert not own & {id(v) for copy in copies for v in copy.variables}


def test_every_copy_stands_on_its_own(model):
    (_, first), *_, (_, last) = cascade(model, 0)
    kept = first.get_weights()
    last.set_weights([0 * w for w in last.get_weights()])
    assert same(kept, first.get_weights())


@keras.saving.register_keras_serializable("tests")
class Registered(keras.Model):
    """Subclassed, with a get_config."""

    def __init__(self, width, **rest):
        super().__init__(**rest)
        self.width = width
        self.convolution = layers.Conv2D(width, 3)
        self.readout = layers.Dense(3)

    def call(self, x):
        return self.readout(keras.ops.mean(self.convolution(x), (1, 2)))

    def get_config(self):
        return {**super().get_config(), "width": self.width}


class Closed(Registered):
    """Subclassed, and its configuration lacks an argument."""

    def get_config(self):
        return {}


def built(kind):
    model = kind(5)
    model(np.zeros((1, *SHAPE), np.float32))
    return trained(model)


def test_a_subclassed_model_is_randomized_layer_by_layer():
    model = built(Registered)
    before = weights_by_leaf(model)
    assert [s.name for s in stages(model)] == [
        model.convolution.name,
        model.readout.name,
    ]
    (_, top), (_, whole) = cascade(model, 0)
    assert same(before[0], weights_by_leaf(top)[0])
    assert not same(before[1], weights_by_leaf(top)[1])
    assert not same(before[0], weights_by_leaf(whole)[0])


def test_a_model_that_cannot_be_copied_is_refused_with_the_remedy():
    with pytest.raises(ValueError, match=r"model must be copied .* get_config that"):
        next(cascade(built(Closed)))
    with pytest.raises(ValueError, match="must be a Keras model to be randomized, got"):
        next(cascade(object()))


@keras.saving.register_keras_serializable("tests")
class Forgetful(layers.Layer):
    """A layer whose copy answers otherwise: its factor is not in its configuration."""

    factor = 1.0

    def call(self, x):
        return self.factor * x


def test_a_copy_that_answers_otherwise_is_refused():
    image = keras.Input(SHAPE)
    x = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3)(image))
    forgetful = Forgetful()
    forgetful.factor = 3.0
    model = keras.Model(image, forgetful(layers.Dense(3)(x)))
    with pytest.raises(ValueError, match="a copy that answers otherwise"):
        next(cascade(model))


def test_a_residual_network_with_gates_is_cut_at_its_sizes():
    image = keras.Input((32, 48, 3))
    x = layers.Conv2D(4, 3, padding="same")(image)
    skip = layers.Conv2D(6, 1, strides=2)(x)
    x = layers.Conv2D(6, 3, padding="same", name="before")(x)
    x = layers.ZeroPadding2D(1)(x)
    x = layers.Conv2D(6, 3, strides=2)(x)
    x = layers.Add(name="sum")([x, skip])
    gate = layers.GlobalAveragePooling2D(keepdims=True)(x)
    gate = layers.Conv2D(6, 1, activation="sigmoid")(gate)
    x = layers.Multiply(name="gated")([x, gate])
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dense(4, name="hidden")(x)
    model = keras.Model(image, layers.Dense(3, name="logits")(x))
    found = stages(model)
    assert [s.name for s in found][-2:] == ["gated", "logits"]
    assert sum(len(s.leaves) for s in found) == 7
    assert len(found[-1].leaves) == 2
