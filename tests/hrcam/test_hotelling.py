"""The Hotelling head against linear discriminants, and with numbers worked by hand."""

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from hrcam.hotelling import fit_hotelling
from hrcam.moments import Moment, measure
from hrcam.pools import Pool


def make_images(classes=2, images=60, seed=0):
    """Feature maps of two layers with correlated channels, and what heads need."""
    rng = np.random.default_rng(seed)
    labels = np.arange(images) % classes
    maps = {}
    for name, size, channels in (("shallow", (4, 6), 3), ("deep", (2, 3), 5)):
        mixing = rng.normal(size=(channels, channels))
        shift = rng.normal(size=(classes, channels))
        noise = rng.normal(size=(images, *size, channels)) @ mixing
        maps[name] = noise + shift[labels][:, None, None]
    layers = tuple((name, x.shape[-1]) for name, x in maps.items())
    pooled = np.concatenate([x.mean(axis=(1, 2)) for x in maps.values()], axis=1)
    return maps, Pool(layers, pooled, labels)


def test_two_classes_worked_by_hand():
    """Variances 4 and 1, difference (2, 1): (2/4, 1/1) over 1 + ridge."""
    pool = Pool((("only", 2),), np.array([[0.0, 0.0], [2.0, 1.0]]), np.arange(2))
    products = np.stack([np.diag([4.0, 1.0]), np.diag([9.0, 9.0])])
    moment = Moment(np.ones(2), np.zeros((2, 2)), products)
    head = fit_hotelling(pool, {"only": moment}, 2, ridge=0.25)
    expected = np.array([0.5, 1.0]) / 1.25 / 2
    np.testing.assert_allclose(head.weights["only"], np.stack([-expected, expected], 1))
    assert head.name == "hotelling"
    assert np.isnan(head.bias).all()


def test_it_is_the_discriminant_of_the_pixels():
    """One covariance for both classes and no ridge: scikit-learn's, up to scale."""
    maps, pool = make_images()
    moments = measure([(maps, pool.labels)], 2)
    for name, moment in moments.items():
        both = np.stack([(moment.covariance(0) + moment.covariance(1)) / 2] * 2)
        width = both.shape[-1]
        same = Moment(np.ones(2), np.zeros((2, width)), both)
        found = fit_hotelling(pool.only((name,)), {name: same}, 2, ridge=1e-12)
        pixels = maps[name].reshape(-1, width)
        truth = np.repeat(pool.labels, len(pixels) // len(pool.labels))
        model = LinearDiscriminantAnalysis().fit(pixels, truth)
        weights = found.weights[name][:, 1]
        cosine = weights @ model.coef_[0]
        cosine /= np.linalg.norm(weights) * np.linalg.norm(model.coef_[0])
        assert cosine == pytest.approx(1, abs=1e-6)


def test_the_reference_of_two_classes_is_the_first():
    maps, pool = make_images()
    moments = measure([(maps, pool.labels)], 2)
    found = fit_hotelling(pool, moments, 2)
    for name, moment in moments.items():
        healthy = moment.covariance(0)
        table = healthy + 0.1 * np.diag(np.diag(healthy))
        some = pool.only((name,)).features
        change = some[pool.labels == 1].mean(axis=0) - some[pool.labels == 0].mean(0)
        expected = np.linalg.solve(table, change)
        weights = found.weights[name]
        np.testing.assert_allclose(weights[:, 1] - weights[:, 0], expected)
        np.testing.assert_allclose(weights.sum(axis=1), 0, atol=1e-12)


def test_several_classes_have_the_others_for_reference():
    maps, pool = make_images(4, 70)
    moments = measure([(maps, pool.labels)], 4)
    found = fit_hotelling(pool, moments, 4)
    for name, moment in moments.items():
        some = pool.only((name,)).features
        means = [some[pool.labels == k].mean(axis=0) for k in range(4)]
        table = np.empty((some.shape[1], 4))
        for label in range(4):
            others = [k for k in range(4) if k != label]
            spread = sum(moment.covariance(k) for k in others) / 3
            spread = spread + 0.1 * np.diag(np.diag(spread))
            change = means[label] - sum(means[k] for k in others) / 3
            table[:, label] = np.linalg.solve(spread, change)
        table -= table.mean(axis=1, keepdims=True)
        np.testing.assert_allclose(found.weights[name], table, rtol=1e-9)


def test_the_unit_of_a_channel_folds_back():
    maps, pool = make_images(3)
    plain = fit_hotelling(pool, measure([(maps, pool.labels)], 3), 3)
    maps["deep"][..., 2] *= 1e4
    features = pool.features.copy()
    features[:, 5] *= 1e4
    other = fit_hotelling(
        Pool(pool.layers, features, pool.labels),
        measure([(maps, pool.labels)], 3),
        3,
    )
    plain.weights["deep"][2] /= 1e4
    for name, weights in plain.weights.items():
        np.testing.assert_allclose(other.weights[name], weights, rtol=1e-6)


def test_dead_and_collinear_channels_leave_finite_weights():
    maps, pool = make_images()
    maps["shallow"][..., 1] = 0
    maps["deep"][..., 3] = 2 * maps["deep"][..., 0]
    features = np.concatenate([x.mean(axis=(1, 2)) for x in maps.values()], axis=1)
    some = Pool(pool.layers, features, pool.labels)
    head = fit_hotelling(some, measure([(maps, pool.labels)], 2), 2)
    np.testing.assert_array_equal(head.weights["shallow"][1], 0)
    assert all(np.isfinite(w).all() for w in head.weights.values())
    dead = {name: np.zeros_like(x) for name, x in maps.items()}
    none = Pool(pool.layers, np.zeros_like(features), pool.labels)
    head = fit_hotelling(none, measure([(dead, pool.labels)], 2), 2)
    assert all((w == 0).all() for w in head.weights.values())


def test_what_is_no_ridge_is_refused():
    maps, pool = make_images()
    with pytest.raises(ValueError, match=r"^ridge must be above 0, got 0\.0$"):
        fit_hotelling(pool, measure([(maps, pool.labels)], 2), 2, ridge=0.0)
