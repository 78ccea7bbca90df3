"""Shares of maps in regions that are no lesion."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import metrics
from metrics.analysis.region_rows import compare_shares
from metrics.analysis.regions import share
from metrics.counting.truth import Truth
from metrics.sources.memory import ArrayMaps, TruthMasks

SHAPE = (6, 3, 4)


def sources(**maps):
    ids = tuple(str(k) for k in range(len(next(iter(maps.values())))))
    return {
        name: ArrayMaps(values, ids, {"method": name}) for name, values in maps.items()
    }


def numbered(numbers):
    ids = tuple(map(str, range(len(numbers))))
    return TruthMasks(Truth(numbers > 0, numbered=numbers.astype(np.int64)), ids)


def plainly(values, region):
    """The definition, pixel by pixel."""
    inside = sum(
        max(v, 0.0) for v, r in zip(values.flat, region.flat, strict=True) if r
    )
    total = sum(max(v, 0.0) for v in values.flat)
    return inside / total if region.any() and total > 0 else np.nan


@given(
    arrays(np.float64, SHAPE, elements=st.floats(-9, 9)),
    arrays(np.int64, SHAPE, elements=st.integers(0, 3)),
)
def test_shares_are_those_of_a_plain_loop(maps, numbers):
    found = share(sources(mine=maps), numbered(numbers), 3)
    for image in range(len(maps)):
        for region in range(3):
            where = numbers[image] == region + 1
            assert found.areas[region, image] == pytest.approx(where.mean())
            expected = plainly(maps[image], where)
            assert found.values[0, region, image] == pytest.approx(
                expected, nan_ok=True
            )


def test_the_share_is_the_score_relevance_mass_of_the_region(rng):
    maps, numbers = rng.normal(size=SHAPE), rng.integers(0, 2, SHAPE)
    found = share(sources(mine=maps), numbered(numbers), 1)
    names = ("relevance_mass", "relevance_mass_lift")
    options = metrics.ScoreOptions(scores=names, primary=names[0], checks=False)
    scores = metrics.score({"mine": maps}, numbers > 0, options=options)
    np.testing.assert_allclose(found.values[0, 0], scores.values_of("mine", names[0]))
    np.testing.assert_allclose(
        found.values[0, 0] / found.areas[0], scores.values_of("mine", names[1])
    )


@settings(max_examples=20)
@given(st.floats(1e-300, 1e300), st.integers(0, 99))
def test_a_scale_changes_nothing_and_a_constant_map_has_the_area(scale, seed):
    rng = np.random.default_rng(seed)
    numbers, maps = rng.integers(0, 3, SHAPE), rng.normal(size=SHAPE)
    truth = numbered(numbers)
    first = share(sources(mine=maps), truth, 2)
    again = share(sources(mine=maps * scale), truth, 2)
    np.testing.assert_allclose(again.values, first.values, rtol=1e-9)
    flat = share(sources(mine=np.full(SHAPE, scale)), truth, 2)
    seen = flat.areas > 0
    np.testing.assert_allclose(flat.values[0][seen], flat.areas[seen])


def test_regions_without_a_share_are_nan_and_counted(rng):
    maps = np.abs(rng.normal(size=SHAPE))
    maps[0, 0, 0], maps[1] = np.nan, -1.0
    numbers = np.ones(SHAPE, int)
    numbers[2] = 0
    found = share(sources(mine=maps), numbered(numbers), 1)
    assert np.isnan(found.values[0, 0]).tolist() == [True] * 3 + [False] * 3
    (row,) = compare_shares(found, ["mark"], np.arange(6), "mine")
    assert (row["images"], row["lost"]) == (3, 2)
    assert (row["share"], row["lift"], row["difference"]) == (1.0, 1.0, 0.0)
    assert np.isnan([row["share_low"], row["lift_high"]]).all()  # too few to tell


def test_rows_hold_means_by_hand_and_a_ratio_of_means(rng):
    numbers = (rng.random((40, 8, 8)) < 0.2).astype(int)
    maps = {name: rng.random((40, 8, 8)) + k * numbers for k, name in enumerate("ab")}
    found = share(sources(**maps), numbered(numbers), 1)
    first, second = compare_shares(found, ["mark"], np.arange(40), "a", 0.9)
    assert (second["region"], second["name"]) == ("mark", "b")
    assert second["share"] == pytest.approx(found.values[1, 0].mean())
    assert second["lift"] == pytest.approx(second["share"] / second["area"])
    gaps = found.values[0, 0] - found.values[1, 0]
    assert second["difference"] == pytest.approx(gaps.mean())
    assert second["difference_high"] < 0 < first["lift_low"] < 1 < first["lift_high"]


def test_the_interval_of_the_lift_covers_as_often_as_it_says():
    """Ratios of 30 correlated shares and areas, drawn again and again."""
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(400):
        areas = rng.uniform(0.01, 0.05, (1, 30))
        values = areas * 1.5 + rng.normal(0, 0.01, areas.shape)
        ids = tuple(map(str, range(30)))
        shares = metrics.analysis.regions.Shares(("a",), ids, values[None], areas)
        (row,) = compare_shares(shares, ["mark"], np.arange(30), "a")
        held += row["lift_low"] <= 1.5 <= row["lift_high"]
    assert 0.92 <= held / 400 <= 0.98


def test_images_of_one_subject_widen_the_interval(rng):
    areas = np.full((1, 40), 0.1)
    values = np.repeat(rng.uniform(0, 0.3, 10), 4)[None, None]
    ids = tuple(map(str, range(40)))
    shares = metrics.analysis.regions.Shares(("a",), ids, values, areas)
    widths = []
    for subjects in (np.arange(40), np.arange(40) // 4):
        (row,) = compare_shares(shares, ["mark"], subjects, "a")
        widths.append(row["share_high"] - row["share_low"])
    assert widths[1] > 1.8 * widths[0]


@pytest.fixture
def rng():
    return np.random.default_rng(8)
