import numpy as np
import pytest
from scipy.stats import binom
from sklearn.linear_model import Ridge
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from simbench.audit import auroc_interval, models
from simbench.audit.intervals import permuted
from simbench.audit.models import (
    PENALTY,
    boosted,
    linear,
    one_thread,
    permutation_p,
    unseen_scores,
)


@pytest.fixture(autouse=True)
def alone():
    with one_thread():
        yield


def drawn(seed, count=200, width=4, shift=0.0):
    random = np.random.default_rng(seed)
    positive = random.permutation(np.arange(count) % 2 == 0)
    features = random.normal(size=(count, width))
    features[:, 0] += shift * positive
    folds = np.empty(count, int)
    for kind in (positive, ~positive):
        folds[kind] = random.permutation(int(kind.sum())) % 5
    return features, positive, folds


@pytest.mark.parametrize("fit", [linear, boosted])
def test_what_tells_the_classes_is_found(fit):
    scores = unseen_scores(fit, *drawn(0, 400, shift=3.0), least=6)
    assert roc_auc_score(drawn(0, 400)[1], scores) > 0.95


def test_a_classifier_never_sees_what_it_scores():
    features, positive, folds = drawn(0, 40, width=60)  # enough to learn by heart
    inside = linear(40).fit(features, positive).decision_function(features)
    assert roc_auc_score(positive, inside) == 1
    found = []
    for seed in range(20):
        features, positive, folds = drawn(seed, 40, width=60)
        scores = unseen_scores(linear, features, positive, folds, 6)
        found.append(roc_auc_score(positive, scores))
    assert np.mean(found) == pytest.approx(0.5, abs=0.08)


def test_boosted_trees_find_what_lines_do_not():
    features, positive, folds = drawn(0, 600)
    features[positive, 0] *= 3
    line, trees = (
        roc_auc_score(positive, unseen_scores(fit, features, positive, folds, 6))
        for fit in (linear, boosted)
    )
    assert line < 0.6
    assert trees > 0.7


def test_too_few_images_of_a_kind_give_no_scores():
    features, positive, folds = drawn(0, 20)
    assert unseen_scores(linear, features, positive, folds, 8) is not None
    assert unseen_scores(linear, features, positive, folds, 9) is None


@pytest.mark.parametrize("scale", [0.0, 1e-6, 1e6])
def test_scale_does_not_matter_nor_does_a_feature_that_never_changes(scale):
    features, positive, folds = drawn(0, shift=1.0)
    alone = unseen_scores(linear, features, positive, folds, 6)
    more = np.column_stack([features, np.full(len(features), scale)])
    more[:, 1] *= 1e4
    assert unseen_scores(linear, more, positive, folds, 6) == pytest.approx(alone)


def test_classes_that_are_told_perfectly_raise_no_warning():
    features, positive, folds = drawn(0)
    features[:, 1] = positive
    scores = unseen_scores(linear, features, positive, folds, 6)
    assert roc_auc_score(positive, scores) == 1


@pytest.mark.parametrize("fit", [linear, boosted])
def test_threads_do_not_matter(fit):
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads), one_thread():
            found.append(unseen_scores(fit, *drawn(0, 500, 30, 1.0), least=6))
    assert (found[0] == found[1]).all()


@pytest.mark.parametrize("width", [1, 12])
def test_the_interval_holds_one_half_where_nothing_tells_the_classes(width):
    """Without the factor for overlapping training sets it misses it too often."""
    missed = 0
    for seed in range(120):
        features, positive, folds = drawn(seed, 120, width)
        scores = unseen_scores(linear, features, positive, folds, 6)
        _, low, high = auroc_interval(scores, positive, None, 5)
        missed += not low <= 0.5 <= high
    assert missed <= binom.ppf(0.999, 120, 0.05)


@pytest.mark.parametrize("together", [models.DEALT, 7 * 60])
def test_the_permutation_test_is_that_of_a_plain_loop(together, monkeypatch):
    monkeypatch.setattr(models, "DEALT", together)
    features, positive, folds = drawn(3, 60, shift=0.6)
    deals = permuted(positive, folds, np.arange(60))
    found = []
    for labels in (positive, *deals):
        scores = np.empty(60)
        for fold in range(5):
            train, test = folds != fold, folds == fold
            center, scale = features[train].mean(0), features[train].std(0)
            model = Ridge(PENALTY * train.sum())
            model.fit((features[train] - center) / scale, labels[train])
            scores[test] = (features[test] - center) / scale @ model.coef_
        found.append(roc_auc_score(labels, scores))
    expected = np.mean(np.array(found) >= found[0] - 1e-12)
    assert permutation_p(features, positive, folds, deals) == pytest.approx(expected)
    assert 1 / 200 < expected < 0.9


def test_p_values_are_uniform_where_nothing_tells_the_classes():
    found = []
    for seed in range(100):
        features, positive, folds = drawn(seed, 80)
        deals = permuted(positive, folds, np.arange(80))
        found.append(permutation_p(features, positive, folds, deals))
    assert np.mean(np.array(found) <= 0.1) <= binom.ppf(0.999, 100, 0.1) / 100
    assert np.mean(found) == pytest.approx(0.5, abs=0.12)
    features, positive, folds = drawn(0, 80, shift=2.0)
    deals = permuted(positive, folds, np.arange(80))
    assert permutation_p(features, positive, folds, deals) == 1 / 200
