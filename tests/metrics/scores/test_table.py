"""Every score obeys one written table of edge cases, `edges.toml`."""

import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from metrics.counting.statuses import LOST, OF_MASKS, STATUSES
from metrics.counting.truth import Truth
from metrics.measured import Plan
from metrics.scores.conditions import CONDITIONS
from metrics.scores.evaluation import compare, evaluate
from metrics.scores.table import SCORES, choose_scores

NAN = np.nan
SHAPE = (4, 5)
EDGES = tomllib.loads((Path(__file__).parent / "edges.toml").read_text())


def corner():
    mask = np.zeros(SHAPE, bool)
    mask[:2, :2] = True
    return mask


def scenes():
    """Map and mask by case: 20 pixels, 4 of them lesion."""
    perfect = corner() * 1.0
    tied = perfect.copy()
    tied[3, 1:] = 1.0  # four healthy pixels as high as the lesion
    noise = np.arange(20.0).reshape(SHAPE)
    broken = noise.copy()
    broken[3, 3] = NAN
    nothing = np.zeros(SHAPE, bool)
    return {
        "empty mask": (noise, nothing),
        "full mask": (noise, ~nothing),
        "constant map": (np.full(SHAPE, 2.5), corner()),
        "zero map": (np.zeros(SHAPE), corner()),
        "constant map, empty mask": (np.full(SHAPE, 2.5), nothing),
        "NaN in the map": (broken, corner()),
        "infinity in the map": (np.where(np.isnan(broken), np.inf, broken), corner()),
        "NaN, empty mask": (broken, nothing),
        "tie": (tied, corner()),
        "no positive value": (perfect - 1, corner()),
        "perfect": (perfect, corner()),
        "upside down": (-perfect, corner()),
    }


@pytest.fixture(params=SCORES.values(), ids=list(SCORES))
def score(request):
    return request.param


def run(score, maps, masks):
    """Values at 0.5 (or the one value) and statuses."""
    compared = replace(compare(maps, masks, (0.5,)), tuned=50)
    found = evaluate(score, compared)
    return found.values[0], found.status, found.worst[0]


@pytest.mark.parametrize("case", scenes())
def test_edge_cases_are_as_written(score, case):
    map, mask = scenes()[case]
    # A bad neighbor in the batch must not matter.
    maps = np.stack([np.full(SHAPE, NAN), map, np.zeros(SHAPE)])
    masks = np.stack([corner(), mask, np.ones(SHAPE, bool)])
    values, status, _ = run(score, maps, masks)
    expected, word = EDGES[score.name][case]
    np.testing.assert_allclose(values[1], expected, rtol=1e-11, atol=1e-15)
    assert status[1] == word


def test_every_score_has_a_written_row():
    assert list(EDGES) == list(SCORES)
    assert all(list(rows) == list(scenes()) for rows in EDGES.values())


tied = hnp.arrays(
    np.float64, (9, 2, 4), elements=st.sampled_from([-1.0, 0.0, 0.5, 2.0, np.nan])
)
masked = hnp.arrays(np.bool_, (9, 2, 4))


@settings(max_examples=25, deadline=None)
@given(tied, masked)
def test_a_value_is_missing_exactly_where_its_status_says_so(maps, masks):
    for score in SCORES.values():
        values, status, worst = run(score, maps, masks)
        undefined = np.isin(status, (*score.undefined, *LOST))
        # Nothing is marked on a constant map: some scores of what is marked are not
        # defined, and no other status leaves a value out.
        open_to_doubt = status == "constant_map"
        np.testing.assert_array_equal(
            np.isnan(values)[~open_to_doubt], undefined[~open_to_doubt]
        )
        known = values[np.isfinite(values)]
        low, high = score.span
        assert ((known >= low - 1e-12) & (known <= high + 1e-12)).all()
        # The mask's doing has no worst, the map's has.
        by_mask = np.isin(status, OF_MASKS)
        assert np.isnan(worst[by_mask]).all()


@settings(max_examples=10, deadline=None)
@given(tied, masked, st.permutations(range(9)))
def test_neither_neighbors_nor_order_change_a_number(maps, masks, order):
    for score in SCORES.values():
        together = run(score, maps, masks)
        shuffled = run(score, maps[order], masks[order])
        alone = [run(score, maps[[i]], masks[[i]]) for i in range(9)]
        for place, part in enumerate(together):
            np.testing.assert_array_equal(shuffled[place], part[order])
            np.testing.assert_array_equal([one[place][0] for one in alone], part)


