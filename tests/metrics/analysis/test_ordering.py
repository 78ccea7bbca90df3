"""All pairs, ranks, interactions and further tests in the results."""

import numpy as np
import pytest

from metrics import ScoreOptions, score

OPTIONS = ScoreOptions(resamples=200, tests=("wilcoxon", "permutation", "friedman"))


@pytest.fixture
def results(make_scene, make_strata):
    maps, masks = make_scene(images=48)
    return score(maps, masks, make_strata(48), OPTIONS).results


def test_pairs_agree_with_the_differences_of_the_reference(results):
    pairs = {(r["first"], r["second"], r["stratum"]): r for r in results["pairs"]}
    assert {key[:2] for key in pairs} == {
        ("hr_cam", "cam"),
        ("hr_cam", "grad_cam"),
        ("cam", "grad_cam"),
    }
    assert "without_lesion" not in {key[2] for key in pairs}
    for row in results["differences"]:
        key = row["reference"], row["other"], row["stratum"]
        if row["score"] == "average_precision" and row["stratum"] != "without_lesion":
            for name in ("n", "clusters"):
                assert row[name] == pairs[key][name]
            for name in ("difference", "low", "high", "p", "win_rate"):
                np.testing.assert_allclose(row[name], pairs[key][name], rtol=1e-7)


def test_every_stratum_has_an_order_of_its_entries(results):
    whole = next(r for r in results["ranks"] if r["stratum"] == "all")
    assert [r["name"] for r in whole["entries"]] == ["hr_cam", "cam", "grad_cam"]
    assert [r["rank"] for r in whole["entries"]] == [1, 2, 3]
    assert set(whole["schemes"]) == {"mean", "median", "rank_then_mean", "win_rate"}
    assert whole["schemes"]["mean"] == 1
    assert whole["entries"][0]["low"] == 1
    assert {"lesion=focal", "lesion=texture"} <= {
        r["stratum"] for r in results["ranks"]
    }


def test_interactions_contrast_kinds_of_lesions(results):
    rows = {row["other"]: row for row in results["interactions"]}
    assert set(rows) == {"cam", "grad_cam"}
    for name, row in rows.items():
        parts = {
            r["stratum"]: r["difference"]
            for r in results["differences"]
            if r["other"] == name and r["score"] == "average_precision"
        }
        expected = parts["lesion=focal"] - parts["lesion=texture"]
        np.testing.assert_allclose(row["difference"], expected, atol=1e-9)
        assert row["p_holm"] >= row["p"]


def test_tests_are_run_when_they_are_asked_for(results, make_scene):
    names = [(r["test"], r["other"]) for r in results["tests"] if r["stratum"] == "all"]
    assert names == [
        ("wilcoxon", "cam"),
        ("wilcoxon", "grad_cam"),
        ("permutation", "cam"),
        ("permutation", "grad_cam"),
        ("friedman", None),
    ]
    assert all(
        row["p"] < 0.05 for row in results["tests"] if row["other"] == "grad_cam"
    )
    maps, masks = make_scene()
    plain = score(maps, masks, options=ScoreOptions(resamples=100))
    assert plain.results["tests"] == []
    with pytest.raises(
        ValueError, match=r"^tests must be one of wilcoxon, permutation"
    ):
        ScoreOptions(tests=("sign",))


def test_differences_have_their_sizes(results):
    row = next(r for r in results["differences"] if r["score"] == "average_precision")
    assert row["median_low"] <= row["median_difference"] <= row["median_high"]
    assert row["dz"] > row["gz"] > 0
    assert row["effects_reason"] == ""
    assert row["p_holm"] >= row["p"]


def test_one_entry_has_no_pairs(make_scene):
    maps, masks = make_scene(methods=("cam",))
    found = score(maps, masks, options=OPTIONS).results
    assert found["pairs"] == found["interactions"] == []
    assert found["ranks"][0]["entries"][0]["rank"] == 1
