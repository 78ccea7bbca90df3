"""Weights of stock networks: by name and from files, behind Keras' own preprocessing.

No weights can be had without a network, so files are made here: random weights in the
formats that Keras offers for download and that users have.
"""

import hashlib
import re

import keras
import numpy as np
import pytest

from hrcam.engine.networks import Plan, build, digest

pytestmark = pytest.mark.engine

SIZE = (40, 56)
APPLICATIONS = {
    "resnet50": ("ResNet50", "resnet50"),
    "vgg19": ("VGG19", "vgg19"),
    "densenet121": ("DenseNet121", "densenet"),
    "efficientnet_b0": ("EfficientNetB0", "efficientnet"),
    "mobilenet_v2": ("MobileNetV2", "mobilenet_v2"),
}
MEANS, DEVIATIONS = np.array([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]])


def donor(name, **how):
    """A stock network of Keras with random weights and statistics of real features."""
    settings = {"include_top": False, "weights": None, "input_shape": (*SIZE, 3)}
    model = getattr(keras.applications, APPLICATIONS[name][0])(**{**settings, **how})
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = 0.0
        if isinstance(layer, keras.layers.Normalization):
            # As Keras' files have it: deviations in the variances' place.
            layer.set_weights([MEANS, DEVIATIONS, layer.get_weights()[2]])
            layer.finalize_state()
    side = model.input.shape[1:3]
    pixels = keras.ops.image.resize(images(count=24), side)
    model(ready(name, np.asarray(pixels)), training=True)  # real statistics
    return model


def images(channels=3, count=3):
    """Noise of another mean and contrast in each image and channel."""
    rng = np.random.default_rng(0)
    low, high = np.sort(rng.uniform(0, 255, (2, count, 1, 1, channels)), axis=0)
    return rng.uniform(low, high, (count, *SIZE, channels)).astype(np.float32)


def plan(weights, channels=3):
    return Plan((*SIZE, channels), 4, 90.0, 400.0, str(weights))


def pooled(model, pixels):
    inner = keras.Model(model.input, model.get_layer("pooled").output)
    return np.asarray(inner(pixels))


def ready(name, pixels):
    """What Keras preprocesses the images to."""
    if name == "efficientnet_b0":
        # The layer divides by the root of the deviations: once more makes it right.
        return 255 * (MEANS + (pixels / 255 - MEANS) / np.sqrt(DEVIATIONS))
    module = getattr(keras.applications, APPLICATIONS[name][1])
    return module.preprocess_input(pixels.copy())


def expected(name, model, pixels):
    """What Keras' own preprocessing and network make of the images."""
    truth = np.asarray(model(ready(name, pixels))).mean(axis=(1, 2))
    raw = np.asarray(model(pixels)).mean(axis=(1, 2))
    assert distance(raw, truth) > 0.02  # the preprocessing does matter
    return truth


def distance(found, truth):
    """Largest difference, in units of the largest value."""
    return np.abs(found - truth).max() / np.abs(truth).max()


def before_pooling(model):
    """The network up to the map that its head pools."""
    kind = keras.layers.GlobalAveragePooling2D
    *_, pool = (layer for layer in model.layers if isinstance(layer, kind))
    return keras.Model(model.input, pool.input)


@pytest.mark.parametrize("name", APPLICATIONS)
def test_weights_of_a_file_see_what_they_were_trained_on(name, tmp_path, monkeypatch):
    model, path = donor(name), tmp_path / "notop.weights.h5"
    model.save_weights(path)
    truth = expected(name, model, images())
    local = build(name, plan(path))
    assert distance(pooled(local, images()), truth) < 1e-3

    monkeypatch.setattr("keras.src.utils.file_utils.get_file", lambda *_, **__: path)
    named = build(name, plan("imagenet"))
    assert distance(pooled(named, images()), truth) < 1e-3

    gray = images(1)
    truth = expected(name, model, np.repeat(gray, 3, axis=-1))
    again = tmp_path / "model.keras"
    build(name, plan(path, 1)).save(again)
    read = keras.saving.load_model(again, safe_mode=True)
    assert distance(pooled(read, gray), truth) < 1e-3


