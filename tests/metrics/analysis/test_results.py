import json

import numpy as np
import pytest

from metrics import ArrayMaps, ScoreOptions, score
from metrics.analysis.strata import cut_thirds
from metrics.counting.thresholds import sweep
from metrics.storage.plain import to_json, to_plain

QUICK = ScoreOptions(resamples=150)


def rows(results, part, **keys):
    return [r for r in results[part] if all(r[k] == v for k, v in keys.items())]


def row(results, part, **keys):
    (found,) = rows(results, part, **keys)
    return found


def test_the_parts_are_those_of_the_report(scores):
    results = scores.results
    assert sorted(results) == [
        "alerts",
        "checks",
        "curves",
        "differences",
        "entries",
        "froc",
        "gallery",
        "images",
        "inputs",
        "interactions",
        "normalizations",
        "options",
        "pairs",
        "panel_rule",
        "panels",
        "paper_tests",
        "pooled",
        "prevalence",
        "ranks",
        "schema",
        "statuses",
        "strata",
        "summary",
        "tests",
    ]
    assert results["options"] == {
        "thresholds": [0.3, 0.5, 0.8],
        "margin": 0.02,
        "level": 0.95,
        "primary": "average_precision",
        "reference": "hr_cam",
        "resamples": 200,
        "seed": 0,
        "scores": ["standard"],
        "tuned": {},
        "froc": False,
        "tests": [],
        "missing": "refuse",
        "extra": "refuse",
        "checks": True,
        "normalizations": [],
    }
    assert results["images"] == {
        "total": 24,
        "with_lesion": 16,
        "without_lesion": 8,
        "subjects": 24,
        "clustered": False,
    }
    assert " ".join(sorted(results["summary"][0])) == (
        "high low mean median median_high median_low n name q1 q3 score stratum "
        "threshold undefined worst"
    )
    assert " ".join(sorted(results["differences"][0])) == (
        "clusters d_av difference dz effects_reason gz high high90 low low90 "
        "median_difference median_high median_low n other p p_adjusted p_holm "
        "pseudo_median rank_biserial reason reference score stratum survives threshold "
        "verdict win_rate"
    )
    assert " ".join(sorted(results["paper_tests"][0])) == (
        "n other paired_p paired_t reference score student_p student_t threshold "
        "welch_p welch_t"
    )
    json.loads(to_json(results))


def test_strata(scores):
    results = scores.results
    assert [
        (row["name"], row["n"], row["small"])
        for row in results["strata"]
        if row["bounds"] is None
    ] == [
        ("all", 16, False),
        ("correct", 13, False),
        ("lesion=focal", 8, False),
        ("lesion=texture", 8, False),
        ("without_lesion", 8, False),
    ]
    kinds = {r["score"] for r in rows(results, "summary", stratum="without_lesion")}
    assert kinds == {"specificity", "flagged_area", "energy"}
    assert {
        r["score"] for r in rows(results, "differences", stratum="without_lesion")
    } == {"specificity", "flagged_area"}
    columns = 1 + len([c for c in scores.measured.columns if c.score != "energy"])
    assert len(rows(results, "summary", stratum="correct")) == 3 * (columns - 3)


def test_the_summary_is_of_images_with_a_lesion(scores, make_scene):
    maps, masks = make_scene()
    ill = masks.any(axis=(1, 2))
    expected = sweep(maps["cam"][ill], masks[ill]).specificity[:, 50]
    found = row(
        scores.results,
        "summary",
        name="cam",
        score="specificity",
        threshold=0.5,
        stratum="all",
    )
    assert found["n"] == 16
    assert found["mean"] == pytest.approx(expected.mean(), rel=1e-9)
    assert found["median"] == pytest.approx(np.median(expected), rel=1e-9)
    assert found["median_low"] <= found["median"] <= found["median_high"]
    share = masks[ill].mean(axis=(1, 2)).mean()
    assert scores.results["prevalence"]["all"] == pytest.approx(share, rel=1e-9)
    assert scores.results["prevalence"]["without_lesion"] == 0


def test_undefined_values_are_counted_and_the_worst_case_shown(make_scene):
    maps, masks = make_scene()
    maps["cam"][[0, 1]] = np.nan
    results = score(maps, masks, options=QUICK).results
    found = row(results, "summary", name="cam", score="auroc", stratum="all")
    assert (found["n"], found["undefined"]) == (14, 2)
    assert found["worst"] == pytest.approx(found["mean"] * 14 / 16)
    assert (
        "cam: 2 of 24 maps are not finite (NaN or infinity; left without scores)."
        in (results["alerts"])
    )
    difference = row(results, "differences", other="cam", score="auroc", stratum="all")
    assert difference["n"] == 14


