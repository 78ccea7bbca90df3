"""Pooled pixels and lesions in the results."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from metrics import ScoreOptions, score
from metrics.counting.thresholds import sweep

QUICK = ScoreOptions(resamples=200, froc=True)


def find(rows, **wanted):
    (row,) = [r for r in rows if all(r[key] == wanted[key] for key in wanted)]
    return row


@pytest.fixture
def results(make_scene, make_strata):
    maps, masks = make_scene()
    return score(maps, masks, make_strata(), QUICK).results


def test_pixels_of_a_stratum_are_pooled(make_scene, results):
    maps, masks = make_scene()
    ill = masks.any(axis=(1, 2))
    counts = sweep(maps["cam"], masks)
    expected = counts.marked_lesion[ill, 50].sum() / masks.sum()
    row = find(
        results["pooled"],
        name="cam",
        score="pooled_sensitivity",
        threshold=0.5,
        stratum="all",
    )
    np.testing.assert_allclose(row["value"], expected)
    assert row["low"] < row["value"] < row["high"]
    assert (row["images"], row["lost"], row["worst"]) == (16, 0, row["value"])
    reference = find(
        results["pooled"],
        name="hr_cam",
        score="pooled_sensitivity",
        threshold=0.5,
        stratum="all",
    )
    np.testing.assert_allclose(
        row["difference"], reference["value"] - row["value"], rtol=1e-6
    )
    assert reference["difference"] == reference["difference_high"] == 0


def test_images_without_a_lesion_have_specificity_only_and_join_every_image(results):
    without = [r for r in results["pooled"] if r["stratum"] == "without_lesion"]
    assert {row["score"] for row in without} == {"pooled_specificity"}
    every = {r["score"] for r in results["pooled"] if r["stratum"] == "every_image"}
    assert "pooled_average_precision" in every


def test_false_parts_lower_the_curve_where_images_without_a_lesion_count(results):
    rows = results["froc"]
    assert [row["name"] for row in rows[:3]] == ["hr_cam", "cam", "grad_cam"]
    ill, every = (find(rows, name="cam", stratum=s) for s in ("all", "every_image"))
    assert (ill["images"], every["images"]) == (16, 24)
    assert ill["lesions"] == every["lesions"] == 16
    assert every["rates"] == [0.25, 0.5, 1, 2, 4, 8]
    np.testing.assert_allclose(every["value"], np.mean(every["sensitivity"]))
    assert every["curve"] == sorted(every["curve"])
    assert {row["stratum"] for row in rows}.isdisjoint({"without_lesion"})


def test_a_lost_map_is_named_and_has_its_worst(make_scene):
    maps, masks = make_scene()
    whole = score(maps, masks, options=QUICK).results
    maps["cam"][4, 0, 0] = np.nan
    part = score(maps, masks, options=QUICK).results
    for key in ("pooled", "froc"):
        rows = [r for r in part[key] if r["name"] == "cam" and r["stratum"] == "all"]
        before = [r for r in whole[key] if r["name"] == "cam" and r["stratum"] == "all"]
        for row, old in zip(rows, before, strict=True):
            assert (row["images"], row["lost"]) == (15, 1)
            assert row["worst"] <= min(row["value"], old["value"])


def test_froc_is_traced_only_when_asked_for(make_scene):
    maps, masks = make_scene()
    assert score(maps, masks, options=ScoreOptions(resamples=100)).results["froc"] == []


def test_few_subjects_have_no_interval(make_scene):
    maps, masks = make_scene(images=4)
    for key in ("pooled", "froc"):
        for row in score(maps, masks, options=QUICK).results[key]:
            assert row["low"] is None
            assert row["value"] is not None


def test_neither_workers_nor_the_set_of_methods_change_a_number(
    make_scene, monkeypatch
):
    maps, masks = make_scene()
    monkeypatch.setattr("metrics.measurement.SHARD", 7)
    with ThreadPoolExecutor(2) as executor:
        whole = score(maps, masks, options=QUICK, executor=executor).results
    monkeypatch.undo()
    two = {name: maps[name] for name in ("hr_cam", "grad_cam")}
    part = score(two, masks, options=QUICK).results
    for key in ("pooled", "froc"):
        assert part[key] == [row for row in whole[key] if row["name"] in two]
