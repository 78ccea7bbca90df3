"""Shares of maps on marks in the report."""

from dataclasses import replace

import pytest

from reports import lookup
from reports.content import Report
from reports.figures.boxes import arrange
from reports.pdf import compile_report
from reports.sections import claims
from reports.sections.confounders import build
from reports.wording import NOTHING, bracket, signed


def told(folder, names):
    """Rows as ``hrcam score`` keeps them, one entry without anything to tell."""
    entries = [row["name"] for row in folder.results["entries"]]
    kinds = dict(zip(names, ("letters", "hair", "ruler"), strict=False))
    rows = []
    for k, region in enumerate(names):
        for place, name in enumerate(entries):
            share = 0.02 + 0.001 * place
            row = {
                **{"region": region, "name": name, "images": 42 - k, "lost": 0},
                **{"share": share, "share_low": share - 0.004, "area": 0.01},
                **{"share_high": share + 0.004, "lift": 100 * share},
                **{"lift_low": 100 * share - 0.4, "lift_high": 100 * share + 0.4},
                **{"difference": -0.001 * place, "difference_low": -0.03},
                **{"difference_high": 0.03},
            }
            lost = place == 1
            empty = ("share", "lift", "area", "share_low", "lift_low", "lift_high")
            rows.append(row | dict.fromkeys(empty if lost else ()))
    return {"kinds": kinds, "rows": rows}


def changed(folder, names):
    results = {**folder.results, "confounders": told(folder, names)}
    return replace(folder, results=results)


def test_where_there_are_no_marks_there_is_no_section(loaded):
    assert build(loaded) is None


def test_shares_and_lifts_stand_beside_chance(loaded):
    folder = changed(loaded, ["letters", "strands"])
    _, table = build(folder).blocks
    assert [column.title for column in table.columns] == [
        "Entry",
        "letters: share",
        "letters: lift",
        "strands: share",
        "strands: lift",
    ]
    chance, first, second = table.rows[:3]
    assert chance == ("Chance: share of the image", *("1.00%", "1.00") * 2)
    assert first[1:3] == ("2.00% [1.60%, 2.40%]", "2.00 [1.60, 2.40]")
    assert second[1:] == (NOTHING,) * 4
    assert [row[0] for row in table.rows[1:]] == [
        lookup.label(folder, name)
        for name in arrange(folder)
        if lookup.entry(folder, name)["kind"] != "ceiling"
    ]
    assert "letters: 42 images; strands (hair): 41 images." in table.reading
    report = Report("Marks", "", None, (build(folder),))
    compile_report(report, b"{}")


def test_many_marks_have_lifts_alone(loaded):
    folder = changed(loaded, ["letters", "strands", "ruler"])
    table = build(folder).blocks[1]
    assert [column.title for column in table.columns] == [
        "Entry",
        "letters: lift",
        "strands: lift",
        "ruler: lift",
    ]
    assert table.rows[0] == ("Chance: share of the image", *("1.00%",) * 3)
    assert table.rows[1][1:] == ("2.00 [1.60, 2.40]",) * 3


def test_claim_4_can_be_read(loaded):
    heads = loaded.evidence["heads"]["heads"]
    named = {"heads": {"heads": [{**heads[1], "name": "hotelling"}]}}
    folder = changed(loaded, ["letters"])
    folder = replace(folder, evidence={**folder.evidence, **named})
    row = lookup.difference(folder, "cam@stage5", "average_precision")
    printed = f"{signed(row['difference'])} {bracket(row, sign=True)}"
    text = build(folder).blocks[0].text
    assert "shares of the absolute logit: stage1 2%, stage2 7%" in text
    assert text.endswith(
        f"HR-CAM minus CAM in average precision: {printed}, {row['verdict']}."
    )
    rows = claims.build(folder).blocks[0].rows
    assert [r[0][0] for r in rows] == list("1122" + "33" + "44" + "56")
    assert rows[6][1].startswith("stage1 2%, stage2 7%")
    assert rows[7] == (
        "4. HR-CAM equals CAM where letters disturb",
        printed,
        "does not hold",
    )


@pytest.mark.parametrize("evidence", [{}, {"heads": {"heads": []}}])
def test_what_is_not_known_is_said(loaded, evidence):
    folder = replace(changed(loaded, ["letters"]), evidence=evidence)
    text = build(folder).blocks[0].text
    assert "Here the weights of the layers are not known." in text