def test_adding_a_method_leaves_the_others_raw_results(make_scene):
    maps, masks = make_scene(methods=("hr_cam", "cam", "grad_cam", "random"))
    more = score(maps, masks, options=QUICK).results
    del maps["random"]
    less = score(maps, masks, options=QUICK).results
    kept = [r for r in more["differences"] if r["other"] != "random"]
    for one, two in zip(kept, less["differences"], strict=True):
        alike = {"p_adjusted": 0, "p_holm": 0}  # these know of the whole family
        assert one | alike == two | alike
    assert less["curves"]["entries"]["cam"] == more["curves"]["entries"]["cam"]


def test_adjusted_p_values_are_there_and_above_the_raw(scores):
    for found in scores.results["differences"]:
        if found["p"] is None:  # no variance: the same everywhere
            continue
        assert found["reference"] == "hr_cam"
        assert found["p_adjusted"] >= found["p"]


def test_two_equal_methods_are_identical_and_p_is_one(make_scene):
    maps, masks = make_scene()
    results = score(
        {"hr_cam": maps["cam"], "same": maps["cam"] * 4}, masks, options=QUICK
    ).results
    assert "energy" not in {found["score"] for found in results["differences"]}
    for found in results["differences"]:
        if found["score"] == "peak_separation":  # no image has two lesions
            assert found["n"] == 0
            continue
        assert found["verdict"] == "identical"
        assert found["p"] == found["p_adjusted"] == 1
        assert found["low"] == found["high"] == 0
    for found in results["paper_tests"]:
        assert found["paired_p"] is None
        assert found["student_p"] == 1


def test_the_paper_s_pooled_tests_take_all_thresholds(scores):
    tests = rows(scores.results, "paper_tests", other="cam", score="sensitivity")
    assert [(t["threshold"], t["n"]) for t in tests] == [
        (0.3, 16),
        (0.5, 16),
        (0.8, 16),
        (None, 48),
    ]


def test_curves_agree_with_the_summary(scores):
    curves = scores.results["curves"]
    assert curves["thresholds"] == [k / 100 for k in range(101)]
    for name in ("sensitivity", "specificity"):
        curve = curves["entries"]["cam"][name]
        for threshold, place in ((0.3, 30), (0.8, 80)):
            found = row(
                scores.results,
                "summary",
                name="cam",
                score=name,
                threshold=threshold,
                stratum="all",
            )
            assert curve["mean"][place] == pytest.approx(found["mean"], rel=1e-8)
        assert curve["low"][50] <= curve["mean"][50] <= curve["high"][50]
    assert curves["entries"]["cam"]["sensitivity"]["mean"][0] == 1


def test_subjects_widen_intervals_and_are_announced(make_scene, make_strata):
    maps, masks = make_scene(images=60)
    scores = score(maps, masks, make_strata(60, per_subject=6), QUICK)
    results = scores.results
    assert results["images"]["clustered"]
    assert results["images"]["subjects"] == 10
    found = row(results, "differences", other="cam", score="auroc", stratum="all")
    assert (found["n"], found["clusters"]) == (40, 10)
    assert (
        "60 images come from 10 subjects: intervals follow subjects, not images."
        in results["alerts"]
    )
    assert (
        "Only 10 subjects have a lesion: intervals are wide and adjusted p values "
        "approximate." in results["alerts"]
    )


def test_alerts_name_wrong_answers_and_constant_maps(make_scene, make_strata):
    maps, masks = make_scene()
    maps["grad_cam"][:5] = 0
    maps["constant"] = np.zeros(masks.shape)
    masks[0] = True
    results = score(maps, masks, make_strata(), QUICK).results
    assert results["alerts"] == [
        "Only 16 subjects have a lesion: intervals are wide and adjusted p values "
        "approximate.",
        "grad_cam: 5 of 24 maps are constant (one value everywhere; nothing is marked "
        "above 0).",
        "Specificity is undefined where masks fill the image: 1.",
        "The classifier is wrong on 3 of 16 images with a lesion (18.8%): see the "
        "stratum 'correct'.",
    ]


def test_a_single_method_and_few_images(make_scene):
    maps, masks = make_scene(images=4)
    results = score({"mine": maps["cam"]}, masks).results
    assert results["options"]["reference"] == "mine"
    assert results["differences"] == []
    assert results["paper_tests"] == []
    found = results["strata"][0]
    assert found == {"name": "all", "n": 3, "small": True, "bounds": None}
    assert results["alerts"] == [
        "Only 3 images of 3 subjects have a lesion: nothing is tested (5 are needed)."
    ]
    assert results["curves"]["entries"]["mine"]["sensitivity"]["low"] == [None] * 101
    assert len(results["panels"]) == 3


