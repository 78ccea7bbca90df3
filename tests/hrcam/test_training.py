import hashlib
import json
import re
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("keras", reason="the engine needs Keras on TensorFlow")
pytestmark = pytest.mark.engine

LETTER = """
[confounders.letter]
kind = "letters"
"""


@pytest.fixture(scope="module")
def lettered(tiny_toml):
    import hrcam
    from simbench.recipe import parse

    text = re.sub(r"(?ms)^\[confounders\].*?(?=^\[|\Z)", "", tiny_toml)
    return hrcam.generate(parse(text + LETTER, "lettered.toml"))


def trained(dataset, **how):
    import hrcam
    from hrcam.engine.training import Training
    from hrcam.engine.training.augmentation import Augmentation

    settings = Training(epochs=1, batch=4, augmentation=Augmentation(**how))
    return hrcam.train(dataset, settings=settings).facts


def test_images_are_mirrored_unless_they_may_show_letters(tiny, lettered):
    assert trained(tiny)["settings"]["augmentation"]["flip"] is True
    assert trained(lettered)["settings"]["augmentation"]["flip"] is False


def test_what_the_user_asks_for_is_done(tiny, lettered):
    assert trained(lettered, flip=True)["settings"]["augmentation"]["flip"] is True
    assert trained(tiny, flip=False)["settings"]["augmentation"]["flip"] is False


def test_letters_are_trained_on_as_if_flips_had_been_switched_off(lettered):
    by_default = trained(lettered)
    assert by_default["weights"] == trained(lettered, flip=False)["weights"]
    assert by_default["weights"] != trained(lettered, flip=True)["weights"]


def test_images_read_batch_by_batch_give_the_same_weights(tiny):
    whole, part = trained(tiny), trained(replace(tiny, most=0))
    assert part["weights"] == whole["weights"]
    assert part["history"] == whole["history"]


