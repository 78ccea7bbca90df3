import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from metrics.counting.truth import Truth
from metrics.scores.evaluation import compare, evaluate
from metrics.scores.pointing import chance, near
from metrics.scores.table import SCORES


def value(name, maps, truth):
    return evaluate(SCORES[name], compare(maps, truth)).values[0]


@st.composite
def scenes(draw):
    shape = draw(st.sampled_from([(3, 4, 6), (2, 21, 18), (2, 2, 3, 4)]))
    few = st.integers(0, 2).map(float)
    maps = draw(hnp.arrays(np.float64, shape, elements=few))
    sparse = st.integers(0, 9).map(lambda k: k == 0)
    masks = draw(hnp.arrays(np.bool_, shape, elements=sparse))
    return maps, masks, draw(hnp.arrays(np.bool_, shape, elements=sparse))


@settings(max_examples=60, deadline=None)
@given(scenes(), st.sampled_from([0.0, 1.0, 1.5, 4.0, 15.0]))
def test_the_neighborhood_equals_a_plain_loop(scene, tolerance):
    _, masks, ignored = scene
    truth = Truth(masks, ignored=ignored)
    places = np.argwhere(np.ones(masks.shape[1:]))
    for mask, out, area, share in zip(
        masks, ignored, near(truth, tolerance), chance(truth, tolerance), strict=True
    ):
        lesion = np.argwhere(mask & ~out)
        if not len(lesion):
            assert not area.any()
            assert np.isnan(share)
            continue
        squares = ((places[:, None] - lesion[None]) ** 2).sum(axis=2).min(axis=1)
        expected = (squares <= tolerance**2).reshape(mask.shape)
        np.testing.assert_array_equal(area, expected)
        assert share == (expected & ~out).sum() / (~out).sum()


@settings(max_examples=60, deadline=None)
@given(scenes())
def test_ties_are_taken_by_expectation(scene):
    maps, masks, ignored = scene
    got = value("pointing_game", maps, Truth(masks, ignored=ignored))
    for index, (map, mask, out) in enumerate(zip(maps, masks, ignored, strict=True)):
        pixels = [
            (v, k)
            for v, k, o in zip(map.flat, mask.flat, out.flat, strict=True)
            if not o
        ]
        if not any(k for _, k in pixels):
            assert np.isnan(got[index])
            continue
        highest = max(v for v, _ in pixels)
        hits = [bool(k) for v, k in pixels if v == highest]
        assert got[index] == sum(hits) / len(hits)


def test_an_empty_mask_is_no_hit():
    """Another library counts it as one."""
    maps = np.random.default_rng(0).random((1, 5, 8))
    assert np.isnan(value("pointing_game", maps, np.zeros((1, 5, 8), bool))).all()


def test_a_constant_map_scores_chance_and_is_no_hit():
    masks = np.zeros((1, 5, 8), bool)
    masks[0, :2, :3] = True
    assert value("pointing_game", np.ones((1, 5, 8)), masks) == [6 / 40]


@pytest.mark.parametrize(("away", "hit"), [(15, 1), (16, 0)])
def test_a_miss_by_exactly_the_tolerance_is_a_hit(away, hit):
    maps, masks = np.zeros((1, 9, 40)), np.zeros((1, 9, 40), bool)
    masks[0, 4, 2], maps[0, 4, 2 + away] = True, 1.0
    assert value("pointing_game_15", maps, masks) == [hit]
    assert value("pointing_game", maps, masks) == [0]


def test_without_tolerance_the_lesion_itself_is_a_hit():
    """A strict comparison of distances misses always."""
    masks = np.zeros((1, 6, 9), bool)
    masks[0, 2, 3] = True
    assert value("pointing_game", masks * 1.0, masks) == [1]