def test_no_lesion_anywhere(make_scene):
    maps, masks = make_scene()
    results = score(maps, np.zeros_like(masks), options=QUICK).results
    assert results["alerts"] == ["No image has a lesion: only specificity is defined."]
    assert results["panels"] == []
    found = row(results, "summary", name="cam", score="auroc", stratum="all")
    assert (found["n"], found["mean"]) == (0, None)
    found = row(
        results,
        "summary",
        name="cam",
        score="specificity",
        threshold=0.5,
        stratum="without_lesion",
    )
    assert found["n"] == 24
    assert results["prevalence"]["all"] is None
    json.loads(to_json(results))


def test_no_image_without_lesion(make_scene):
    maps, masks = make_scene()
    keep = masks.any(axis=(1, 2))
    results = score({k: m[keep] for k, m in maps.items()}, masks[keep]).results
    assert [s["name"] for s in results["strata"]] == ["all"]


def test_same_seed_same_results_other_seed_other_adjustment(make_scene):
    maps, masks = make_scene()
    one, two, three = (
        score(maps, masks, options=ScoreOptions(resamples=150, seed=seed)).results
        for seed in (0, 0, 1)
    )
    assert to_json(one) == to_json(two)
    assert one["summary"] == three["summary"]
    assert one["differences"] != three["differences"]


# Panels.


def test_panels_follow_the_rule(scores):
    panels = scores.results["panels"]
    own = scores.values_of("hr_cam", "average_precision")
    others = np.array(
        [scores.values_of(n, "average_precision") for n in ("cam", "grad_cam")]
    )
    by_rule = {p["rule"]: p for p in panels}
    assert [p["rule"] for p in panels][:6] == [
        "random",
        "random",
        "best",
        "median",
        "worst",
        "disagreement",
    ]
    place = {key: index for index, key in enumerate(scores.ids)}
    assert own[place[by_rule["best"]["image_id"]]] == np.nanmax(own)
    assert own[place[by_rule["worst"]["image_id"]]] == np.nanmin(own)
    taken = [place[by_rule[rule]["image_id"]] for rule in ("best", "worst", "median")]
    spread = np.abs(others - own).max(axis=0)
    spread[taken] = np.nan
    assert spread[place[by_rule["disagreement"]["image_id"]]] == np.nanmax(spread)
    distance = np.abs(own - np.nanmedian(own))
    distance[taken[:2]] = np.nan
    assert distance[taken[2]] == np.nanmin(distance)
    ids = [p["image_id"] for p in panels]
    assert len(set(ids)) == len(ids)
    assert all(np.isfinite(own[place[key]]) for key in ids)
    assert {p["stratum"] for p in panels} == {"lesion=focal", "lesion=texture"}
    for panel in panels:
        assert list(panel["scores"]) == ["hr_cam", "cam", "grad_cam"]
        assert panel["scores"]["hr_cam"] == pytest.approx(
            own[place[panel["image_id"]]], rel=1e-9
        )
    assert scores.results["panel_rule"] == (
        "Chosen by rule, not by eye, from the images with a lesion: the best, the "
        "worst and the one nearest the median by average precision of hr_cam; the one "
        "where hr_cam and another method differ most; two at random from the rest "
        "(seed 0); and one at random of each kind of lesion not yet shown."
    )


def test_a_rare_kind_of_lesion_is_shown(make_scene, make_strata):
    maps, masks = make_scene(images=90)
    strata = make_strata(90)
    strata["lesion"] = np.where(masks.any(axis=(1, 2)), "focal", "none")
    strata.loc[30, "lesion"] = "rare"
    for seed in range(5):
        options = ScoreOptions(resamples=100, seed=seed)
        panels = score(maps, masks, strata, options).results["panels"]
        assert "lesion=rare" in {p["stratum"] for p in panels}
        assert panels[-1] == {**panels[-1], "rule": "kind", "image_id": "000030"} or (
            len(panels) == 6
        )


def test_random_panels_follow_the_seed(make_scene):
    maps, masks = make_scene(images=60)
    drawn = {
        seed: [
            p["image_id"]
            for p in score(
                maps, masks, options=ScoreOptions(resamples=100, seed=seed)
            ).results["panels"]
            if p["rule"] == "random"
        ]
        for seed in (0, 1)
    }
    assert drawn[0] != drawn[1]


