import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import confusion_matrix, f1_score, jaccard_score, recall_score

from metrics.counting.truth import Truth
from metrics.scores.evaluation import compare, evaluate
from metrics.scores.table import SCORES

THRESHOLDS = tuple(k / 100 for k in range(101))
levels = st.one_of(
    st.integers(-2, 2).map(float), st.floats(-1e4, 1e4, width=32), st.just(0.0)
)


@st.composite
def scenes(draw):
    shape = draw(st.tuples(*(st.integers(1, size) for size in (3, 4, 7))))
    return (
        draw(hnp.arrays(np.float32, shape, elements=levels)),
        draw(hnp.arrays(np.bool_, shape)),
        draw(hnp.arrays(np.bool_, shape)),
    )


def by_hand(map, mask, ignored, threshold):
    """Count one image at one threshold, one pixel after the other."""
    low, high = float(min(map.flat)), float(max(map.flat))
    hits = alarms = lesion = healthy = 0
    for value, inside, out in zip(map.flat, mask.flat, ignored.flat, strict=True):
        if out:
            continue
        scaled = 0.0 if high == low else (float(value) - low) / (high - low)
        marked = scaled >= threshold
        lesion, healthy = lesion + bool(inside), healthy + (not inside)
        hits += bool(marked and inside)
        alarms += bool(marked and not inside)
    return {
        "sensitivity": (hits, lesion),
        "specificity": (healthy - alarms, healthy),
        "precision": (hits, (hits + alarms) * (lesion > 0)),
        "dice": (2 * hits, (hits + alarms + lesion) * (lesion > 0)),
        "iou": (hits, (alarms + lesion) * (lesion > 0)),
        "flagged_area": (hits + alarms, (lesion + healthy) * (lesion == 0)),
    }


@settings(max_examples=25, deadline=None)
@given(scenes())
def test_all_equal_a_plain_loop_at_every_threshold(scene):
    maps, masks, ignored = scene
    compared = compare(maps, Truth(masks, ignored=ignored), THRESHOLDS)
    found = {
        name: evaluate(SCORES[name], compared).values
        for name in by_hand(maps[0], masks[0], ignored[0], 0.5)
    }
    for image in range(len(maps)):
        for place, threshold in enumerate(THRESHOLDS):
            expected = by_hand(maps[image], masks[image], ignored[image], threshold)
            for name, (part, whole) in expected.items():
                got = found[name][place, image]
                if whole == 0:
                    assert np.isnan(got)
                else:
                    assert got == part / whole


@settings(max_examples=40, deadline=None)
@given(scenes(), st.integers(1, 100))
def test_equal_to_scikit_learn(scene, k):
    """Where masks are neither empty nor full and something is marked."""
    maps, masks, _ = scene
    compared = compare(maps, masks, (k / 100,))
    for image, (map, mask) in enumerate(zip(maps, masks, strict=True)):
        if not 0 < mask.sum() < mask.size or np.ptp(map) == 0:
            continue
        marked = compared.normalized[image] >= k / 100
        true, said = mask.ravel(), marked.ravel()
        (tn, fp), _ = confusion_matrix(true, said)
        expected = {
            "sensitivity": recall_score(true, said),
            "specificity": tn / (tn + fp),
            "dice": f1_score(true, said),
            "iou": jaccard_score(true, said),
        }
        for name, value in expected.items():
            got = evaluate(SCORES[name], compared).values[0, image]
            assert got == pytest.approx(value, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(scenes())
def test_dice_and_iou_are_one_another_s_function(scene):
    maps, masks, _ = scene
    compared = compare(maps, masks, THRESHOLDS)
    dice, iou = (evaluate(SCORES[name], compared).values for name in ("dice", "iou"))
    np.testing.assert_allclose(dice, 2 * iou / (1 + iou), atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(scenes(), st.floats(0.25, 8).map(lambda x: 2.0 ** round(x)), st.integers(-8, 8))
def test_scale_and_offset_of_a_map_change_nothing(scene, scale, offset):
    maps, masks, _ = scene
    maps = np.round(maps)  # so that scaling by a power of two is exact
    first = compare(maps, masks)
    second = compare(maps * np.float32(scale) + np.float32(offset * scale), masks)
    np.testing.assert_array_equal(first.sweep.marked_lesion, second.sweep.marked_lesion)


def test_a_monotone_change_moves_sensitivity_and_no_rank():
    generator = np.random.default_rng(0)
    masks = np.zeros((6, 9, 14), bool)
    masks[:, 2:5, 3:9] = True
    maps = generator.random(masks.shape) + masks
    first, second = compare(maps, masks), compare(np.exp(2 * maps), masks)
    at = SCORES["sensitivity"].compute
    assert (np.abs(at(first) - at(second)) > 0.1).any()
    np.testing.assert_array_equal(first.ranking.auroc, second.ranking.auroc)


def test_one_hot_pixel_zeroes_sensitivity_and_not_average_precision():
    masks = np.zeros((1, 20, 30), bool)
    masks[0, 5:10, 5:12] = True
    maps = masks * 1.0
    maps[0, 0, 29] = 1000.0
    compared = compare(maps, masks)
    assert SCORES["sensitivity"].compute(compared).tolist() == [[0, 0, 0]]
    assert SCORES["average_precision"].compute(compared) > 0.9


def test_a_soft_truth_counts_shares():
    maps = np.array([[[0.0, 0.4, 0.6, 1.0]]])
    soft = np.array([[[0.0, 0.5, 0.25, 1.0]]])
    compared = compare(maps, Truth(soft >= 0.5, soft), (0.5,))
    got = {name: evaluate(SCORES[name], compared).values[0, 0] for name in SCORES}
    assert got["sensitivity"] == pytest.approx(1.25 / 1.75)
    assert got["specificity"] == pytest.approx(1 - 0.75 / 2.25)
    assert got["precision"] == pytest.approx(1.25 / 2)
    assert got["dice"] == pytest.approx(2.5 / 3.75)
    assert got["iou"] == pytest.approx(1.25 / 2.5)
