import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import average_precision_score, roc_auc_score

from metrics.counting.ranking import rank


@st.composite
def images(draw):
    shape = draw(st.tuples(st.integers(1, 6), st.integers(2, 7)))
    few = st.integers(-3, 3).map(float)
    elements = draw(st.sampled_from([few, st.floats(-1e3, 1e3, width=32)]))
    map = draw(hnp.arrays(np.float32, shape, elements=elements))
    return map, draw(hnp.arrays(np.bool_, shape))


@settings(max_examples=100, deadline=None)
@given(images())
def test_equal_to_scikit_learn(image):
    map, mask = image
    assume(mask.any() and not mask.all())
    result = rank(map[None], mask[None])
    auroc = roc_auc_score(mask.ravel(), map.ravel())
    precision = average_precision_score(mask.ravel(), map.ravel())
    np.testing.assert_allclose(result.auroc, [auroc], rtol=0, atol=1e-12)
    np.testing.assert_allclose(result.average_precision, [precision], atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(images())
def test_equal_to_a_plain_loop(image):
    map, mask = image
    assume(mask.any() and not mask.all())
    wins = [
        1.0 if a > b else 0.5 if a == b else 0.0 for a in map[mask] for b in map[~mask]
    ]
    steps, recall = 0.0, 0.0
    for value in sorted(set(map.flat), reverse=True):
        marked = map >= value
        hits = (marked & mask).sum()
        steps += (hits / mask.sum() - recall) * hits / marked.sum()
        recall = hits / mask.sum()
    result = rank(map[None], mask[None])
    np.testing.assert_allclose(result.auroc, [np.mean(wins)], atol=1e-12)
    np.testing.assert_allclose(result.average_precision, [steps], atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(images(), st.randoms(use_true_random=False))
def test_the_order_of_pixels_is_of_no_account(image, random):
    # Unstable sorts of sparse maps give 0.25 or 0 for one and the same overlap.
    map, mask = image
    order = list(range(map.size))
    random.shuffle(order)
    moved = rank(map.ravel()[order][None, None], mask.ravel()[order][None, None])
    assert repr(moved) == repr(rank(map[None], mask[None]))


def test_ties_score_the_same_wherever_the_lesion_lies():
    maps = np.zeros((2, 4, 6))
    maps[:, 2, 3] = 1
    masks = np.zeros((2, 4, 6), bool)
    masks[0, :2, :2] = masks[1, 2:, 4:] = True
    result = rank(maps, masks)
    assert result.auroc[0] == result.auroc[1]
    assert result.average_precision[0] == result.average_precision[1]


def test_a_constant_map_scores_chance_not_the_trapezoid():
    masks = np.zeros((1, 5, 8), bool)
    masks[0, 0, :4] = True
    result = rank(np.full((1, 5, 8), 3.0), masks)
    assert result.auroc == 0.5
    assert result.average_precision == pytest.approx(0.1, abs=1e-15)
    assert abs(result.average_precision[0] - (1 + 0.1) / 2) > 0.4


def test_one_map_that_is_not_finite_leaves_the_others_alone():
    generator = np.random.default_rng(1)
    maps, masks = generator.normal(size=(4, 3, 5)), generator.random((4, 3, 5)) < 0.4
    clean = rank(maps, masks)
    maps[2, 0, 0] = np.nan
    got = rank(maps, masks)
    assert np.isnan(got.auroc).tolist() == [False, False, True, False]
    keep = [0, 1, 3]
    np.testing.assert_array_equal(got.auroc[keep], clean.auroc[keep])
    np.testing.assert_array_equal(
        got.average_precision[keep], clean.average_precision[keep]
    )


def test_integers_too_large_for_float32_keep_their_order():
    maps = np.array([[[2.0**24, 2.0**24 + 1]]])
    assert rank(maps, np.array([[[False, True]]])).auroc == 1


@pytest.mark.usefixtures("unchecked")
def test_shapes_must_agree():
    message = r"^maps and masks must have one shape, got \(1, 3, 4\) and \(2, 3, 4\)$"
    with pytest.raises(ValueError, match=message):
        rank(np.zeros((1, 3, 4)), np.zeros((2, 3, 4), bool))
