"""Heads against scikit-learn, against plain loops, and under changes of scale."""

import re
import warnings
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from hrcam import heads as module
from hrcam.heads import (
    PENALTIES,
    Head,
    agreement,
    fit_heads,
    fit_sets,
    layer_shares,
    split,
)
from hrcam.logistic import fit_logistic, log_loss
from hrcam.pools import Pool
from hrcam.standard import activation_pattern

LAYERS = (("shallow", 3), ("middle", 2), ("deep", 4))


def make_pool(seed=0, images=80, classes=2):
    """Pool of nine features that tell the classes apart, but not quite."""
    rng = np.random.default_rng(seed)
    labels = np.arange(images) % classes
    means = np.random.default_rng(99).normal(size=(classes, 9))
    mixing = np.eye(9) + 0.2 * np.random.default_rng(98).normal(size=(9, 9))
    features = (rng.normal(size=(images, 9)) + 0.4 * means[labels]) @ mixing
    return Pool(LAYERS, features * 10.0 ** np.arange(-4, 5) + 3, labels)


def stacked(head):
    return np.concatenate([head.weights[name] for name, _ in LAYERS])


def standard(pool, like=None):
    like = pool if like is None else like
    mean, sd = like.features.mean(axis=0), like.features.std(axis=0)
    return Pool(pool.layers, (pool.features - mean) / sd, pool.labels)


@pytest.fixture(scope="module", params=[2, 3], ids=["two", "three"])
def fitted(request):
    training, validation = (
        make_pool(1, 90, request.param),
        make_pool(2, 31, request.param),
    )
    return training, validation, fit_heads(training, validation, request.param)


def sklearn_fit(pool, classes, penalty):
    """Fit at the same penalty; with two classes it keeps one vector, the difference."""
    strength = (2 if classes == 2 else 1) / (penalty * len(pool.labels))
    model = LogisticRegression(C=strength, tol=1e-12, max_iter=20000)
    with warnings.catch_warnings():  # its line search grumbles at so small a tolerance
        warnings.simplefilter("ignore")
        model.fit(pool.features, pool.labels)
    if classes == 2:
        half = model.coef_[0] / 2
        cut = model.intercept_[0] / 2
        return np.stack([-half, half], axis=1), np.array([-cut, cut])
    bias = model.intercept_ - model.intercept_.mean()
    return (model.coef_ - model.coef_.mean(axis=0)).T, bias


@pytest.mark.parametrize("penalty", [1.0, 1e-2, 1e-3])
@pytest.mark.parametrize("classes", [2, 3])
def test_the_fit_equals_scikit_learn_at_the_same_penalty(classes, penalty):
    pool = standard(make_pool(3, 50, classes))
    weights, bias = fit_logistic(pool, classes, penalty)
    expected_weights, expected_bias = sklearn_fit(pool, classes, penalty)
    np.testing.assert_allclose(weights, expected_weights, atol=1e-4)
    np.testing.assert_allclose(bias, expected_bias, atol=1e-4)


def test_the_convex_head_predicts_as_scikit_learn_at_its_penalty(fitted):
    training, validation, heads = fitted
    classes = heads["convex"].bias.size
    found = heads["convex"].logits(validation)
    weights, bias = sklearn_fit(standard(training), classes, heads["convex"].penalty)
    expected = standard(validation, training).features @ weights + bias
    np.testing.assert_allclose(
        found - found.mean(axis=1, keepdims=True),
        expected - expected.mean(axis=1, keepdims=True),
        atol=2e-3,
    )
    np.testing.assert_array_equal(found.argmax(axis=1), expected.argmax(axis=1))


@settings(deadline=None, max_examples=10)
@given(
    seed=st.integers(0, 2**32 - 1),
    classes=st.integers(2, 4),
    penalty=st.sampled_from([3.0, 0.1, 0.01]),
)
def test_the_loss_is_flat_at_the_optimum(seed, classes, penalty):
    """Probabilities by a plain loop; every partial derivative is zero."""
    pool = standard(make_pool(seed, 24, classes))
    weights, bias = fit_logistic(pool, classes, penalty)
    slope = penalty * weights
    slope_bias = np.zeros(classes)
    for x, y in zip(pool.features, pool.labels, strict=True):
        odds = np.exp(x @ weights + bias)
        for k in range(classes):
            error = (odds[k] / odds.sum() - (k == y)) / 24
            slope[:, k] += error * x
            slope_bias[k] += error
    assert np.abs(slope).max() < 1e-5
    assert np.abs(slope_bias).max() < 1e-5
    np.testing.assert_allclose(weights.sum(axis=1), 0, atol=1e-10)
    assert bias.sum() == pytest.approx(0, abs=1e-10)


