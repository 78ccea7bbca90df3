"""Fits at the edges of what can be fitted; paths; and the same from other starts."""

import re
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import logsumexp
from sklearn.linear_model import LogisticRegression

from hrcam import newton
from hrcam.heads import fit_heads
from hrcam.logistic import fit_logistic, fit_path, subspace
from hrcam.pools import Pool

LAYERS = (("shallow", 3), ("deep", 4))


def make_pool(seed=0, images=50, classes=3, layers=LAYERS):
    rng = np.random.default_rng(seed)
    width = sum(count for _, count in layers)
    labels = np.arange(images) % classes
    shift = 0.5 * rng.normal(size=(classes, width))
    features = rng.normal(size=(images, width)) + shift[labels]
    return Pool(layers, features, labels)


def slope(pool, weights, bias, penalty):
    """Return the gradient of the penalized loss, written out in class space."""
    logits = pool.features @ weights + bias
    chances = np.exp(logits - logsumexp(logits, axis=1, keepdims=True))
    errors = (chances - np.eye(len(bias))[pool.labels]) / len(logits)
    return np.vstack([pool.features.T @ errors + penalty * weights, errors.sum(axis=0)])


PENALTIES = (10.0, 0.3, 1e-2, 1e-4)


@pytest.mark.parametrize("classes", [2, 3, 5])
@pytest.mark.parametrize("width", [7, 120], ids=["tall", "wide"])
def test_every_fit_of_a_path_is_an_optimum(classes, width):
    pool = make_pool(1, 60, classes, (("shallow", 3), ("deep", width - 3)))
    for (weights, bias), penalty in zip(
        fit_path(pool, classes, PENALTIES), PENALTIES, strict=True
    ):
        assert np.linalg.norm(slope(pool, weights, bias, penalty)) < 2e-10
        np.testing.assert_allclose(weights.sum(axis=1), 0, atol=1e-12)
        assert bias.sum() == pytest.approx(0, abs=1e-12)
        alone, its = fit_logistic(pool, classes, penalty)
        np.testing.assert_allclose(weights, alone, atol=1e-5)
        np.testing.assert_allclose(bias, its, atol=1e-5)


@pytest.mark.parametrize("classes", [2, 3])
def test_another_minimizer_finds_the_same(classes):
    pool = make_pool(2, 40, classes)

    def loss(flat):
        table = flat.reshape(8, classes)
        logits = pool.features @ table[:-1] + table[-1]
        right = logits[np.arange(40), pool.labels]
        cross = (logsumexp(logits, axis=1) - right).mean()
        return cross + 0.05 / 2 * (table[:-1] ** 2).sum()

    found = minimize(loss, np.zeros(8 * classes), tol=1e-12).x.reshape(8, classes)
    weights, bias = fit_logistic(pool, classes, 0.05)
    np.testing.assert_allclose(weights, found[:-1], atol=1e-4)
    np.testing.assert_allclose(bias, found[-1] - found[-1].mean(), atol=1e-4)


@pytest.mark.parametrize("classes", [2, 4])
def test_the_chosen_penalty_s_weights_equal_scikit_learn(classes):
    training = make_pool(3, 90, classes)
    validation = make_pool(3, 30, classes)
    head = fit_heads(training, validation, classes)["convex"]
    sd = training.features.std(axis=0)
    features = (training.features - training.features.mean(axis=0)) / sd
    strength = (2 if classes == 2 else 1) / (head.penalty * 90)
    model = LogisticRegression(C=strength, tol=1e-10, max_iter=5000)
    model.fit(features, training.labels)
    expected = model.coef_.T
    if classes == 2:
        expected = np.hstack([-expected, expected]) / 2
    expected = expected - expected.mean(axis=1, keepdims=True)
    found = np.concatenate([head.weights[name] for name, _ in LAYERS])
    np.testing.assert_allclose(found * sd[:, None], expected, atol=1e-4)


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 500), size=st.floats(0, 30))
def test_the_start_does_not_change_the_end(seed, size):
    pool = make_pool(seed % 7, 30)
    begin = size * np.random.default_rng(seed).normal(size=8 * 3)
    weights, bias = fit_logistic(pool, 3, 0.02, begin)
    expected, its = fit_logistic(pool, 3, 0.02)
    np.testing.assert_allclose(weights, expected, atol=1e-7)
    np.testing.assert_allclose(bias, its, atol=1e-7)


