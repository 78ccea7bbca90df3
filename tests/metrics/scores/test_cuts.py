import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from skimage.filters import threshold_otsu

from metrics.counting.thresholds import sweep
from metrics.scores.cuts import best, otsu, tune
from metrics.scores.evaluation import compare, evaluate
from metrics.scores.table import SCORES

maps_of = st.one_of(
    hnp.arrays(np.float32, (3, 5, 7), elements=st.floats(-1e3, 1e3, width=32)),
    hnp.arrays(np.float64, (3, 4, 6), elements=st.integers(0, 3).map(float)),
)


@settings(max_examples=60, deadline=None)
@given(maps_of)
def test_otsu_is_scikit_image_s_on_the_levels(maps):
    compared = compare(maps, np.zeros(maps.shape, bool))
    places = otsu(compared.sweep)
    for scaled, place, map in zip(compared.normalized, places, maps, strict=True):
        if np.ptp(map) == 0:
            assert place == 100
            continue
        levels = np.searchsorted(np.arange(101) / 100, scaled, side="right") - 1
        # scikit-image marks what is above its threshold.
        assert place == threshold_otsu(levels.astype(np.uint8)) + 1


def test_otsu_parts_two_humps_and_sees_no_mask():
    generator = np.random.default_rng(0)
    masks = np.zeros((2, 30, 41), bool)
    masks[0, 5:15, 5:20] = True
    maps = generator.normal(0, 0.05, masks.shape) + masks[:1]
    places = otsu(sweep(maps, masks))
    assert (places == otsu(sweep(maps, ~masks))).all()
    dice = evaluate(SCORES["dice_otsu"], compare(maps, masks)).values[0]
    assert dice[0] == 1
    assert np.isnan(dice[1])


@settings(max_examples=40, deadline=None)
@given(maps_of, st.data())
def test_the_oracle_is_the_best_of_all_thresholds(maps, data):
    masks = data.draw(hnp.arrays(np.bool_, maps.shape))
    assume(masks.any(axis=(1, 2)).all())
    every = compare(maps, masks, tuple(k / 100 for k in range(101)))
    dice = SCORES["dice"].compute(every)
    oracle = evaluate(SCORES["dice_oracle"], every).values[0]
    np.testing.assert_array_equal(oracle, np.nanmax(dice, axis=1))
    for name in ("otsu", "tuned"):
        honest = evaluate(SCORES[f"dice_{name}"], every).values[0]
        assert not (honest > oracle).any()
    assert (best(every.sweep) == np.nanargmax(dice, axis=1)).all()


def test_tuning_maximizes_the_mean_over_images_with_a_lesion():
    generator = np.random.default_rng(1)
    masks = np.zeros((7, 9, 14), bool)
    masks[:5, 2:6, 3:9] = True
    maps = generator.random(masks.shape) + masks * 0.7
    maps[1, 0, 0] = np.nan
    place = tune(sweep(maps, masks))
    every = compare(maps, masks, tuple(k / 100 for k in range(101)))
    means = SCORES["dice"].compute(every)[[0, 2, 3, 4]].mean(axis=0)
    assert place == means.argmax()
    assert 0 < place < 100


def test_nothing_to_tune_on_is_said():
    maps = np.random.default_rng(0).random((2, 4, 5))
    message = "^a threshold must be tuned on images with a lesion and a map, got none$"
    with pytest.raises(ValueError, match=message):
        tune(sweep(maps, np.zeros(maps.shape, bool)))
