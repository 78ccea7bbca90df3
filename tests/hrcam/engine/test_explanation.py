"""Identities that hold on any network, and the equality of the routes to a map."""

import numpy as np
import pytest

from hrcam.engine.explanation import Job, Scene, at_entry, contrast, explain, record
from hrcam.engine.recorder import pool
from hrcam.entries import plan
from hrcam.heads import fit_heads
from hrcam.methods import METHODS
from hrcam.pools import Pool

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def pools(recorder, data):
    images, labels = data
    layers = tuple((tap.name, tap.channels) for tap in recorder.taps)
    return Pool(layers, pool(recorder, images, batch=50), labels.astype(np.int64))


@pytest.fixture(scope="module")
def job(recorder, pools):
    taps = [tap.name for tap in recorder.taps]
    names = [
        n for n, m in METHODS.items() if m.name not in ("filter_cam", "hr_cam_paper")
    ]
    entries = plan(names, taps, "all", frozenset({"truth"}))
    heads = {"base": recorder.base}
    for layers in {e.layers for e in entries}:
        if layers:
            fitted = fit_heads(pools.only(layers), pools.only(layers), 2)
            where = "all" if len(layers) > 1 else layers[0]
            heads |= {f"{k}@{where}": head for k, head in fitted.items()}
    return Job(recorder, entries, heads)


@pytest.fixture(scope="module")
def scene(data):
    return scene_of(data[0][:7])


def scene_of(images):
    rng = np.random.default_rng(5)
    count, *size = images.shape
    truth = np.zeros((2, count, *size), np.float32)
    truth[:, :, 10:20, 5:12] = 1.0
    return Scene(
        pixels=images[..., None].astype(np.float32),
        target=contrast(np.ones(count, np.int64), 2),
        tissue=np.ones((count, *size), np.float32),
        tissue_median=np.full(count, 90.0, np.float32),
        noise=rng.random((count, *size)).astype(np.float32),
        truth=truth,
    )


@pytest.fixture(scope="module")
def batch(job, scene):
    return next(explain(job, [scene]))


@pytest.fixture(scope="module")
def logits(recorder, scene):
    *_, values = recorder.probe(scene.pixels, training=False)
    return np.asarray(values)


def test_the_compiled_route_gives_what_numpy_gives(job, scene, batch):
    capture = record(job, scene)
    for entry in job.entries:
        parts = entry.method.explain(at_entry(capture, entry))
        assert list(parts) == list(batch[entry.name])
        for layer, part in parts.items():
            scale = max(np.abs(part).max(), 1e-12)
            np.testing.assert_allclose(
                batch[entry.name][layer] / scale,
                part / scale,
                atol=1e-5,
                err_msg=entry.name,
            )


def test_cam_adds_up_to_the_contrast_logit(batch, logits, recorder):
    (part,) = batch["cam@stage5"].values()
    bias = recorder.base.bias
    expected = logits[:, 1] - logits[:, 0] - (bias[1] - bias[0])
    np.testing.assert_allclose(part.mean(axis=(1, 2)), expected, rtol=1e-4, atol=1e-4)


def test_grad_cam_times_the_number_of_units_is_cam_at_the_pooled_layer(batch):
    (cam,), (grad,) = batch["cam@stage5"].values(), batch["grad_cam@stage5"].values()
    units = cam.shape[1] * cam.shape[2]
    np.testing.assert_allclose(grad * units, cam, rtol=1e-4, atol=1e-5)


def test_gradients_are_those_of_the_contrast_logit(job, scene):
    """At the layer before the last, against a finite difference of the logit."""
    import keras

    recorder = job.recorder
    layer = next(x for x in record(job, scene).layers if x.name == "stage4")
    tensors = dict(
        zip([t.name for t in recorder.taps], recorder.probe.outputs, strict=False)
    )
    tail = keras.Model(tensors["stage4"], recorder.probe.outputs[-1])
    features = layer.features.astype(np.float32)
    direction = np.random.default_rng(0).normal(size=features.shape).astype(np.float32)
    direction *= features > 0  # zeros behind a ReLU tie in the pooling that follows

    def target(step):
        values = np.asarray(tail(features + step * direction, training=False))
        return (values[:, 1] - values[:, 0]).astype(np.float64)

    slope = (target(2e-4) - target(-2e-4)) / 4e-4  # small: few ReLUs flip
    inner = (layer.gradients * direction).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(inner, slope, rtol=0.05, atol=0.05)


def test_the_convex_head_adds_up_layer_by_layer(job, batch, pools):
    head = job.heads["convex@all"]
    rows = Pool(pools.layers, pools.features[:7], pools.labels[:7])
    expected = head.logits(rows)
    total = sum(part.mean(axis=(1, 2)) for part in batch["hr_cam_convex"].values())
    bias = head.bias[1] - head.bias[0]
    np.testing.assert_allclose(
        total + bias, expected[:, 1] - expected[:, 0], rtol=1e-3, atol=1e-3
    )


def test_pooled_features_are_spatial_means_of_the_feature_maps(job, scene, pools):
    capture = record(job, scene)
    means = [layer.features.mean(axis=(1, 2)) for layer in capture.layers]
    np.testing.assert_allclose(np.concatenate(means, 1), pools.features[:7], atol=1e-4)


@pytest.mark.parametrize("size", [1, 3])
def test_maps_do_not_depend_on_the_batch(job, scene, batch, size):
    small = Scene(
        *(
            getattr(scene, n)[:size]
            for n in ("pixels", "target", "tissue", "tissue_median", "noise")
        ),
        truth=scene.truth[:, :size],
    )
    found = next(explain(job, [small]))
    for name, parts in found.items():
        for layer, part in parts.items():
            whole = batch[name][layer][:size]
            scale = max(np.abs(whole).max(), 1e-12)
            np.testing.assert_allclose(
                part / scale, whole / scale, atol=1e-5, err_msg=name
            )


def test_the_model_stays_as_it_was(network, data):
    from hrcam.engine.recorder import prepare

    before = [w.copy() for w in network.get_weights()]
    config, names = network.get_config(), [x.name for x in network.layers]
    next(explain(Job(prepare(network), (), {}), [scene_of(data[0][:3])]))
    assert network.get_config() == config
    assert [x.name for x in network.layers] == names
    for one, two in zip(before, network.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_method_that_returns_another_shape_is_named(job, scene):
    from dataclasses import replace

    entry = job.entries[0]
    wrong = replace(
        entry.method, explain=lambda c: {"stage1": c.layers[0].features[:, 1:, :, 0]}
    )
    broken = Job(job.recorder, (replace(entry, method=wrong),), job.heads)
    with pytest.raises(
        ValueError, match=r"hr_cam must return maps of shape \(7, 48, 32\)"
    ):
        next(explain(broken, [scene]))


def test_the_contrast_is_a_class_minus_the_mean_of_the_others():
    expected = [[-0.5, 1.0, -0.5], [1.0, -0.5, -0.5]]
    np.testing.assert_allclose(contrast(np.array([1, 0]), 3), expected)
