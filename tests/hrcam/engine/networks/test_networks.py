import keras
import numpy as np
import pytest

from hrcam.engine.networks import NETWORKS, Plan, build
from hrcam.engine.training import predict

pytestmark = pytest.mark.engine

COMPACTS = [name for name, network in NETWORKS.items() if not network.stock]
STOCK = [name for name, network in NETWORKS.items() if network.stock]
SHAPES = [(48, 32, 1), (33, 50, 3), (40, 64, 2)]


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        *((name, shape) for name in COMPACTS for shape in SHAPES),
        *((name, SHAPES[i % 3]) for i, name in enumerate(STOCK)),
    ],
)
def test_networks_take_any_size_and_any_channels(name, shape):
    model = build(name, Plan(shape, 3, 100.0, 900.0))
    chances = predict(model, np.zeros((2, *shape), np.uint8))
    assert chances.shape == (2, 3)
    np.testing.assert_allclose(chances.sum(axis=1), 1, rtol=1e-5)
    assert [layer.name for layer in model.layers[-3:]] == [
        "pooled",
        "logits",
        "probabilities",
    ]


@pytest.mark.parametrize(
    ("name", "weights", "multiplications"),
    [
        ("compact", 83122, 43.5e6),
        ("compact_residual", 86930, 52.3e6),
        ("compact_vgg", 180382, 97.1e6),
    ],
)
def test_compact_networks_are_as_large_as_they_say(name, weights, multiplications):
    model = build(name, Plan((128, 128, 1), 2, 90.0, 400.0))
    assert model.count_params() == weights
    found = sum(
        np.prod(layer.output.shape[1:3]) * np.prod(layer.kernel.shape)
        for layer in model.layers
        if isinstance(layer, keras.layers.Conv2D)
    )
    assert found == pytest.approx(multiplications, rel=0.01)


@pytest.mark.parametrize("name", COMPACTS)
def test_compact_networks_are_tapped_at_five_sizes(name):
    from hrcam.engine.keras_models.recorder import prepare

    taps = prepare(build(name, Plan((96, 64, 1), 3, 90.0, 400.0))).taps
    assert [tap.name for tap in taps] == [f"stage{k}" for k in range(1, 6)]
    assert [tap.size for tap in taps] == [(96 >> k, 64 >> k) for k in range(5)]
    for k, tap in enumerate(taps):
        assert tap.geometry.stride == (2.0**k, 2.0**k)
        middle = 0.0 if name == "compact_residual" else (2.0**k - 1) / 2
        assert tap.geometry.offset == (middle, middle)


@pytest.mark.parametrize("size", [(32, 33), (47, 34)])
def test_both_branches_of_a_residual_block_look_at_the_same_place(size):
    """Units on an edge between dark and bright react alike from either side."""
    model = build("compact_residual", Plan((*size, 1), 2, 0.0, 1.0))
    block = keras.Model(model.input, model.get_layer("stage2").output)
    add = next(x for x in model.layers if isinstance(x, keras.layers.Add))
    branches = keras.Model(model.input, add.input)
    image = np.zeros((1, *size, 1), np.float32)
    image[0, 16, 12] = 9.0
    base = branches(np.zeros_like(image))
    for found, without in zip(branches(image), base, strict=True):
        change = np.abs(np.asarray(found - without)).sum(axis=-1)[0]
        rows, columns = np.nonzero(change > 1e-6)
        # odd reach around (8, 6): as far up as down, as far left as right
        assert rows.min() + rows.max() == 16
        assert columns.min() + columns.max() == 12
    assert block.output.shape[1:3] == tuple(-(-side // 2) for side in size)


@pytest.mark.parametrize("name", COMPACTS)
def test_a_saved_network_contains_its_preprocessing(name, tmp_path):
    model = build(name, Plan((48, 32, 1), 2, 90.0, 400.0))
    images = np.random.default_rng(0).integers(0, 256, (5, 48, 32), np.uint8)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(predict(model, images), predict(again, images))
    assert model.get_layer("scaled").scale == pytest.approx(1 / 20)


def test_gray_images_are_repeated_for_the_three_channels_of_a_stock_network():
    model = build("resnet50", Plan((48, 32, 1), 2, 90.0, 400.0))
    assert model.get_layer("repeated").output.shape == (None, 48, 32, 3)


def test_a_network_that_divides_by_255_itself_gets_values_of_unit_variance():
    model = build("efficientnet_b0", Plan((48, 32, 1), 2, 90.0, 400.0))
    stem = keras.Model(model.input, model.get_layer("stem_conv_pad").input)
    found = np.asarray(stem(np.full((1, 48, 32, 1), 130.0)))
    np.testing.assert_allclose(found, 2.0, rtol=1e-5)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_the_head_is_exact_under_mixed_precision(policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        model = build("compact", Plan((48, 32, 1), 2, 90.0, 400.0))
    finally:
        keras.config.set_dtype_policy(before)
    assert model.get_layer("stage5").compute_dtype == policy.removeprefix("mixed_")
    for name in ("pooled", "logits", "probabilities"):
        assert model.get_layer(name).compute_dtype == "float32"


@pytest.mark.parametrize(
    ("name", "shape", "weights", "message"),
    [
        (
            "vgg",
            (48, 48, 1),
            "random",
            "network must be one of compact, compact_residual, compact_vgg, resnet50, "
            "vgg19, densenet121, efficientnet_b0, mobilenet_v2, got 'vgg'",
        ),
        (
            "compact",
            (48, 31, 1),
            "random",
            "images must have sides of at least 32 for compact, got 48 x 31",
        ),
        (
            "compact_vgg",
            (48, 48, 1),
            "imagenet",
            "weights must be 'random' for compact_vgg, got 'imagenet'",
        ),
        (
            "resnet50",
            (48, 48, 2),
            "imagenet",
            "images must have 1 or 3 channels for imagenet weights, got 2",
        ),
        (
            "resnet50",
            (48, 48, 1),
            "nowhere.weights.h5",
            "weights must be 'random', 'imagenet' or an existing .keras, .weights.h5 "
            "or .h5 file, got 'nowhere.weights.h5'",
        ),
    ],
)
def test_what_cannot_be_built_is_said_in_one_line(name, shape, weights, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the whole message is tested
        build(name, Plan(shape, 2, 90.0, 400.0, weights))
    assert str(caught.value) == message