def test_a_soft_truth_of_zeros_and_ones_is_the_mask(score):
    generator = np.random.default_rng(5)
    maps = generator.integers(0, 6, (7, *SHAPE)).astype(float)
    masks = generator.random(maps.shape) < 0.3
    soft = Truth(masks, soft=masks.astype(np.float32))
    for hard, same in zip(run(score, maps, masks), run(score, maps, soft), strict=True):
        if hard.dtype.kind == "f":
            np.testing.assert_allclose(same, hard, rtol=1e-12)
        else:
            np.testing.assert_array_equal(same, hard)


def test_a_lesion_that_the_mask_of_a_soft_truth_leaves_out_has_no_shape():
    shares = np.zeros((2, *SHAPE), np.float32)
    shares[0, 1, 2] = 0.3  # one rater of three
    shares[1, :2, :2] = 1.0
    maps = np.random.default_rng(8).random(shares.shape)
    truth = Truth(shares > 0.5, soft=shares)
    shaped = [s for s in SCORES.values() if "unmarked" in s.undefined]
    assert {"earth_mover", "lesion_sensitivity", "hausdorff"} <= {
        s.name for s in shaped
    }
    for score in shaped:
        values, status, worst = run(score, maps, truth)
        assert status.tolist() == ["unmarked", "ok"]
        assert np.isnan(values).tolist() == np.isnan(worst).tolist() == [True, False]


def test_what_is_ignored_changes_no_score_of_pixels(score):
    """Whatever the map and the mask say in a pixel that does not count.

    But for the map's least and greatest value, which the normalization sees.
    """
    generator = np.random.default_rng(6)
    maps = generator.random((7, *SHAPE))
    maps[:, 0, 0], maps[:, 0, 1] = 0.0, 1.0
    masks = generator.random(maps.shape) < 0.4
    ignored = np.zeros(maps.shape, bool)
    ignored[:, 2:, 3:] = True
    other = maps.copy(), masks.copy()
    other[0][ignored] = generator.random(ignored.sum())
    other[1][ignored] ^= True
    first = run(score, maps, Truth(masks, ignored=ignored))
    second = run(score, other[0], Truth(other[1], ignored=ignored))
    for one, two in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, two)


LOCAL = [s for s in SCORES.values() if s.of_lesions and not s.own_unit]


@pytest.mark.parametrize("score", LOCAL, ids=lambda score: score.name)
def test_a_better_map_scores_better(score):
    generator = np.random.default_rng(2)
    mask = np.zeros((50, 48, 61), bool)  # most of it farther than 15 pixels away
    mask[:, 2:6, 3:8] = True
    mask[:, 8:11, 11:15] = True
    noise = generator.normal(size=mask.shape)
    good, bad = (
        np.nanmean(run(score, noise + signal * mask, mask)[0]) for signal in (12.0, 0.0)
    )
    assert (good > bad) == score.higher_is_better


CHANCE = [score for score in SCORES.values() if score.chance is not None]


@pytest.mark.parametrize("score", CHANCE, ids=lambda score: score.name)
def test_chance_is_what_random_maps_score(score):
    generator = np.random.default_rng(3)
    # Large: AP of few pixels exceeds chance.
    mask = np.zeros((60 if score.name == "earth_mover" else 400, 32, 45), bool)
    mask[:, 2:15, 3:27] = True
    maps = generator.random(mask.shape)
    values = run(score, maps, mask)[0]
    error = np.nanstd(values) / np.sqrt(len(values))
    assert abs(np.nanmean(values) - score.chance(Truth(mask)).mean()) < 4 * error + 0.01


def test_columns_follow_the_table():
    plan = Plan(choose_scores(("auroc", "dice", "sensitivity")), (0.3, 0.5))
    assert [(c.score, c.threshold) for c in plan.columns] == [
        ("sensitivity", 0.3),
        ("sensitivity", 0.5),
        ("dice", 0.3),
        ("dice", 0.5),
        ("auroc", None),
    ]


def test_what_needs_a_tuned_threshold_is_left_out_without_one():
    names = [score.name for score in choose_scores(("all",))]
    assert set(SCORES) - set(names) == {n for n in SCORES if SCORES[n].needs_tuning}
    assert [score.name for score in choose_scores(("all",), tuned=True)] == list(SCORES)
    with pytest.raises(ValueError, match="'dice_tuned' must have a threshold tuned on"):
        choose_scores(("dice_tuned",))


def test_an_unknown_score_is_refused_with_what_there_is():
    with pytest.raises(ValueError, match="must be 'all', 'standard' or of sensitivity"):
        choose_scores(("dise",))


def test_every_condition_is_a_status():
    assert set(CONDITIONS) <= set(STATUSES)
    assert {name for s in SCORES.values() for name in s.undefined} <= set(CONDITIONS)
