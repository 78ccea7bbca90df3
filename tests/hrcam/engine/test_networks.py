import keras
import numpy as np
import pytest

from hrcam.engine.networks import NETWORKS, Plan, build
from hrcam.engine.training import predict

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("shape", [(48, 32, 1), (33, 50, 3), (40, 64, 2)])
def test_networks_take_any_size_and_any_channels(name, shape):
    model = build(name, Plan(shape, 3, 100.0, 900.0))
    chances = predict(model, np.zeros((2, *shape), np.uint8))
    assert chances.shape == (2, 3)
    np.testing.assert_allclose(chances.sum(axis=1), 1, rtol=1e-5)


def test_a_saved_network_contains_its_preprocessing(tmp_path):
    model = build("compact", Plan((48, 32, 1), 2, 90.0, 400.0))
    images = np.random.default_rng(0).integers(0, 256, (5, 48, 32), np.uint8)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(predict(model, images), predict(again, images))
    assert model.get_layer("scaled").scale == pytest.approx(1 / 20)


def test_gray_images_are_repeated_for_the_three_channels_of_a_stock_network():
    model = build("resnet50", Plan((48, 32, 1), 2, 90.0, 400.0))
    assert model.get_layer("repeated").output.shape == (None, 48, 32, 3)


def test_pretrained_weights_come_from_a_local_file(tmp_path):
    donor = keras.applications.ResNet50(
        include_top=False, weights=None, input_shape=(48, 32, 3)
    )
    donor.save_weights(tmp_path / "resnet.weights.h5")
    plan = Plan((48, 32, 1), 2, 90.0, 400.0, str(tmp_path / "resnet.weights.h5"))
    kernel = build("resnet50", plan).get_layer("conv1_conv").get_weights()[0]
    np.testing.assert_array_equal(
        kernel, donor.get_layer("conv1_conv").get_weights()[0]
    )


@pytest.mark.parametrize(
    ("name", "shape", "weights", "message"),
    [
        (
            "vgg",
            (48, 48, 1),
            "random",
            "network must be one of compact, resnet50, got 'vgg'",
        ),
        (
            "compact",
            (48, 31, 1),
            "random",
            "images must have sides of at least 32 for compact, got 48 x 31",
        ),
        (
            "compact",
            (48, 48, 1),
            "imagenet",
            "weights must be 'random' for the compact network, got 'imagenet'",
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
            "weights must be 'random', 'imagenet' or an existing .weights.h5 file, "
            "got 'nowhere.weights.h5'",
        ),
    ],
)
def test_what_cannot_be_built_is_said_in_one_line(name, shape, weights, message):
    with pytest.raises(ValueError) as caught:  # noqa: PT011  the whole message is tested
        build(name, Plan(shape, 2, 90.0, 400.0, weights))
    assert str(caught.value) == message
