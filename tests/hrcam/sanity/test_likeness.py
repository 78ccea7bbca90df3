import numpy as np
import pytest
from scipy import stats

from hrcam.pipeline.sanity.likeness import (
    PARTNERS,
    Findings,
    Place,
    compare,
    refer,
    summary,
)
from metrics.likeness.similarity import spearman

IDS = tuple(f"{k:06d}" for k in range(11))
ALONE = np.arange(11)


def draw(seed):
    return np.random.default_rng(seed).normal(size=(11, 9, 14))


@pytest.fixture(scope="module")
def reference():
    return refer({"one": draw(0), "two": draw(1)}, IDS, ALONE, 5)


def test_partners_are_three_other_images(reference):
    own = draw(0)
    table = np.array([[spearman(a[None], b[None])[0] for b in own] for a in own])
    found = reference.pairs["one"]["spearman"]
    for row, value in zip(table, found, strict=True):
        rest = row[row < 1 - 1e-9]
        assert len(rest) == 10
        means = {
            round(float(np.mean(some)), 9)
            for some in __import__("itertools").combinations(rest, PARTNERS)
        }
        assert round(float(value), 9) in means


def test_partners_are_fewer_where_there_are_few_images():
    found = refer({"one": draw(0)[:2]}, IDS[:2], ALONE[:2], 0)
    both = spearman(draw(0)[:1], draw(0)[1:2])[0]
    np.testing.assert_allclose(found.pairs["one"]["spearman"], both)


def found_in(reference, maps):
    findings = Findings()
    compare(reference, maps, Place("weights", "own", "logits", 1), findings)
    return {(r["entry"], r["measure"]): r for r in findings.comparisons}, findings


def test_the_same_maps_are_more_alike_and_others_are_not(reference):
    rows, _ = found_in(reference, {"one": draw(0), "two": draw(7)})
    assert rows["one", "spearman"]["mean"] == pytest.approx(1)
    assert rows["one", "spearman"]["verdict"] == "more alike"
    assert rows["two", "spearman"]["verdict"] == "no more alike"
    assert rows["two", "ssim"]["verdict"] == "no more alike"


def test_the_difference_is_paired_by_image_with_a_t_interval(reference):
    rows, _ = found_in(reference, {"one": 0.5 * draw(0) + draw(7)})
    row = rows["one", "spearman"]
    own = spearman(draw(0), 0.5 * draw(0) + draw(7))
    differences = own - reference.pairs["one"]["spearman"]
    test = stats.ttest_1samp(differences, 0).confidence_interval()
    assert row["difference"] == pytest.approx(differences.mean())
    assert (row["difference_low"], row["difference_high"]) == (
        pytest.approx(test.low),
        pytest.approx(test.high),
    )
    assert row["mean"] == pytest.approx(own.mean())


def test_maps_turned_upside_down_are_less_alike_by_values_and_alike_by_sizes(reference):
    rows, _ = found_in(reference, {"one": -draw(0)})
    assert rows["one", "spearman"]["verdict"] == "less alike"
    assert rows["one", "spearman_absolute"]["verdict"] == "more alike"


def test_undefined_values_are_counted_and_named(reference):
    maps = draw(0)
    maps[3], maps[4, 0, 0] = 2.0, np.nan
    rows, findings = found_in(reference, {"one": maps})
    assert rows["one", "ssim"]["undefined"] == 2
    assert rows["one", "ssim"]["n"] == 9
    table = findings.rows[0]
    assert table["status"].tolist()[3:5] == ["constant_map", "nonfinite"]
    assert table["image_id"].tolist() == list(IDS)
    assert len(findings.rows) == 4


def test_few_images_get_no_verdict():
    few = refer({"one": draw(0)[:4]}, IDS[:4], ALONE[:4], 0)
    findings = Findings()
    compare(few, {"one": draw(0)[:4]}, Place("weights"), findings)
    assert {r["verdict"] for r in findings.comparisons} == {"too few images"}


def test_maps_that_are_all_constant_are_undefined(reference):
    rows, _ = found_in(reference, {"one": np.zeros((11, 9, 14))})
    assert rows["one", "ssim"]["verdict"] == "undefined"
    assert (rows["one", "ssim"]["n"], rows["one", "ssim"]["undefined"]) == (0, 11)


def test_images_of_one_subject_count_as_one():
    values = np.repeat(np.random.default_rng(0).normal(size=6), 5)
    alone = summary(values, np.arange(30))
    together = summary(values, np.repeat(np.arange(6), 5))
    assert together["high"] - together["low"] > 2 * (alone["high"] - alone["low"])
    assert together["mean"] == pytest.approx(alone["mean"])