def test_weights_of_every_head_are_centered_over_the_classes(fitted):
    _, _, heads = fitted
    assert list(heads) == ["convex", "pattern", "centroid"]
    for head in heads.values():
        table = stacked(head)
        np.testing.assert_allclose(
            table.sum(axis=1), 0, atol=1e-9 * np.abs(table).max(axis=1).max()
        )
        assert np.abs(table).max() > 0


def test_weights_are_centered_also_where_the_classes_differ_in_number():
    pool = make_pool(11, 80, 3)
    keep = (pool.labels != 2) | (np.arange(80) % 4 == 0)
    uneven = Pool(pool.layers, pool.features[keep], pool.labels[keep])
    for head in fit_heads(uneven, uneven, 3).values():
        table = stacked(head)
        size = np.abs(table).max(axis=1)
        assert (np.abs(table.sum(axis=1)) < 1e-9 * size).all()


def test_the_pattern_is_the_covariance_times_the_filter(fitted):
    training, _, heads = fitted
    scale = training.features.std(axis=0)
    inside = standard(training).features
    filters = stacked(heads["convex"]) * scale[:, None]
    count, width = inside.shape
    expected = np.zeros_like(filters)
    for i in range(width):
        for j in range(width):
            covariance = sum(inside[n, i] * inside[n, j] for n in range(count)) / count
            expected[i] += covariance * filters[j]
    found = stacked(heads["pattern"]) * scale[:, None]
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-9)


def test_the_centroid_worked_by_hand():
    """Means 1 and 3, standard deviation 1: standardized -1 and 1, over the scale 1."""
    pool = Pool(
        (("only", 1),), np.array([[1.0], [3.0], [1.0], [3.0]]), np.arange(4) % 2
    )
    head = fit_heads(pool, pool, 2)["centroid"]
    np.testing.assert_allclose(head.weights["only"], [[-1.0, 1.0]])
    doubled = Pool(pool.layers, 2 * pool.features, pool.labels)
    head = fit_heads(doubled, doubled, 2)["centroid"]
    np.testing.assert_allclose(head.weights["only"], [[-0.5, 0.5]])


def test_the_centroid_of_three_classes_is_the_distance_from_their_mean():
    pool = make_pool(5, 90, 3)
    inside = standard(pool).features
    means = np.stack([inside[pool.labels == k].mean(axis=0) for k in range(3)], axis=1)
    expected = means - means.mean(axis=1, keepdims=True)
    found = stacked(fit_heads(pool, pool, 3)["centroid"])
    found *= pool.features.std(axis=0)[:, None]
    np.testing.assert_allclose(found, expected, atol=1e-10)


@settings(deadline=None, max_examples=8)
@given(
    factor=st.floats(0.01, 100),
    shift=st.floats(-20, 20),
    channel=st.integers(0, 8),
)
def test_the_scale_of_a_channel_folds_back(factor, shift, channel):
    """Another unit for one channel changes its weights alone, and no logit."""
    training, validation = make_pool(6, 80), make_pool(7, 20)
    spread = training.features[:, channel].std()

    def changed(pool):
        features = pool.features.copy()
        features[:, channel] = factor * features[:, channel] + shift * spread
        return Pool(pool.layers, features, pool.labels)

    with patch.object(module, "PENALTIES", (0.3, 0.03)):  # two are enough, and quick
        plain = fit_heads(training, validation, 2)
        other = fit_heads(changed(training), changed(validation), 2)
    np.testing.assert_allclose(
        other["convex"].logits(changed(validation)),
        plain["convex"].logits(validation),
        rtol=1e-4,
        atol=1e-4,
    )
    for name, head in plain.items():
        expected = stacked(head)
        expected[channel] /= factor
        np.testing.assert_allclose(
            stacked(other[name]),
            expected,
            rtol=1e-3,
            atol=1e-6 * np.abs(expected).max(axis=1, keepdims=True).min(),
        )


def test_a_constant_feature_gets_no_weight():
    pool = make_pool(8)
    pool.features[:, 4] = 0.1
    for head in fit_heads(pool, pool, 2).values():
        np.testing.assert_array_equal(stacked(head)[4], 0)
        assert np.isfinite(stacked(head)).all()


