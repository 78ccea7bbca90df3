"""Pooled pixels against loops over all pixels, and scikit-learn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn.metrics import average_precision_score

from metrics.counting.thresholds import normalize, sweep
from metrics.pooled.pixels import POOLED, stack, unstack

levels = hnp.arrays(np.float64, (5, 2, 3), elements=st.sampled_from([0, 0.3, 0.5, 1.0]))
masked = hnp.arrays(np.bool_, (5, 2, 3))
EVERY = np.ones(5, bool)


def pool(maps, masks, rows=EVERY, worst=False):
    counts = stack(sweep(maps, masks), rows, worst)
    return unstack(counts.sum(axis=0, keepdims=True))


@settings(max_examples=60, deadline=None)
@given(levels, masked)
def test_pools_equal_loops_over_every_pixel(maps, masks):
    values, truth = normalize(maps).ravel().tolist(), masks.ravel().tolist()
    pixels = list(zip(values, truth, strict=True))
    found = {name: compute(pool(maps, masks))[0] for name, compute in POOLED.items()}
    precision_at, recall_at = {}, {}
    for place in range(101):
        marked = [lesion for value, lesion in pixels if value >= place / 100]
        hits, lesion = sum(marked), sum(truth)
        healthy = len(truth) - lesion
        expected = {
            "pooled_sensitivity": (hits, lesion),
            "pooled_specificity": (healthy - len(marked) + hits, healthy),
            "pooled_precision": (hits, len(marked) if lesion else 0),
            "pooled_dice": (2 * hits, len(marked) + lesion if lesion else 0),
        }
        for name, (part, whole) in expected.items():
            value = part / whole if whole else np.nan
            np.testing.assert_allclose(found[name][place], value)
        precision_at[place] = hits / len(marked) if marked else 0.0
        recall_at[place] = hits / lesion if lesion else np.nan
    recall_at[101] = 0.0
    area = sum(
        (recall_at[place] - recall_at[place + 1]) * precision_at[place]
        for place in range(101)
    )
    np.testing.assert_allclose(found["pooled_average_precision"][0], area)


@settings(max_examples=60, deadline=None)
@given(levels, masked.filter(np.any))
def test_average_precision_of_maps_on_the_levels_is_that_of_scikit_learn(maps, masks):
    values = np.rint(normalize(maps) * 100) / 100
    values[:, 0, 0], values[:, 1, 2] = 0.0, 1.0  # stretched to [0, 1] as they are
    (found,) = POOLED["pooled_average_precision"](pool(values, masks))
    expected = average_precision_score(masks.ravel(), values.ravel())
    np.testing.assert_allclose(found[0], expected)


def test_one_image_pools_to_its_own_scores_and_copies_change_nothing():
    generator = np.random.default_rng(4)
    maps, masks = generator.random((3, 7, 11)), generator.random((3, 7, 11)) < 0.2
    one, alike = maps[:1], np.repeat(maps[:1], 3, axis=0)
    single = sweep(one, masks[:1])
    first = pool(one, masks[:1], EVERY[:1])
    np.testing.assert_array_equal(
        POOLED["pooled_sensitivity"](first), single.sensitivity
    )
    np.testing.assert_array_equal(
        POOLED["pooled_specificity"](first), single.specificity
    )
    thrice = pool(alike, np.repeat(masks[:1], 3, axis=0), EVERY[:3])
    for compute in POOLED.values():
        np.testing.assert_array_equal(compute(thrice), compute(first))


def test_a_lost_map_is_left_out_or_worst():
    generator = np.random.default_rng(4)
    maps, masks = generator.random((3, 7, 11)), generator.random((3, 7, 11)) < 0.2
    broken = maps.copy()
    broken[1, 2, 3] = np.nan
    rest = np.array([True, False, True])
    upside = maps.copy()
    upside[1] = ~masks[1]  # every healthy pixel before every lesion pixel
    for compute in POOLED.values():
        np.testing.assert_array_equal(
            compute(pool(broken, masks, EVERY[:3])), compute(pool(maps, masks, rest))
        )
        np.testing.assert_array_equal(
            compute(pool(broken, masks, EVERY[:3], worst=True)),
            compute(pool(upside, masks, EVERY[:3], worst=True)),
        )


def test_without_lesion_or_healthy_pixels_what_is_undefined_is_nan():
    maps = np.random.default_rng(1).random((2, 3, 4))
    empty = pool(maps, np.zeros(maps.shape, bool), EVERY[:2])
    full = pool(maps, np.ones(maps.shape, bool), EVERY[:2])
    for name, compute in POOLED.items():
        assert np.isnan(compute(empty)).all() == (name != "pooled_specificity")
    assert np.isnan(POOLED["pooled_specificity"](full)).all()
    assert POOLED["pooled_average_precision"](full)[0, 0] == pytest.approx(1)
