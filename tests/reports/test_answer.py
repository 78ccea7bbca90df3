"""What the answer says follows from results.json and nothing else."""

import json

import pytest

from reports import lookup
from reports.composition import compose
from reports.content import Paragraph, Table
from reports.folder import load
from reports.sections import answer
from reports.wording import decimal, signed

VERDICTS = (
    "different, beyond the margin",
    "different, within the margin",
    "different, size unclear",
    "equivalent",
    "identical",
    "inconclusive",
)


@pytest.fixture
def small(make_scores, tmp_path):
    """Make and load a small folder, changed at will."""

    def make(rows, change=None):
        return load(make_scores(tmp_path / "scores", rows, 40, change, size=24))

    return make


def said(folder, role="answer"):
    section = answer.build(folder)
    return [
        f"{block.lead} {block.text}"
        for block in section.blocks
        if isinstance(block, Paragraph) and block.role == role
    ]


def test_rivals_are_the_paper_s_methods_not_the_reference_s_heads(loaded):
    folder = loaded
    rivals = ["cam@stage5", "grad_cam@stage4", "grad_cam@stage5"]
    assert answer.rivals(folder) == rivals
    assert answer.rivals(folder, most=2) == rivals[:2]


def test_each_rival_gets_its_verdict_difference_and_interval(loaded):
    folder = loaded
    sentences = said(folder)
    baseline = "intensity_blurred"
    assert lookup.best(folder, "baseline") == baseline
    for other in (*answer.rivals(folder), baseline):
        row = lookup.difference(folder, other, "average_precision")
        sentence = next(
            s for s in sentences if f"against {lookup.label(folder, other)}:" in s
        )
        assert row["verdict"] in sentence
        for key in ("difference", "low", "high"):
            assert signed(row[key]) in sentence
        assert f"{row['n']} images" in sentence
    assert sentences[4].endswith("This is the best baseline.")
    assert 3 <= len(sentences) <= 6


@pytest.mark.parametrize("verdict", VERDICTS)
@pytest.mark.parametrize("sign", [-1, 1])
def test_direction_is_named_only_where_there_is_a_difference(
    small, make_external, verdict, sign
):
    def change(results, *_):
        for row in results["differences"]:
            row |= {"verdict": verdict, "difference": 0.1 * sign}

    sentence = said(small(make_external(2), change))[1]
    assert sentence.startswith(f"External 0 against External 1: {verdict}")
    direction = ", higher (" if sign > 0 else ", lower ("
    assert (direction in sentence) == verdict.startswith("different")
    assert (", higher (" in sentence or ", lower (" in sentence) == verdict.startswith(
        "different"
    )


def test_a_changed_verdict_on_correctly_classified_images_is_told(small, everything):
    def change(results, *_):
        for row in results["differences"]:
            if row["other"] == "cam@stage5" and row["stratum"] == "correct":
                row["verdict"] = "inconclusive"

    sentence = said(small(everything[:7], change))[-1]
    assert sentence.endswith("the verdict differs for CAM: inconclusive.")


def test_a_reason_is_printed_and_missing_intervals_are_not(small, make_external):
    def change(results, *_):
        for row in results["differences"]:
            row |= {key: None for key in ("low", "high", "low90", "high90", "p")}
            row |= {"p_adjusted": None, "verdict": "inconclusive"}
            row["reason"] = "too few images to test: 3, 5 are needed"

    folder = small(make_external(2), change)
    sentence = said(folder)[1]
    assert sentence.endswith("; too few images to test: 3, 5 are needed).")
    assert "CI" not in sentence
    compose(folder)


def test_the_stamp_says_what_it_is_conditional_on(loaded, small, make_external):
    assert (
        said(loaded, "stamp")[0].strip().startswith("Conditional on one trained model")
    )
    stamp = said(small(make_external(2)), "stamp")[0].strip()
    assert stamp.startswith("Conditional on the maps as given")


def test_all_alerts_are_shown(loaded):
    folder = loaded
    assert said(folder, "alert") == [f"Alert {a}" for a in folder.results["alerts"]]


def test_the_table_lists_every_entry_with_its_means(loaded):
    folder = loaded
    table = answer.build(folder).blocks[-1]
    assert isinstance(table, Table)
    assert len(table.rows) == len(folder.results["entries"]) == 21
    assert table.rows[0][0] == "HR-CAM"
    row = lookup.summary(folder, "hr_cam", "average_precision")
    assert table.rows[0][1].startswith(decimal(row["mean"]))
    fifth = lookup.summary(folder, "hr_cam", "specificity", 0.5)
    assert table.rows[0][-2] == decimal(fifth["mean"])


def test_the_json_twin_holds_results_and_evidence_as_they_were(full, written):
    twin = json.loads((written / "report.json").read_text(encoding="utf-8"))
    assert twin["results"] == json.loads((full / "results.json").read_text())
    for name, content in twin["evidence"].items():
        path = full / "evidence" / f"{name}.json"
        assert content == json.loads(path.read_text())
