"""Identities that hold on any network, and the equality of the routes to a map."""

from dataclasses import replace

import numpy as np
import pytest

from hrcam.engine.explanation import (
    Explainer,
    Job,
    Scene,
    coefficients,
    explain,
    record,
)
from hrcam.engine.keras_models.recorder import prepare
from hrcam.engine.pooling import logits, pool
from hrcam.entries import plan, run
from hrcam.heads import fit_heads
from hrcam.methods import METHODS
from hrcam.pools import Pool
from hrcam.requirements import EVERYTHING

pytestmark = pytest.mark.engine

CLASSES = np.array([1, 3, 0, 1, 2])


@pytest.fixture(scope="module")
def probe(draw):
    return prepare(draw.residual(), layers=("wide", "middle", "last"))


@pytest.fixture(scope="module")
def pools(probe, draw):
    images, rng = draw.images(60, seed=7), np.random.default_rng(0)
    layers = tuple((tap.name, tap.channels) for tap in probe.taps)
    labels = np.concatenate([np.arange(4), rng.integers(0, 4, 56)])
    features = pool(probe, images)
    return Pool(layers, features + labels[:, None] * 0.01, labels)


@pytest.fixture(scope="module")
def job(probe, pools):
    """Every method of the network at every layer, baselines and ceilings too."""
    left_out = ("filter_cam", "hr_cam_paper")
    names = [n for n, m in METHODS.items() if not m.network and n not in left_out]
    taps = tuple(tap.name for tap in probe.taps)
    entries = plan(names, taps, "all", known=EVERYTHING)
    keys = {key for e in entries for m in e.members for key in m.heads.values()}
    heads = {"base": probe.base}
    for key in keys - {"base"}:
        kind, where = key.split("@")
        seen = pools if where == "all" else pools.only(tuple(where.split("+")))
        # Any head will do where only the way through the network is tested.
        fitted = "centroid" if kind == "hotelling" else kind
        heads[key] = fit_heads(seen, seen, 4)[fitted]
    return Job(probe, entries, heads, limit=5)


def scene_of(draw, count=5):
    rng = np.random.default_rng(5)
    truth = np.zeros((2, 5, 24, 36), np.float32)
    truth[:, :, 10:20, 5:12] = 1.0
    whole = Scene(
        pixels=draw.images(),
        target=coefficients(CLASSES, 4),
        tissue=np.ones((5, 24, 36), np.float32),
        tissue_median=np.full(5, 90.0, np.float32),
        noise=rng.random((5, 24, 36)).astype(np.float32),
    )
    some = {name: x[:count] for name, x in vars(whole).items() if x is not None}
    return Scene(**some, truth=truth[:, :count])


@pytest.fixture(scope="module")
def scene(draw):
    return scene_of(draw)


@pytest.fixture(scope="module")
def explainer(job):
    return Explainer(job)


@pytest.fixture(scope="module")
def batch(explainer, scene):
    return explainer(scene)


def close(found, expected, name, tolerance=1e-5):
    scale = max(np.abs(expected).max(), 1e-12)
    np.testing.assert_allclose(
        found / scale, expected / scale, atol=tolerance, err_msg=name
    )


def test_the_compiled_route_gives_what_numpy_gives(job, scene, batch):
    direct = [e for e in job.entries if "calls" not in e.method.needs]
    capture = record(job, scene, direct)
    assert len(direct) > 20
    for entry in direct:
        parts = run(entry, capture)
        assert list(parts) == list(batch[entry.name])
        for layer, part in parts.items():
            close(batch[entry.name][layer], part, entry.name)


def test_every_map_is_finite_single_precision(batch):
    for name, parts in batch.items():
        for part in parts.values():
            assert part.dtype == np.float32, name
            assert np.isfinite(part).all(), name


def test_cam_adds_up_to_the_contrast_logit(batch, probe, scene):
    (part,) = batch["cam@last"].values()
    target = (logits(probe, scene.pixels) * scene.target).sum(axis=1)
    expected = target - scene.target @ probe.base.bias
    np.testing.assert_allclose(part.mean(axis=(1, 2)), expected, rtol=1e-4, atol=1e-4)


def test_grad_cam_times_the_number_of_units_is_cam_at_the_pooled_layer(batch):
    (cam,), (grad,) = batch["cam@last"].values(), batch["grad_cam@last"].values()
    close(grad * cam.shape[1] * cam.shape[2], cam, "grad_cam")


def test_the_convex_head_adds_up_layer_by_layer(job, batch, pools, probe, scene):
    head = job.heads["convex@all"]
    features = pool(probe, scene.pixels)
    rows = Pool(pools.layers, features, CLASSES.astype(np.int64))
    expected = (head.logits(rows) * scene.target).sum(axis=1)
    total = sum(part.mean(axis=(1, 2)) for part in batch["hr_cam_convex"].values())
    total = total + scene.target @ head.bias
    np.testing.assert_allclose(total, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("size", [1, 3])
def test_maps_do_not_depend_on_the_batch(explainer, draw, batch, size):
    found = explainer(scene_of(draw, size))
    for name, parts in found.items():
        for layer, part in parts.items():
            whole = batch[name][layer][:size]
            close(part, whole, name, 1e-4 if "eigen" in name else 2e-5)


def test_the_model_stays_as_it_was(probe, job, scene):
    network = probe.network
    before, config = network.get_weights(), network.get_config()
    next(explain(job, [scene]))
    assert network.get_config() == config
    for one, two in zip(before, network.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_a_method_that_returns_another_shape_is_named(job, scene):
    entry = next(e for e in job.entries if e.name == "grad_cam@wide")
    wrong = replace(
        entry.method, explain=lambda c: {"wide": c.layers[0].features[:, 1:, :, 0]}
    )
    broken = Job(job.probe, (replace(entry, method=wrong),), job.heads)
    message = r"grad_cam@wide must return maps of shape \(5, 24, 36\) for wide, got"
    with pytest.raises(ValueError, match=message):
        next(explain(broken, [scene]))


def test_the_contrast_is_a_class_minus_the_mean_of_the_others():
    expected = [[-0.5, 1.0, -0.5], [1.0, -0.5, -0.5]]
    np.testing.assert_allclose(coefficients(np.array([1, 0]), 3), expected)
    alone = [[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
    np.testing.assert_allclose(coefficients(np.array([1, 0]), 3, "logit"), alone)
