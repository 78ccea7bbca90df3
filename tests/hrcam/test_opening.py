"""What users have becomes a model and a dataset of ours."""

import numpy as np
import pytest

from hrcam.pipeline.opening import judged, named, open_data, open_model

pytest.importorskip("keras", reason="the engine needs Keras on TensorFlow")

import keras

pytestmark = pytest.mark.engine

SIZE = (24, 36)


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(3)
    return keras.Sequential(
        [
            keras.Input((*SIZE, 1)),
            keras.layers.Conv2D(4, 3, activation="relu"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(3),
        ],
        name="small",
    )


def test_a_keras_file_is_a_model_that_says_where_it_is_from(network, tmp_path):
    network.save(tmp_path / "mine.keras")
    found = open_model(tmp_path / "mine.keras")
    assert found.facts["settings"] == {"network": "small", "seed": ""}
    assert found.facts["parameters"] == network.count_params()
    assert found.facts["weights"] == open_model(network).facts["weights"]
    assert open_model(found) is found


def test_a_model_without_names_takes_the_dataset_s_or_numbers(network, tiny):
    images = np.zeros((5, *SIZE), np.uint8)
    silent = open_data(images)
    assert named(open_model(network), silent, 3).classes == ("0", "1", "2")
    with pytest.raises(ValueError, match=r"^model and dataset must have one list of"):
        named(open_model(network), tiny, 3)


def test_predictions_are_judged_where_labels_are_known(network):
    images = np.zeros((6, *SIZE), np.uint8)
    labels = np.array([0, 1, 2, 0, 1, 2])
    chances = np.eye(3)[[0, 1, 2, 0, 1, 1]]
    data = open_data((images, labels))
    model = named(open_model(network), data, 3)
    found = judged(model, data, "test", chances)
    assert found.evaluation["test"]["accuracy"] == pytest.approx(5 / 6)
    assert found.predictions["correct"].tolist() == [True] * 5 + [False]
    blind = judged(model, open_data(images), "test", chances)
    assert blind.evaluation == {}
    assert blind.predictions["predicted"].tolist() == [0, 1, 2, 0, 1, 1]
    assert judged(model, data, "test", None) is model