def test_features_that_are_all_constant_give_no_weight_at_all():
    pool = Pool(LAYERS, np.full((6, 9), 2.5), np.arange(6) % 2)
    for head in fit_heads(pool, pool, 2).values():
        np.testing.assert_array_equal(stacked(head), 0)


def test_a_second_fit_has_the_same_bits(fitted):
    training, validation, heads = fitted
    again = fit_heads(training, validation, heads["convex"].bias.size)
    for name, head in heads.items():
        np.testing.assert_array_equal(stacked(head), stacked(again[name]))
        np.testing.assert_array_equal(head.bias, again[name].bias)
        assert head.path == again[name].path


def test_the_penalty_is_the_one_of_lowest_validation_loss(fitted):
    training, validation, heads = fitted
    head = heads["convex"]
    assert [penalty for penalty, _ in head.path] == list(PENALTIES)
    losses = dict(head.path)
    assert losses[head.penalty] == min(losses.values())
    assert losses[head.penalty] == pytest.approx(
        log_loss(head.logits(validation), validation.labels), abs=1e-8
    )
    # Tried anew at that penalty alone, from zero: the same loss.
    weights, bias = fit_logistic(standard(training), head.bias.size, head.penalty)
    outside = standard(validation, training).features
    assert log_loss(outside @ weights + bias, validation.labels) == pytest.approx(
        losses[head.penalty], abs=1e-4
    )


def test_patterns_and_centroids_predict_nothing(fitted):
    training, validation, heads = fitted
    for name in ("pattern", "centroid"):
        assert np.isnan(heads[name].bias).all()
        assert np.isnan(heads[name].logits(validation)).all()
        assert heads[name].path == ()
    assert heads["pattern"].penalty == heads["convex"].penalty
    assert np.isnan(heads["centroid"].penalty)
    assert len(training.labels) == 90


def test_the_log_loss_worked_by_hand():
    logits = np.log(np.array([[0.25, 0.75], [0.5, 0.5]]))
    expected = -(np.log(0.75) + np.log(0.5)) / 2
    assert log_loss(logits, np.array([1, 0])) == pytest.approx(expected)


def test_layers_shares_add_up_to_one(fitted):
    training, _, heads = fitted
    for head in heads.values():
        shares = layer_shares(head, training)
        assert list(shares) == ["shallow", "middle", "deep"]
        assert sum(shares.values()) == pytest.approx(1)
        assert min(shares.values()) >= 0


def test_layers_shares_worked_by_hand():
    pool = Pool((("a", 1), ("b", 1)), np.array([[1.0, 0.0], [3.0, 2.0]]), np.arange(2))
    weights = {"a": np.array([[-3.0, 3.0]]), "b": np.array([[-1.0, 1.0]])}
    shares = layer_shares(Head("base", weights, np.zeros(2)), pool)
    assert shares == pytest.approx({"a": 0.75, "b": 0.25})


def test_a_head_that_never_responds_has_no_shares():
    pool = make_pool()
    head = Head("base", split(np.zeros((9, 2)), LAYERS), np.zeros(2))
    assert all(np.isnan(share) for share in layer_shares(head, pool).values())


def test_a_pool_of_some_layers_keeps_their_columns_in_the_network_s_order():
    pool = make_pool()
    some = pool.only(("deep", "shallow"))
    assert some.layers == (("shallow", 3), ("deep", 4))
    np.testing.assert_array_equal(
        some.features, pool.features[:, [0, 1, 2, 5, 6, 7, 8]]
    )
    np.testing.assert_array_equal(some.labels, pool.labels)
    np.testing.assert_array_equal(
        pool.only(("middle",)).features, pool.features[:, 3:5]
    )


def test_split_cuts_at_the_layers():
    table = np.arange(18.0).reshape(9, 2)
    parts = split(table, LAYERS)
    assert [len(parts[name]) for name, _ in LAYERS] == [3, 2, 4]
    np.testing.assert_array_equal(np.concatenate(list(parts.values())), table)


def test_logits_add_the_layers_up():
    pool = make_pool()
    table, bias = np.random.default_rng(4).normal(size=(9, 3)), np.array([1.0, 0, -1])
    head = Head("base", split(table, LAYERS), bias)
    expected = bias + sum(
        pool.only((name,)).features @ head.weights[name] for name, _ in LAYERS
    )
    np.testing.assert_allclose(head.logits(pool), expected)


