"""Claims of the paper, and methods by layers."""

from dataclasses import replace

import pytest

from reports.composition import compose
from reports.content import Table
from reports.folder import load
from reports.sections.claims import build, conclude, judge
from reports.wording import NOTHING


def section_of(folder, name):
    return next(s for s in compose(folder).sections if s.name == name)


@pytest.mark.parametrize(
    ("verdict", "difference", "above", "same"),
    [
        ("different, beyond the margin", 0.1, "holds", "does not hold"),
        ("different, size unclear", -0.1, "reversed", "does not hold"),
        ("equivalent", 0.001, "equivalent", "holds"),
        ("identical", 0.0, "equivalent", "holds"),
        ("inconclusive", 0.1, "inconclusive", "inconclusive"),
    ],
)
def test_a_claim_is_judged_by_the_verdict_alone(verdict, difference, above, same):
    row = {"verdict": verdict, "difference": difference}
    assert judge(row, equal=False) == above
    assert judge(row, equal=True) == same


def test_every_claim_has_a_row_with_the_differences_of_the_results(loaded):
    (table,) = section_of(loaded, "claims").blocks
    assert [row[0][0] for row in table.rows] == list("1122" + "33" + "456")
    found = {
        row["threshold"]: row
        for row in loaded.results["differences"]
        if row["other"] == "cam@stage5"
        and row["score"] == "sensitivity"
        and row["stratum"] == "all"
    }
    told = table.rows[0][1].split("; ")
    assert len(told) == 3
    for part, (threshold, row) in zip(told, found.items(), strict=True):
        assert part.startswith(f"{threshold:g}: {row['difference']:+.3f} [")
    states = {f"{t:g}": judge(row, equal=False) for t, row in found.items()}
    assert table.rows[0][2] == conclude(states)
    assert table.rows[1][0].endswith("Grad-CAM")
    assert table.rows[4][1:] == ("no image has two lesions", "not asked here")
    assert table.rows[7][1:] == (NOTHING, "not asked here")
    heads = loaded.evidence["heads"]["heads"]
    named = {"heads": {"heads": [{**heads[1], "name": "hotelling"}]}}
    (table,) = build(replace(loaded, evidence=named)).blocks
    assert table.rows[7][1].startswith("stage1 2%, stage2 7%")


def test_other_maps_are_not_asked(make_scores, make_external, tmp_path):
    folder = load(make_scores(tmp_path / "s", make_external(2), 20, size=16))
    (line,) = section_of(folder, "claims").blocks
    assert line.text.startswith("The claims are about HR-CAM against CAM")


def test_methods_and_layers_are_crossed(loaded, make_scores, everything, tmp_path):
    tables = [b for b in section_of(loaded, "layers").blocks if isinstance(b, Table)]
    cross = tables[1]
    assert [column.title for column in cross.columns] == ["Method", "stage4", "stage5"]
    assert [row[0] for row in cross.rows] == ["Grad-CAM"]
    means = {
        row["name"]: row["mean"]
        for row in loaded.results["summary"]
        if row["score"] == "average_precision" and row["stratum"] == "all"
    }
    for layer, cell in zip(("stage4", "stage5"), cross.rows[0][1:], strict=True):
        assert cell.startswith(f"{means[f'grad_cam@{layer}']:.3f} [")
    folder = load(make_scores(tmp_path / "s", everything[:5], 20, size=16))
    assert any(
        getattr(b, "text", "").startswith("No method was run at two layers")
        for b in section_of(folder, "layers").blocks
    )