@pytest.mark.parametrize("name", ["mobilenet_v2", "efficientnet_b0"])
@pytest.mark.parametrize("file", ["full.weights.h5", "full.keras", "full.h5"])
def test_weights_come_from_files_with_a_head_too(name, file, tmp_path):
    model = donor(name, include_top=True, classes=7)
    if file.endswith(".weights.h5"):
        model.save_weights(tmp_path / file)
    else:
        model.save(tmp_path / file)
    truth = expected(name, before_pooling(model), images())
    found = pooled(build(name, plan(tmp_path / file)), images())
    assert distance(found, truth) < 1e-3


def test_an_older_file_without_a_head_is_read_layer_by_layer(tmp_path):
    model = donor("mobilenet_v2")
    model.save(tmp_path / "notop.h5")
    truth = expected("mobilenet_v2", model, images())
    found = pooled(build("mobilenet_v2", plan(tmp_path / "notop.h5")), images())
    assert distance(found, truth) < 1e-3


def test_true_variances_in_a_file_stay_as_they_are(tmp_path):
    model = donor("efficientnet_b0")
    layer = next(x for x in model.layers if isinstance(x, keras.layers.Normalization))
    layer.set_weights([MEANS, DEVIATIONS**2, layer.get_weights()[2]])
    layer.finalize_state()
    model.save_weights(tmp_path / "mended.weights.h5")
    truth = np.asarray(model(images())).mean(axis=(1, 2))
    found = pooled(
        build("efficientnet_b0", plan(tmp_path / "mended.weights.h5")), images()
    )
    assert distance(found, truth) < 1e-3


def test_weights_that_cannot_be_downloaded_are_one_line(monkeypatch):
    def fail(*_, **__):
        msg = "URL fetch failure on https://example.org/a.h5: None -- no such host"
        raise Exception(msg)

    monkeypatch.setattr("keras.src.utils.file_utils.get_file", fail)
    with pytest.raises(OSError, match="ImageNet") as caught:
        build("mobilenet_v2", plan("imagenet"))
    assert str(caught.value) == (
        "ImageNet weights must be downloadable or at hand, got: URL fetch failure on "
        "https://example.org/a.h5: None -- no such host; "
        "give a local .weights.h5, .keras or .h5 file as weights instead"
    )


def test_other_problems_of_a_download_stay_what_they_are(monkeypatch):
    def fail(*_, **__):
        msg = "another problem"
        raise KeyError(msg)

    monkeypatch.setattr("keras.src.utils.file_utils.get_file", fail)
    with pytest.raises(KeyError, match="another problem"):
        build("mobilenet_v2", plan("imagenet"))


@pytest.mark.parametrize("end", [".weights.h5", ".keras", ".h5"])
def test_weights_of_another_network_are_refused(end, tmp_path):
    path = tmp_path / f"other{end}"
    layers = [keras.Input((32, 32, 3)), keras.layers.Conv2D(4, 3)]
    other = keras.Sequential(layers)
    if end == ".weights.h5":
        other.save_weights(path)
    else:
        other.save(path)
    message = f"^{re.escape(str(path))} must hold the weights of MobileNetV2, got: "
    with pytest.raises(ValueError, match=message) as caught:
        build("mobilenet_v2", plan(path))
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("end", [".weights.h5", ".keras", ".h5"])
def test_a_file_that_is_no_file_of_weights_is_refused(end, tmp_path):
    path = tmp_path / f"text{end}"
    path.write_text("nothing")
    with pytest.raises(ValueError, match="must hold the weights of MobileNetV2, got"):
        build("mobilenet_v2", plan(path))


def test_a_file_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "weights.pkl"
    path.write_bytes(b"no pickle is read")
    with pytest.raises(
        ValueError, match=r"weights must be a \.keras, \.weights\.h5 or"
    ):
        build("mobilenet_v2", plan(path))


def test_the_digest_is_that_of_the_bytes(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"weights")
    assert digest(path) == hashlib.sha256(b"weights").hexdigest()