def test_columns_must_add_up():
    message = (
        "features must have one column per channel of (('shallow', 3), ('deep', 4)), "
        "got 9 for 7"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        Pool((("shallow", 3), ("deep", 4)), np.zeros((2, 9)), np.zeros(2, int))


def test_every_class_must_have_training_images():
    pool = make_pool(classes=2)
    message = "every class must have training images, got none for [2, 3]"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        fit_heads(pool, pool, 4)


def test_every_set_of_layers_has_the_heads_of_its_own_pool(fitted):
    training, validation, heads = fitted
    classes = heads["convex"].bias.size
    sets = (("shallow", "middle", "deep"), ("deep",), ("shallow", "deep"))
    found = fit_sets(training, validation, classes, sets)
    assert list(found) == list(sets)
    for names in sets:
        alone = fit_heads(training.only(names), validation.only(names), classes)
        for name, head in found[names].items():
            assert list(head.weights) == [n for n, _ in LAYERS if n in names]
            assert head.penalty == pytest.approx(alone[name].penalty, nan_ok=True)
            for layer, table in head.weights.items():
                np.testing.assert_allclose(table, alone[name].weights[layer], rtol=1e-6)


def test_sets_are_standardized_once(fitted):
    training, validation, heads = fitted
    sets = [("deep",), ("middle",), ("shallow",)]
    with patch.object(module, "standardize", wraps=module.standardize) as spy:
        fit_sets(training, validation, heads["convex"].bias.size, sets)
    assert spy.call_count == 1


def test_layers_that_a_pool_has_not_are_refused():
    message = "layers must be some of shallow, middle, deep, got 'last'"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        make_pool().only(("deep", "last"))


def test_a_validation_without_images_is_refused():
    pool = make_pool()
    none = Pool(LAYERS, np.empty((0, 9)), np.empty(0, int))
    message = "validation must have images to choose the penalty, got none"
    with pytest.raises(ValueError, match=f"^{message}$"):
        fit_heads(pool, none, 2)


@pytest.mark.parametrize("shape", [(40, 300), (300, 40)], ids=["wide", "tall"])
@pytest.mark.parametrize("classes", [2, 4])
def test_the_pattern_is_exact_whatever_the_scale(shape, classes):
    """Against the covariance in extended precision, to one part in a million."""
    rng = np.random.default_rng(8)
    mixing = rng.normal(size=(shape[1], shape[1]))
    features = rng.normal(size=shape) @ mixing * 10.0 ** rng.integers(-8, 9, shape[1])
    features += 1e3 * np.abs(features).max(axis=0)
    weights = rng.normal(size=(shape[1], classes)) / features.std(axis=0)[:, None]
    wide = features.astype(np.longdouble)
    wide -= wide.mean(axis=0)
    expected = (wide.T @ wide / len(wide)) @ weights.astype(np.longdouble)
    found = activation_pattern(features, weights)
    size = np.abs(expected).max(axis=1, keepdims=True)
    assert (np.abs(found - expected) <= 1e-6 * size).all()


def test_layers_shares_of_several_classes():
    """Centered parts: (2, -1, -1) and (0, 1, -1), so 6 against 2 of the variance."""
    features = np.array([[1.0, 0.0], [3.0, 2.0]])
    pool = Pool((("a", 1), ("b", 1)), features, np.arange(2))
    weights = {"a": np.array([[5.0, 2.0, 2.0]]), "b": np.array([[7.0, 8.0, 6.0]])}
    shares = layer_shares(Head("base", weights, np.zeros(3)), pool)
    assert shares["a"] / shares["b"] == pytest.approx(np.sqrt(6 / 2))
    assert sum(shares.values()) == pytest.approx(1)


def test_agreement_counts_equal_classes(fitted):
    training, validation, heads = fitted
    predicted = heads["convex"].logits(validation).argmax(axis=1)
    assert agreement(heads["convex"], validation, predicted) == 1
    changed = predicted.copy()
    changed[:4] = (changed[:4] + 1) % heads["convex"].bias.size
    found = agreement(heads["convex"], validation, changed)
    assert found == pytest.approx(1 - 4 / len(changed))
    assert np.isnan(agreement(heads["pattern"], validation, predicted))
    none = Pool(LAYERS, training.features[:0], training.labels[:0])
    assert np.isnan(agreement(heads["convex"], none, predicted[:0]))