def test_too_little_memory_to_train_is_refused(tiny):
    import hrcam
    from hrcam.engine.training import Training
    from hrcam.pipeline.memory import ENGINE, batch_bytes

    least = -(-(ENGINE + batch_bytes(tiny, 4)) // 10**6)
    with pytest.raises(ValueError, match="memory") as error:
        hrcam.train(tiny, settings=Training(epochs=1, batch=4), memory="1GB")
    assert str(error.value) == (f"memory must be at least {least}MB to train, got 1GB")


def test_images_without_letters_are_trained_on_as_if_flips_had_been_asked_for(tiny):
    assert trained(tiny)["weights"] == trained(tiny, flip=True)["weights"]


def test_nothing_else_of_the_settings_changes(lettered):
    from hrcam.engine.training import Training
    from hrcam.pipeline.training import settled

    before = Training(epochs=3, seed=5)
    after = asdict(settled(before, lettered))
    assert after["augmentation"].pop("flip") is False
    expected = asdict(before)
    del expected["augmentation"]["flip"]
    assert after == expected


class StoppedError(Exception):
    """What a kill is in these tests."""


def stopper(images):
    """Return a progress callback that raises after so many images."""
    seen = []

    def progress(count):
        seen.append(count)
        if sum(seen) >= images:
            raise StoppedError

    return progress


def short(**how):
    from hrcam.engine.training import Training

    return Training(**{"epochs": 3, "batch": 4, **how})


def names(folder):
    return sorted(path.name for path in folder.iterdir())


FILES = [
    "classifier.json",
    "history.csv",
    "model.keras",
    "predictions.parquet",
    "training.json",
]


def test_a_killed_training_is_continued_and_ends_with_the_same_files(tiny, tmp_path):
    import hrcam

    count = len(tiny.ids("train"))
    whole = hrcam.train(tiny, tmp_path / "whole", settings=short())
    out = tmp_path / "model"
    with pytest.raises(StoppedError):
        hrcam.train(tiny, out, settings=short(), progress=stopper(2 * count + 1))
    assert names(tmp_path) == ["model.partial", "whole"]
    assert names(tmp_path / "model.partial") == ["checkpoint.npz", "history.csv"]
    assert len(pd.read_csv(tmp_path / "model.partial" / "history.csv")) == 2
    seen = []
    again = hrcam.train(tiny, out, settings=short(), progress=seen.append)
    assert names(tmp_path) == ["model", "whole"]
    assert names(out) == FILES
    assert again.facts == whole.facts
    assert seen[0] == 2 * count
    for name in ("classifier.json", "training.json", "predictions.parquet"):
        assert (out / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_the_history_is_kept_in_the_folder_and_in_the_facts(tiny, tmp_path):
    import hrcam

    model = hrcam.train(tiny, tmp_path / "model", settings=short())
    table = pd.read_csv(tmp_path / "model" / "history.csv")
    parts = ("loss", "accuracy", "auroc")
    assert list(table) == [
        "epoch",
        "loss",
        "accuracy",
        *(f"validation_{part}" for part in parts),
        "rate",
        "seconds",
    ]
    assert table["epoch"].tolist() == [1, 2, 3]
    assert (table["seconds"] > 0).all()
    kept = pd.DataFrame(model.facts["history"])
    pd.testing.assert_frame_equal(kept, table.drop(columns="seconds"))
    assert model.facts["losses"] == table["loss"].tolist()
    assert model.facts["epoch"] == 3
    last = model.evaluation["validation"]
    assert table["validation_accuracy"].iloc[-1] == pytest.approx(last["accuracy"])
    assert table["validation_auroc"].iloc[-1] == pytest.approx(last["auroc"])


def test_a_begun_training_of_other_settings_is_kept_unless_told(tiny, tmp_path):
    import hrcam

    out, count = tmp_path / "model", len(tiny.ids("train"))
    with pytest.raises(StoppedError):
        hrcam.train(tiny, out, settings=short(), progress=stopper(count + 1))
    checkpoint = tmp_path / "model.partial" / "checkpoint.npz"
    before = checkpoint.read_bytes()
    with pytest.raises(ValueError, match="must be of the same training") as caught:
        hrcam.train(tiny, out, settings=short(rate=1e-3, seed=4))
    assert str(caught.value) == (
        f"{checkpoint} must be of the same training, got another rate and seed; "
        "pass --overwrite to begin anew"
    )
    assert checkpoint.read_bytes() == before
    other = short(rate=1e-3, seed=4)
    model = hrcam.train(tiny, out, settings=other, overwrite=True)
    assert model.facts == hrcam.train(tiny, settings=other).facts
    assert names(tmp_path) == ["model"]


def test_a_training_that_fails_in_its_first_pass_leaves_nothing(tiny, tmp_path):
    import hrcam

    with pytest.raises(StoppedError):
        hrcam.train(tiny, tmp_path / "m", settings=short(), progress=stopper(1))
    with pytest.raises(ValueError, match="weights must be"):
        hrcam.train(tiny, tmp_path / "m", settings=short(weights="imagenet"))
    assert names(tmp_path) == []


def test_early_stopping_keeps_the_best_pass(tiny, tmp_path):
    import hrcam

    settings = short(epochs=6, patience=1, rate=0.2)
    model = hrcam.train(tiny, tmp_path / "model", settings=settings)
    losses = [row["validation_loss"] for row in model.facts["history"]]
    assert model.facts["epoch"] == 1 + int(np.argmin(losses))
    assert len(losses) == min(6, model.facts["epoch"] + 1)


def test_the_file_that_weights_come_from_is_told(tiny, tmp_path):
    import keras

    import hrcam

    path = tmp_path / "donor.weights.h5"
    size = tiny.read("image", tiny.ids("train")[:1]).shape[1:3]
    donor = keras.applications.MobileNetV2(
        include_top=False, weights=None, input_shape=(*size, 3)
    )
    donor.save_weights(path)
    settings = short(network="mobilenet_v2", weights=str(path), epochs=1, freeze=1)
    model = hrcam.train(tiny, settings=settings)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert model.facts["weights_file"] == {"name": path.name, "sha256": digest}
    kernel = model.network.get_layer("Conv1").get_weights()[0]
    np.testing.assert_array_equal(kernel, donor.get_layer("Conv1").get_weights()[0])
    assert "weights_file" not in trained(tiny)


def test_logs_for_tensorboard_hold_what_the_history_holds(tiny, tmp_path):
    pytest.importorskip("tensorboard", reason="tf.summary needs TensorBoard")
    pytest.importorskip("tensorflow", reason="event files are TensorFlow's")
    import tensorflow as tf

    import hrcam

    model = hrcam.train(tiny, settings=short(epochs=2), tensorboard=tmp_path / "board")
    found = {}
    for path in (tmp_path / "board").glob("events*"):
        for event in tf.compat.v1.train.summary_iterator(str(path)):
            for value in event.summary.value:
                found[event.step, value.tag] = float(tf.make_ndarray(value.tensor))
    for row in model.facts["history"]:
        for name in ("loss", "validation_auroc", "rate"):
            assert found[row["epoch"], name] == pytest.approx(row[name], rel=1e-6)


def test_without_tensorboard_the_remedy_is_said(tiny, tmp_path, monkeypatch):
    pytest.importorskip("tensorflow", reason="event files are TensorFlow's")
    import sys

    import hrcam

    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(ModuleNotFoundError, match="--tensorboard needs TensorBoard"):
        hrcam.train(tiny, tmp_path / "model", tensorboard=tmp_path / "board")
    assert names(tmp_path) == []


def test_scores_have_intervals_in_the_folder(tiny, tmp_path):
    import hrcam

    hrcam.train(tiny, tmp_path / "model", settings=short(epochs=1))
    content = json.loads(Path(tmp_path / "model" / "classifier.json").read_text())
    for split in ("train", "validation", "test"):
        for name in ("accuracy", "balanced_accuracy", "f1_micro", "f1_macro"):
            low, high = (content[split][f"{name}{end}"] for end in ("_low", "_high"))
            assert low <= content[split][name] <= high


def test_a_run_takes_every_setting_of_a_training():
    from hrcam.engine.training import Training
    from hrcam.pipeline.running import Settings, training_of

    assert training_of(Settings()) == Training()
    how = {
        "network": "compact_vgg",
        "weights": "random",
        "epochs": 5,
        "batch": 7,
        "rate": 0.5,
        "seed": 3,
        "class_weights": "balanced",
        "patience": 2,
        "freeze": 1,
        "precision": "mixed_bfloat16",
    }
    assert training_of(Settings(**how)) == Training(**how)
    moved = training_of(Settings(augmentation={"rotation": 30.0, "flip": False}))
    expected = replace(Training().augmentation, rotation=30.0, flip=False)
    assert moved.augmentation == expected
    with pytest.raises(ValueError, match="class_weights must be one of none, balanced"):
        training_of(Settings(class_weights="equal"))


def test_a_dataset_that_is_there_to_score_on_is_refused(tiny):
    import hrcam

    rows = tiny.index["split"] != "train"
    scored = replace(tiny, index=tiny.index[rows])
    with pytest.raises(ValueError, match="must have images to train on") as caught:
        hrcam.train(scored)
    assert str(caught.value) == (
        "dataset must have images to train on, got test and validation alone; bring a "
        "model"
    )
