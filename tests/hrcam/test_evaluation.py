"""A classifier's scores against scikit-learn's, intervals against their formulae."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from hrcam.pipeline.evaluation import auroc, evaluate, tabulate


def draw_table(seed=0, count=60, classes=2, ties=False):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, classes, count)
    labels[:classes] = np.arange(classes)
    scores = rng.normal(size=(count, classes)) + np.eye(classes)[labels]
    scores = np.round(scores) if ties else scores
    chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    ids = [f"{n:06d}" for n in range(count)]
    return tabulate(ids, labels, chances), labels, chances


def kinds(labels):
    """Every second pathological image is focal, the rest diffuse."""
    names = np.where(np.arange(len(labels)) % 2, "focal", "diffuse")
    return np.where(labels == 0, "none", names).tolist()


def test_predictions_in_a_table():
    chances = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]])
    table = tabulate(["a", "b", "c"], np.array([0, 1, 1]), chances)
    assert list(table) == ["image_id", "label", "predicted", "correct", "p0", "p1"]
    assert table["image_id"].tolist() == ["a", "b", "c"]
    assert table["predicted"].tolist() == [0, 1, 0]
    assert table["correct"].tolist() == [True, True, False]
    np.testing.assert_array_equal(table[["p0", "p1"]], chances)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), ties=st.booleans())
def test_auroc_equals_scikit_learn(seed, ties):
    _, labels, chances = draw_table(seed, 40, ties=ties)
    area, low, high = auroc(chances[:, 1], labels)
    assert area == pytest.approx(metrics.roc_auc_score(labels, chances[:, 1]))
    assert 0 <= low <= area <= high <= 1


def test_auroc_worked_by_hand():
    """Pairs won 3 of 4, one of them a tie: 2.5 / 4."""
    area, *_ = auroc(np.array([0.1, 0.5, 0.5, 0.3]), np.array([0, 0, 1, 1]))
    assert area == 0.625


@pytest.mark.parametrize("labels", [[0, 0, 0], [1, 1, 1]])
def test_auroc_of_one_kind_alone_is_undefined(labels):
    assert np.isnan(auroc(np.array([0.1, 0.2, 0.3]), np.array(labels))).all()


def test_delong_s_variance_by_a_plain_double_loop():
    rng = np.random.default_rng(3)
    yes, no = np.round(rng.normal(1, 1, 14), 1), np.round(rng.normal(0, 1, 9), 1)
    wins = np.array([[float(a > b) + 0.5 * (a == b) for b in no] for a in yes])
    variance = wins.mean(axis=1).var(ddof=1) / 14 + wins.mean(axis=0).var(ddof=1) / 9
    reach = 1.959963984540054 * np.sqrt(variance)
    area, low, high = auroc(np.r_[yes, no], np.r_[np.ones(14, int), np.zeros(9, int)])
    assert area == pytest.approx(wins.mean())
    assert low == pytest.approx(max(wins.mean() - reach, 0))
    assert high == pytest.approx(min(wins.mean() + reach, 1))


def test_delong_s_interval_covers_the_truth_about_as_often_as_it_says():
    """Normal scores one standard deviation apart have an AUROC of Phi(1 / sqrt 2)."""
    rng = np.random.default_rng(4)
    truth, covered = 0.7602499389, 0
    labels = np.r_[np.zeros(40, int), np.ones(30, int)]
    for _ in range(400):
        _, low, high = auroc(rng.normal(size=70) + labels, labels)
        covered += low <= truth <= high
    assert 0.91 <= covered / 400 <= 0.98


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), classes=st.integers(2, 4))
def test_scores_equal_scikit_learn(seed, classes):
    table, labels, chances = draw_table(seed, 50, classes)
    names = tuple("abcd"[:classes])
    found = evaluate(table, kinds(labels), names)
    predicted = chances.argmax(axis=1)
    assert found["n"] == 50
    assert found["accuracy"] == pytest.approx(metrics.accuracy_score(labels, predicted))
    assert found["balanced_accuracy"] == pytest.approx(
        metrics.balanced_accuracy_score(labels, predicted)
    )
    for average in ("micro", "macro"):
        expected = metrics.f1_score(
            labels, predicted, average=average, labels=range(classes), zero_division=0
        )
        assert found[f"f1_{average}"] == pytest.approx(expected)
    if classes == 2:
        expected = metrics.f1_score(labels, predicted, zero_division=0)
        assert found["f1_positive"] == pytest.approx(expected)
    else:
        assert "f1_positive" not in found
    np.testing.assert_array_equal(
        found["confusion"],
        metrics.confusion_matrix(labels, predicted, labels=range(classes)),
    )
    expected = metrics.cohen_kappa_score(labels, predicted)
    assert found["kappa"] == pytest.approx(expected)
    expected = metrics.recall_score(labels, predicted, average=None)
    assert found["sensitivity"] == pytest.approx(expected)
    if classes == 2:
        expected = metrics.roc_auc_score(labels, chances[:, 1])
    else:
        expected = metrics.roc_auc_score(labels, chances, multi_class="ovr")
    assert found["auroc"] == pytest.approx(expected)


@pytest.mark.parametrize(("right", "count"), [(0, 10), (7, 10), (58, 60), (60, 60)])
def test_the_interval_of_the_accuracy_is_wilson_s(right, count):
    labels = np.arange(count) % 2
    predicted = np.where(np.arange(count) < right, labels, 1 - labels)
    table = tabulate([str(n) for n in range(count)], labels, np.eye(2)[predicted])
    found = evaluate(table, kinds(labels), ("a", "b"))
    z, p = 1.959963984540054, right / count
    middle = (p + z**2 / (2 * count)) / (1 + z**2 / count)
    reach = z / (1 + z**2 / count)
    reach *= np.sqrt(p * (1 - p) / count + z**2 / (4 * count**2))
    assert found["accuracy_low"] == pytest.approx(max(middle - reach, 0), abs=1e-12)
    assert found["accuracy_high"] == pytest.approx(min(middle + reach, 1), abs=1e-12)


def test_more_than_two_classes_have_intervals_and_no_curve():
    table, labels, chances = draw_table(5, 50, 3)
    found = evaluate(table, kinds(labels), ("a", "b", "c"))
    assert found["auroc_low"] < found["auroc"] < found["auroc_high"]
    assert not {"roc", "auroc_by_lesion"} & set(found)
    assert np.shape(found["confusion"]) == (3, 3)
    each = [metrics.roc_auc_score(labels == k, chances[:, k]) for k in range(3)]
    assert found["auroc_by_class"] == pytest.approx(each)
    low, high = auroc(chances[:, 1], (labels == 1).astype(int))[1:]
    assert found["auroc_by_class_low"][1] == pytest.approx(low)
    assert found["auroc_by_class_high"][1] == pytest.approx(high)


def test_the_auroc_of_a_lesion_kind_is_that_kind_against_the_healthy():
    table, labels, chances = draw_table(6, 80)
    lesions = np.array(kinds(labels))
    found = evaluate(table, lesions.tolist(), ("normal", "abnormal"))
    assert list(found["auroc_by_lesion"]) == ["diffuse", "focal"]
    for kind, area in found["auroc_by_lesion"].items():
        rows = (labels == 0) | (lesions == kind)
        expected = metrics.roc_auc_score(labels[rows], chances[rows, 1])
        assert area == pytest.approx(expected)


@pytest.mark.parametrize("ties", [False, True])
def test_the_roc_curve_is_the_highest_sensitivity_at_each_false_positive_rate(ties):
    table, labels, chances = draw_table(7, 70, ties=ties)
    curve = evaluate(table, kinds(labels), ("normal", "abnormal"))["roc"]
    assert len(curve["fpr"]) == len(curve["tpr"]) == 101
    assert curve["fpr"][0] == 0
    assert curve["fpr"][-1] == curve["tpr"][-1] == 1
    fpr, tpr, _ = metrics.roc_curve(labels, chances[:, 1], drop_intermediate=False)
    for at, reached in zip(curve["fpr"], curve["tpr"], strict=True):
        assert reached == pytest.approx(tpr[fpr <= at].max())


def test_a_split_without_one_class_is_scored_as_far_as_it_goes():
    labels = np.zeros(4, int)
    table = tabulate(list("abcd"), labels, np.array([[0.9, 0.1]] * 3 + [[0.2, 0.8]]))
    found = evaluate(table, ["none"] * 4, ("normal", "abnormal"))
    assert found["accuracy"] == 0.75
    assert found["balanced_accuracy"] == 0.75
    assert np.isnan(found["auroc"])
    assert found["auroc_by_lesion"] == {}
    assert found["roc"] == {"fpr": [], "tpr": []}


NAMES = ("accuracy", "balanced_accuracy", "f1_micro", "f1_macro", "kappa", "auroc")


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("each", [1, 5])
def test_every_score_lies_in_its_interval(classes, each):
    table, labels, _ = draw_table(8, 90, classes)
    found = evaluate(
        table, kinds(labels), "abc"[:classes], (np.arange(90) // each).tolist()
    )
    assert found["subjects"] == 90 // each
    for name in (*NAMES, "f1_positive") if classes == 2 else NAMES:
        low, high = found[f"{name}_low"], found[f"{name}_high"]
        assert low < found[name] < high
    pairs = zip(found["sensitivity_low"], found["sensitivity_high"], strict=True)
    for value, (low, high) in zip(found["sensitivity"], pairs, strict=True):
        assert low < value < high


def test_a_subject_s_images_are_drawn_together():
    """Ten equal images of each subject tell no more than one."""
    table, labels, chances = draw_table(9, 60, 3)
    alone = evaluate(table, kinds(labels), "abc")
    rows = np.repeat(np.arange(60), 10)
    names = [f"{n:06d}" for n in range(600)]
    many = tabulate(names, labels[rows], chances[rows])
    owners = [f"subject {row}" for row in rows]
    clustered = evaluate(many, kinds(labels[rows]), "abc", owners)
    assert clustered["subjects"] == 60
    for name in NAMES:
        widths = [f[f"{name}_high"] - f[f"{name}_low"] for f in (alone, clustered)]
        assert clustered[name] == pytest.approx(alone[name])
        assert widths[1] == pytest.approx(widths[0], rel=0.2)
    independent = evaluate(many, kinds(labels[rows]), "abc")
    width = independent["f1_macro_high"] - independent["f1_macro_low"]
    assert width < 0.5 * (clustered["f1_macro_high"] - clustered["f1_macro_low"])


def test_the_clustered_auroc_has_its_clustered_interval():
    from simbench.audit import auroc_interval

    table, labels, chances = draw_table(10, 60)
    owners = np.arange(60) // 3
    found = evaluate(table, kinds(labels), "ab", owners.tolist())
    expected = auroc_interval(chances[:, 1], labels == 1, owners)
    assert (found["auroc"], found["auroc_low"], found["auroc_high"]) == expected


def test_the_bootstrap_by_a_plain_loop_over_scikit_learn():
    """Other resamples of the same subjects give about the same percentiles."""
    table, labels, chances = draw_table(11, 80, 3)
    owners = np.arange(80) // 2
    found = evaluate(table, kinds(labels), "abc", owners.tolist())
    predicted = chances.argmax(axis=1)
    rng = np.random.default_rng(99)
    values = []
    for _ in range(800):
        drawn = rng.integers(0, 40, 40)
        rows = np.r_[2 * drawn, 2 * drawn + 1]
        y, p = labels[rows], predicted[rows]
        values.append(
            [
                metrics.accuracy_score(y, p),
                metrics.balanced_accuracy_score(y, p),
                metrics.f1_score(y, p, average="macro"),
                metrics.cohen_kappa_score(y, p),
                metrics.roc_auc_score(y, chances[rows], multi_class="ovr"),
            ]
        )
    low, high = np.percentile(values, [2.5, 97.5], axis=0)
    names = ("accuracy", "balanced_accuracy", "f1_macro", "kappa", "auroc")
    for k, name in enumerate(names):
        assert found[f"{name}_low"] == pytest.approx(low[k], abs=0.025)
        assert found[f"{name}_high"] == pytest.approx(high[k], abs=0.025)


def test_sensitivities_have_wilson_s_interval_and_their_mean_a_combined_one():
    """Worked by hand for 8 of 10 and 3 of 6: Zou & Donner's square and add."""
    labels = np.repeat([0, 1], [10, 6])
    right = np.r_[np.arange(10) < 8, np.arange(6) < 3]
    predicted = np.where(right, labels, 1 - labels)
    table = tabulate([str(n) for n in range(16)], labels, np.eye(2)[predicted])
    found = evaluate(table, kinds(labels), "ab")
    z = 1.959963984540054
    limits = []
    for p, n in ((0.8, 10), (0.5, 6)):
        middle = (p + z**2 / (2 * n)) / (1 + z**2 / n)
        reach = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        limits.append((middle - reach, middle + reach))
    np.testing.assert_allclose(found["sensitivity"], [0.8, 0.5])
    np.testing.assert_allclose(found["sensitivity_low"], [low for low, _ in limits])
    np.testing.assert_allclose(found["sensitivity_high"], [high for _, high in limits])
    (one, two), (three, four) = limits
    assert found["balanced_accuracy"] == pytest.approx(0.65)
    expected = 0.65 - np.hypot(0.8 - one, 0.5 - three) / 2
    assert found["balanced_accuracy_low"] == pytest.approx(expected)
    expected = 0.65 + np.hypot(two - 0.8, four - 0.5) / 2
    assert found["balanced_accuracy_high"] == pytest.approx(expected)


