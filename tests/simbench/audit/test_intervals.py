import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from simbench.audit import auroc_interval
from simbench.audit.intervals import PERMUTATIONS, areas, permuted


@given(st.integers(0, 2**32), st.integers(5, 60), st.integers(5, 60), st.booleans())
@settings(deadline=None)
def test_the_area_is_that_of_scikit_learn(seed, high, low, ties):
    random = np.random.default_rng(seed)
    positive = np.arange(high + low) < high
    scores = random.normal(size=high + low) + 0.5 * positive
    if ties:
        scores = np.round(scores)
    area, below, above = auroc_interval(scores, positive)
    assert area == pytest.approx(roc_auc_score(positive, scores))
    assert 0 <= below <= area <= above <= 1
    columns = np.stack([scores, -scores, scores**2], axis=1)
    labels = np.stack([positive, positive, ~positive], axis=1)
    expected = [roc_auc_score(y, s) for y, s in zip(labels.T, columns.T, strict=True)]
    assert areas(columns, labels) == pytest.approx(expected)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    random, held = np.random.default_rng(0), 0
    positive = np.arange(120) < 60
    for _ in range(400):
        scores = random.normal(size=120) + positive
        _, low, high = auroc_interval(scores, positive)
        held += low <= 0.7602 <= high  # Phi(1 / sqrt(2))
    assert 0.91 < held / 400 < 0.985


def test_an_interval_worked_by_hand():
    scores = np.array([1.0, 3.0, 2.0, 0.0])
    area, low, high = auroc_interval(scores, np.array([True, True, False, False]))
    # placements 0.5, 1 above and 0.5, 1 below: variances 1/8, over 2 images each
    assert area == 0.75
    half = 1.959964 * np.sqrt(2 * 0.125 / 2)
    assert (low, high) == (pytest.approx(0.75 - half), 1.0)


@pytest.mark.parametrize(("folds", "factor"), [(2, 3.0), (5, 2.25), (10, 1 + 10 / 9)])
def test_folds_widen_the_interval_as_nadeau_and_bengio_say(folds, factor):
    random = np.random.default_rng(0)
    positive = np.arange(200) < 100
    scores = random.normal(size=200) + positive
    area, low, _ = auroc_interval(scores, positive)
    _, wide, _ = auroc_interval(scores, positive, None, folds)
    assert area - wide == pytest.approx(np.sqrt(factor) * (area - low))


def test_images_of_one_subject_do_not_make_an_interval_narrower():
    random = np.random.default_rng(0)
    positive = np.arange(60) < 25
    scores = random.normal(size=60) + positive
    alone = auroc_interval(scores, positive)
    again = np.repeat(np.arange(60), 4)
    copies = auroc_interval(scores[again], positive[again], again)
    assert copies == pytest.approx(alone)
    naive = auroc_interval(scores[again], positive[again])
    assert naive[1] - alone[1] > 0.03


def test_subjects_with_both_kinds_count_as_obuchowski_says():
    """A subject's positive and negative image go up together: the area is surer."""
    random, found = np.random.default_rng(0), []
    codes = np.repeat(np.arange(40), 2)
    positive = np.tile([True, False], 40)
    halves = []
    for _ in range(300):
        level = np.repeat(random.normal(size=40), 2)
        scores = level + 0.3 * random.normal(size=80) + 0.5 * positive
        area, low, _ = auroc_interval(scores, positive, codes)
        found.append(area)
        halves.append((area - low) / 1.959964)
    assert np.mean(halves) == pytest.approx(np.std(found), rel=0.12)
    _, low, _ = auroc_interval(scores, positive)
    assert area - low > 1.5 * 1.959964 * np.mean(halves)


def test_deals_keep_subjects_and_folds():
    random = np.random.default_rng(0)
    subjects = np.repeat(np.arange(30), 3)
    label = random.permutation(np.arange(30) < 12)
    fold = random.integers(0, 4, 30)
    deals = permuted(label[subjects], fold[subjects], subjects)
    assert deals.shape == (PERMUTATIONS, 90)
    by_subject = deals.reshape(PERMUTATIONS, 30, 3)
    assert (by_subject == by_subject[:, :, :1]).all()
    for k in range(4):
        counts = by_subject[:, fold == k, 0].sum(axis=1)
        assert (counts == label[fold == k].sum()).all()
    assert len(np.unique(deals, axis=0)) > 0.95 * PERMUTATIONS
    share = by_subject[:, :, 0].mean(axis=0)
    expected = [label[fold == k].mean() for k in fold]
    assert share == pytest.approx(expected, abs=0.15)


def test_subjects_of_both_kinds_cannot_be_dealt():
    positive = np.array([True, False, False])
    assert permuted(positive, np.zeros(3, int), np.array([0, 0, 1])) is None