def test_a_start_is_turned_into_the_images_subspace():
    pool = make_pool(4, 9, 3, (("shallow", 20), ("deep", 10)))
    begin = np.random.default_rng(0).normal(size=31 * 3)
    weights, bias = fit_logistic(pool, 3, 0.02, begin)
    assert np.linalg.norm(slope(pool, weights, bias, 0.02)) < 2e-10


@pytest.mark.parametrize("width", [7, 30], ids=["tall", "wide"])
def test_who_starts_at_the_optimum_stays_there(width):
    pool = make_pool(4, 20, 3, (("shallow", 3), ("deep", width - 3)))
    weights, bias = fit_logistic(pool, 3, 0.02)
    begin = np.vstack([weights, bias]).ravel()
    with patch.object(newton, "_conjugate") as steps:
        again, its = fit_logistic(pool, 3, 0.02, begin)
    assert not steps.called
    np.testing.assert_allclose(again, weights, atol=1e-9)
    np.testing.assert_allclose(its, bias, atol=1e-9)


def test_the_subspace_holds_all_that_the_images_show():
    features = np.random.default_rng(0).normal(size=(6, 20))
    coordinates, turn = subspace(features)
    np.testing.assert_allclose(coordinates @ turn.T, features, atol=1e-12)
    np.testing.assert_allclose(turn.T @ turn, np.eye(6), atol=1e-12)
    same, none = subspace(features.T)
    assert none is None
    np.testing.assert_array_equal(same, features.T)


def test_separable_classes_have_an_optimum_too():
    pool = make_pool(5, 40, 2)
    pool.features[:, 2] = np.where(pool.labels == 1, 1.0, -1.0)
    weights, bias = fit_logistic(pool, 2, 1e-4)
    assert np.linalg.norm(slope(pool, weights, bias, 1e-4)) < 2e-10
    assert ((pool.features @ weights + bias).argmax(axis=1) == pool.labels).all()


def test_equal_features_share_their_weight():
    pool = make_pool(6)
    pool.features[:, 5] = pool.features[:, 1]
    weights, _ = fit_logistic(pool, 3, 1e-3)
    np.testing.assert_allclose(weights[5], weights[1], atol=1e-7)


def test_one_image_per_class_is_enough():
    pool = make_pool(7, 4, 4)
    weights, bias = fit_logistic(pool, 4, 0.1)
    assert ((pool.features @ weights + bias).argmax(axis=1) == np.arange(4)).all()
    for head in fit_heads(pool, pool, 4).values():
        assert all(np.isfinite(table).all() for table in head.weights.values())


def test_uneven_classes_have_an_uneven_bias():
    pool = make_pool(8, 60, 2)
    none = Pool(LAYERS, np.zeros((60, 7)), (np.arange(60) % 4 == 0).astype(int))
    weights, bias = fit_logistic(none, 2, 0.1)
    np.testing.assert_allclose(weights, 0, atol=1e-12)
    assert bias[1] - bias[0] == pytest.approx(np.log(1 / 3), abs=1e-8)
    assert len(pool.labels) == 60


def test_a_second_path_has_the_same_bits():
    pool = make_pool(9, 200, 3, (("shallow", 60), ("deep", 80)))
    for (one, its), (other, theirs) in zip(
        fit_path(pool, 3, PENALTIES), fit_path(pool, 3, PENALTIES), strict=True
    ):
        np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(its, theirs)


@pytest.mark.parametrize("penalty", [0.0, -1.0, float("nan")])
def test_penalties_without_an_optimum_are_refused(penalty):
    message = f"penalty must be above 0, got {penalty}; without it there is no optimum"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        fit_logistic(make_pool(), 3, penalty)


def test_a_class_without_images_is_refused():
    message = "every class must have training images, got none for [3]"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        fit_logistic(make_pool(), 4, 0.1)
