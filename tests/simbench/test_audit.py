import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from simbench.audit import PENALTY, _statistics, audit, auroc_interval, fit_logistic
from simbench.dataset import generate

SPLITS = {"train": 300, "validation": 40, "test": 60}


def checks(result):
    return {(c["features"], c["lesion"]): c for c in result["checks"]}


def test_a_planted_leak_is_found(tiny_with):
    recipe = tiny_with(
        {
            "splits": SPLITS,
            "size": [32, 32],
            "lesions.focal.sign": "positive",
            "lesions.focal.amplitude": [0.6, 0.8],
            "acquisition.gain": 0.0,
            "acquisition.offset": 0.0,
            "audit.budget": 0.6,
        }
    )
    result = generate(recipe).audit
    found = checks(result)
    assert found["histogram", "focal"]["auroc"] > 0.85
    assert found["histogram", "all"]["auroc"] > 0.65
    assert not found["histogram", "focal"]["within_budget"]
    assert found["border", "focal"]["within_budget"]
    assert not result["within_budget"]


def test_balanced_faint_lesions_under_jitter_do_not_leak(tiny_with):
    recipe = tiny_with(
        {
            "splits": SPLITS,
            "size": [32, 32],
            "lesions.focal.amplitude": [0.08, 0.12],
            "lesions.focal.count": [1, 2],
            "audit.budget": 0.62,
        }
    )
    result = generate(recipe).audit
    assert result["within_budget"]
    for check in result["checks"]:
        assert check["low"] < 0.55
        assert check["low"] <= check["auroc"] <= check["high"]


def test_a_border_that_tells_the_class_is_found(tiny_with):
    dataset = generate(tiny_with({"splits": SPLITS, "size": [24, 24]}))
    images = dataset.arrays["image"]
    images[dataset.index["label"] == 1, 0, :4] = 255
    assert checks(audit(dataset))["border", "all"]["auroc"] > 0.99


def test_the_result_names_what_it_measured_and_is_json(tiny):
    result = generate(tiny).audit
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert result["images"] == 44
    assert list(checks(result)) == [
        (features, lesion)
        for features in ("histogram", "border")
        for lesion in ("all", "focal", "texture_swap")
    ]
    row = checks(result)["histogram", "focal"]
    assert (row["normal"], row["abnormal"]) == (22, 11)


def test_too_few_images_are_no_number_and_no_leak(tiny_with):
    recipe = tiny_with({"splits": {"train": 8, "validation": 0, "test": 0}})
    result = generate(recipe).audit
    assert all(check["auroc"] is None for check in result["checks"])
    assert result["within_budget"]


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


def test_the_interval_holds_the_truth_as_often_as_it_says():
    random, held = np.random.default_rng(0), 0
    positive = np.arange(120) < 60
    for _ in range(400):
        scores = random.normal(size=120) + positive
        _, low, high = auroc_interval(scores, positive)
        held += low <= 0.7602 <= high  # Phi(1 / sqrt(2))
    assert 0.91 < held / 400 < 0.985


@given(st.integers(0, 2**32), st.floats(0, 20))
@settings(deadline=None, max_examples=30)
def test_the_fit_is_that_of_scikit_learn(seed, separation):
    random = np.random.default_rng(seed)
    positive = np.arange(80) < 40
    features = random.normal(size=(80, 3))
    features[:, 0] += separation * positive
    weights = fit_logistic(features, positive)
    reference = LogisticRegression(C=1 / (80 * PENALTY), tol=1e-10, max_iter=10_000)
    reference.fit(features, positive)
    assert weights[:-1] == pytest.approx(reference.coef_[0], rel=1e-3, abs=1e-3)
    assert weights[-1] == pytest.approx(reference.intercept_[0], rel=1e-3, abs=1e-3)


def test_a_feature_that_never_changes_is_no_error():
    features = np.column_stack([np.zeros(20), np.arange(20.0)])
    assert np.isfinite(fit_logistic(features, np.arange(20) % 2 == 0)).all()


@given(st.integers(0, 2**32), st.integers(1, 300))
def test_statistics_are_those_of_the_sorted_pixels(seed, pixels):
    levels = np.random.default_rng(seed).integers(0, 256, (3, pixels), np.uint8)
    found = _statistics(levels)
    assert found[:, 0] == pytest.approx(levels.mean(1))
    assert found[:, 1] == pytest.approx(levels.std(1), abs=1e-6)
    for column, share in ((2, 0.01), (6, 0.5), (10, 0.99)):
        place = round(share * (pixels - 1))
        assert (found[:, column] == np.sort(levels, 1)[:, place]).all()