def test_baselines_do_not_count_as_disagreement(make_scene):
    maps, masks = make_scene()
    ids = tuple(f"{index:06d}" for index in range(24))
    sources = {
        name: ArrayMaps(array, ids, {"method": name, "kind": kind})
        for (name, array), kind in zip(
            maps.items(), ("model", "baseline", "ceiling"), strict=True
        )
    }
    panels = score(sources, masks, options=QUICK).results["panels"]
    assert "disagreement" not in {p["rule"] for p in panels}


def test_plain_values():
    value = {1: (np.float32(0.5), np.nan, np.inf), "a": np.array([[1, 2]]), "b": None}
    assert to_plain(value) == {"1": [0.5, None, None], "a": [[1, 2]], "b": None}
    assert to_plain(1 / 3, digits=4) == 0.3333
    assert to_plain(np.bool_(True)) is True


def test_thirds_by_size_and_difficulty_hold_the_primary_score(make_scene, make_strata):
    maps, masks = make_scene(images=90)
    strata = make_strata(90)
    for k in np.flatnonzero(masks.any(axis=(1, 2))):
        masks[k] = False
        masks[k, 2 : 3 + k % 9, 3:8] = True
    share = masks.mean(axis=(1, 2))
    strata["d_prime"] = np.where(share > 0, 1 / (share + 0.01), np.nan)
    strata.loc[int(np.flatnonzero(share)[0]), "d_prime"] = np.nan
    results = score(maps, masks, strata, QUICK).results
    thirds = {s["name"]: s for s in results["strata"] if s["bounds"]}
    assert list(thirds) == [
        "size=small",
        "size=middle",
        "size=large",
        "difficulty=hard",
        "difficulty=middle",
        "difficulty=easy",
    ]
    ill = np.sort(share[share > 0])
    assert sum(thirds[f"size={k}"]["n"] for k in ("small", "middle", "large")) == len(
        ill
    )
    assert thirds["size=small"]["bounds"][0] == pytest.approx(ill[0])
    assert thirds["size=large"]["bounds"][1] == pytest.approx(ill[-1])
    assert sum(s["n"] for n, s in thirds.items() if n[0] == "d") == len(ill) - 1
    for part in ("summary", "differences"):
        found = {r["score"] for r in results[part] if r["stratum"] in thirds}
        assert found == {"average_precision"}
    assert not {r["stratum"] for r in results["pairs"]} & set(thirds)
    contrasts = {(r["first"], r["second"]) for r in results["interactions"]}
    assert ("size=small", "size=large") in contrasts
    assert ("difficulty=hard", "difficulty=easy") in contrasts


@pytest.mark.parametrize("count", [14, 15])
def test_thirds_need_five_images_each(count):
    names = ("low", "middle", "high")
    found = cut_thirds(names, np.arange(count) / 7, np.ones(count, dtype=bool))
    assert [int(rows.sum()) for rows, _ in found.values()] == [5, 5, 5] * (count == 15)
    same = np.ones(count)
    assert cut_thirds(names, same, same > 0) == {}


def test_pooled_counts_are_those_of_all_pixels_in_one(make_scene):
    maps, masks = make_scene()
    curves = score(maps, masks, options=QUICK).results["curves"]["entries"]
    ill = masks.any(axis=(1, 2))
    low = maps["cam"].min(axis=(1, 2), keepdims=True)
    high = maps["cam"].max(axis=(1, 2), keepdims=True)
    shown = ((maps["cam"] - low) / (high - low))[ill]
    truth = masks[ill]
    pooled = curves["cam"]["pooled"]
    assert pooled["images"] == ill.sum()
    for k in (0, 30, 55, 100):
        marked = shown >= k / 100
        hits = (marked & truth).sum()
        assert pooled["sensitivity"][k] == pytest.approx(hits / truth.sum())
        assert pooled["precision"][k] == pytest.approx(hits / marked.sum())


def test_the_gallery_holds_the_panels_and_others_by_lot(make_scene):
    maps, masks = make_scene(images=90)
    results = score(maps, masks, options=QUICK).results
    gallery = results["gallery"]
    names = [row["image_id"] for row in gallery["images"]]
    shown = [panel["image_id"] for panel in results["panels"]]
    assert len(names) == len(set(names)) == 60
    assert names[: len(shown)] == shown
    assert gallery["total"] == 90
    assert gallery["rule"] == (
        "60 of 90 images: those of the panels, then at random from all (seed 0)."
    )
    kinds = {row["stratum"] for row in gallery["images"]}
    assert kinds == {"all", "without_lesion"}
