"""Every method at every layer on the models that people have: the whole command."""

import json
import subprocess
import sys

import numpy as np
import pytest

import hrcam
from hrcam.maps_folder import read_maps
from simbench.recipe import load

pytest.importorskip("keras", reason="the engine needs Keras on TensorFlow")

import keras

pytestmark = [pytest.mark.engine, pytest.mark.slow]


@keras.saving.register_keras_serializable("tests")
class Blocks(keras.Model):
    """A subclassed network with composite layers inside."""

    def __init__(self, **options):
        super().__init__(**options)
        self.entry = keras.layers.Conv2D(8, 3, padding="same", activation="relu")
        self.shrink = keras.layers.MaxPooling2D(2)
        self.stage = keras.Sequential(
            [
                keras.layers.Conv2D(12, 3, padding="same"),
                keras.layers.BatchNormalization(),
                keras.layers.ReLU(name="stage_out"),
            ]
        )
        self.pool = keras.layers.GlobalAveragePooling2D()
        self.head = keras.layers.Dense(1, activation="sigmoid")

    def call(self, x, training=None):
        x = self.shrink(self.entry(x / 255.0))
        x = x[..., :4] + self.stage(x, training=training)[..., :4]
        return self.head(self.pool(x))


def dataset(size, channels, folder):
    """Write a dataset of two test images and a few for the heads."""
    recipe = load("quickstart")
    splits = recipe.splits.model_copy(update={"train": 12, "validation": 8, "test": 2})
    audit = recipe.audit.model_copy(update={"budget": 1.0})
    recipe = recipe.model_copy(
        update={"size": (size, size), "splits": splits, "audit": audit}
    )
    assert channels == 1
    hrcam.generate(recipe, folder)
    return folder


def repeated(backbone, size):
    """Put a backbone of color images behind a gray image: transfer learning."""
    image = keras.Input((size, size, 1))
    three = keras.layers.Concatenate()([image, image, image])
    pooled = keras.layers.GlobalAveragePooling2D()(backbone(three / 255.0))
    return keras.Model(image, keras.layers.Dense(2)(pooled))


def stock(name, size):
    build = getattr(keras.applications, name)
    return build(include_top=False, weights=None, input_shape=(size, size, 3))


MODELS = {
    "ResNet50": 224,
    "VGG19": 224,
    "DenseNet121": 64,
    "EfficientNetB0": 64,
}


@pytest.mark.parametrize("name", MODELS)
def test_every_method_at_every_layer(name, tmp_path):
    keras.utils.set_random_seed(0)
    size = MODELS[name]
    model = repeated(stock(name, size), size)
    model.save(tmp_path / "model.keras")
    check(tmp_path, size)


def test_a_subclassed_model(tmp_path):
    keras.utils.set_random_seed(0)
    model = Blocks()
    model(np.zeros((1, 48, 48, 1), np.float32))
    data = dataset(48, 1, tmp_path / "data")
    maps = hrcam.explain(
        model, data, ["all"], tmp_path / "maps", layers="all", fusions=("all",), calls=8
    )
    look_at(maps)


def check(folder, size):
    """Explain by the command, in a process of its own, and look at the maps."""
    data = dataset(size, 1, folder / "data")
    words = [sys.executable, "-m", "hrcam", "explain", folder / "model.keras", data]
    words += ["--methods", "all", "--layers", "all", "--calls", "8"]
    words += ["--out", folder / "maps", "--quiet"]
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    look_at(read_maps(folder / "maps", ("a", "b")))
    assert json.loads((folder / "maps" / "provenance.json").read_text())["target"]


def look_at(maps):
    from hrcam.methods import METHODS

    assert {m.names["method"] for m in maps.values()} == set(METHODS)
    for name, source in maps.items():
        found = source.read(source.ids)
        assert found.shape[0] == 2, name
        assert np.isfinite(found).all(), name