def test_the_combined_interval_covers_the_truth_about_as_often_as_it_says():
    from hrcam.pipeline.intervals import mean_interval, wilson

    rng = np.random.default_rng(5)
    covered = 0
    for _ in range(400):
        right = rng.binomial([40, 25], [0.95, 0.7])
        limits = np.array(
            [wilson(int(r), n) for r, n in zip(right, (40, 25), strict=True)]
        )
        low, high = mean_interval(right / np.array([40, 25]), limits.T)
        covered += low <= 0.825 <= high
    assert 0.92 <= covered / 400 <= 0.99


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), ties=st.booleans())
def test_weighted_areas_are_those_of_repeated_images(seed, ties):
    from hrcam.pipeline.areas import aurocs

    _, labels, chances = draw_table(seed, 30, ties=ties)
    weights = np.random.default_rng(seed).integers(0, 4, (5, 30))
    found = aurocs(weights.astype(float), chances[:, 1], labels == 1)
    for row, area in zip(weights, found, strict=True):
        rows = np.repeat(np.arange(30), row)
        if len(set(labels[rows])) < 2:
            assert np.isnan(area)
            continue
        expected = metrics.roc_auc_score(labels[rows], chances[rows, 1])
        assert area == pytest.approx(expected)


def test_agreement_that_chance_explains_has_no_kappa():
    labels = np.zeros(5, int)
    table = tabulate(list("abcde"), labels, np.tile([0.9, 0.1], (5, 1)))
    found = evaluate(table, ["none"] * 5, ("normal", "abnormal"))
    assert np.isnan([found[f"kappa{end}"] for end in ("", "_low", "_high")]).all()
    assert found["accuracy"] == found["accuracy_high"] == 1
    assert found["sensitivity"][0] == 1
    assert np.isnan(found["sensitivity"][1])
    assert np.isnan(found["sensitivity_low"][1])
    assert found["balanced_accuracy"] == 1


def test_a_class_that_is_missing_leaves_the_averaged_auroc_undefined():
    table, labels, _ = draw_table(12, 40, 2)
    table["p2"] = 0.0
    found = evaluate(table, kinds(labels), "abc")
    assert np.isnan([found[f"auroc{end}"] for end in ("", "_low", "_high")]).all()
    assert np.isnan(found["auroc_by_class"][2])
    assert np.isfinite(found["auroc_by_class"][:2]).all()


def test_intervals_are_the_same_every_time():
    table, labels, _ = draw_table(13, 60, 3)
    first = evaluate(table, kinds(labels), "abc")
    assert first == evaluate(table, kinds(labels), "abc")
