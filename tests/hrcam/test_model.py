"""A model's record and folder, without a network."""

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from hrcam.pipeline.model import Model, hash_weights, save, versions


@dataclass
class Network:
    """Stands for a Keras model: weights, and a file of them."""

    weights: list[np.ndarray]

    def get_weights(self):
        return self.weights

    def save(self, path):
        path.write_bytes(b"weights")


def draw_weights(seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape).astype(np.float32) for shape in ((3, 3, 2), (4,))]


@pytest.fixture
def model():
    facts = {"classes": ["normal", "abnormal"], "settings": {"network": "compact"}}
    evaluation = {"test": {"auroc": 0.98123, "accuracy": 0.95}}
    table = pd.DataFrame({"image_id": ["000001"], "split": ["test"], "correct": [True]})
    return Model(Network(draw_weights()), facts, evaluation, table)


def test_a_model_tells_its_classes_and_how_good_it_is(model):
    assert model.classes == ("normal", "abnormal")
    assert repr(model) == "Model(compact, test AUROC 0.981, accuracy 0.950)"


def test_the_folder_of_a_model(model, tmp_path):
    save(model, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "classifier.json",
        "model.keras",
        "predictions.parquet",
        "training.json",
    ]
    assert json.loads((tmp_path / "training.json").read_text()) == model.facts
    assert json.loads((tmp_path / "classifier.json").read_text()) == model.evaluation
    found = pd.read_parquet(tmp_path / "predictions.parquet")
    pd.testing.assert_frame_equal(found, model.predictions, check_dtype=False)


def test_the_hash_tells_weights_apart():
    weights = draw_weights()
    found = hash_weights(Network(weights))
    assert len(found) == 64
    assert found == hash_weights(Network([w.copy() for w in weights]))
    nudged = [weights[0], weights[1] + np.float32([0, 0, 1e-6, 0])]
    reshaped = [weights[0].reshape(9, 2), weights[1]]
    for other in (nudged, reshaped, weights[::-1]):
        assert hash_weights(Network(other)) != found


def test_versions_name_what_is_not_installed():
    found = versions(("numpy", "no-such-package"))
    assert list(found) == ["python", "numpy", "no-such-package"]
    assert found["numpy"] == np.__version__
    assert found["no-such-package"] == "not installed"
