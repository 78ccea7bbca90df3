import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import average_precision_score, roc_auc_score

from metrics.counting.ranking import rank
from metrics.counting.truth import Truth


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


@settings(max_examples=40, deadline=None)
@given(images(), st.integers(0, 2**32 - 1))
def test_overlaps_are_the_mean_over_random_orders_of_ties(image, seed):
    map, mask = image
    assume(mask.any() and map.size <= 20)
    flat, inside = map.ravel(), mask.ravel()
    lesion = int(inside.sum())
    # The sure ones, and of those tied at the border as many as there is room for.
    border = np.sort(flat)[::-1][lesion - 1]
    sure, tied = flat > border, flat == border
    room = lesion - sure.sum()
    expected = inside[sure].sum() + room * inside[tied].mean()
    result = rank(map[None], mask[None])
    np.testing.assert_allclose(result.overlap, [expected], atol=1e-12)
    generator = np.random.default_rng(seed)
    drawn = [
        inside[np.lexsort((generator.random(flat.size), -flat))[:lesion]].sum()
        for _ in range(200)
    ]
    spread = np.std(drawn) / np.sqrt(len(drawn))
    assert abs(np.mean(drawn) - expected) <= 6 * spread + 1e-9


@settings(max_examples=40, deadline=None)
@given(images())
def test_the_matched_sensitivity_is_the_best_of_all_thresholds(image):
    map, mask = image
    assume(mask.any() and not mask.all())
    best = 0.0
    for value in map.flat:
        marked = map >= value
        if 20 * int((marked & ~mask).sum()) <= int((~mask).sum()):
            best = max(best, (marked & mask).sum() / mask.sum())
    np.testing.assert_allclose(rank(map[None], mask[None]).matched, [best], atol=1e-12)


def test_exactly_a_twentieth_of_the_healthy_pixels_may_be_marked():
    map = np.zeros((1, 1, 21))
    map[0, 0, :2] = 2.0, 1.0
    mask = np.zeros((1, 1, 21), bool)
    mask[0, 0, 1] = True
    assert rank(map, mask).matched == 1


def test_the_top_of_the_pixels_may_be_a_part_of_one():
    map = np.arange(30.0).reshape(1, 5, 6)
    result = rank(map, map > 20)
    np.testing.assert_allclose(result.tops, [[0.3, 1.5]])


@settings(max_examples=60, deadline=None)
@given(images(), st.data())
def test_a_soft_truth_weighs_as_scikit_learn_does(image, data):
    """A pixel of share w is a lesion pixel of weight w and a healthy one of 1 - w."""
    map, _ = image
    shares = st.sampled_from([0.0, 0.25, 0.5, 1.0])
    soft = data.draw(hnp.arrays(np.float64, map.shape, elements=shares))
    assume(0 < soft.sum() < soft.size)
    labels = np.repeat([1, 0], map.size)
    weights = np.concatenate([soft.ravel(), 1 - soft.ravel()])
    values = np.tile(map.ravel(), 2)
    kept = weights > 0
    auroc = roc_auc_score(labels[kept], values[kept], sample_weight=weights[kept])
    precision = average_precision_score(
        labels[kept], values[kept], sample_weight=weights[kept]
    )
    result = rank(map[None], Truth(soft[None] >= 0.5, soft[None]))
    np.testing.assert_allclose(result.auroc, [auroc], atol=1e-12)
    np.testing.assert_allclose(result.average_precision, [precision], atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(images())
def test_monotone_maps_leave_every_rank_alone(image):
    map, mask = image
    first = rank(map[None], mask[None])
    steeper = np.unique(map, return_inverse=True)[1].reshape(map.shape) ** 3.0 - 7
    assert repr(rank(steeper[None], mask[None])) == repr(first)


def test_volumes_are_ranked_like_their_pixels():
    generator = np.random.default_rng(4)
    maps, masks = generator.random((2, 3, 4, 5)), generator.random((2, 3, 4, 5)) < 0.3
    flat = rank(maps.reshape(2, 12, 5), masks.reshape(2, 12, 5))
    assert repr(rank(maps, masks)) == repr(flat)
