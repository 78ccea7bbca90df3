"""The report of the claims says what its numbers say."""

import copy
import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from hrcam.pipeline.studies.results import judge_claims
from reports.pdf import compile_report
from reports.studies.claims import STAMPS, compose_claims, tell_claim
from reports.twin import render_data
from reports.wording import signed


def load_beside(name):
    spec = spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MADE = load_beside("test_measuring")


@pytest.fixture(scope="module")
def result():
    return judge_claims(MADE.GRID, MADE.make_readings(lift=0.3), "now", "hrcam claims")


def test_a_report_is_set_without_a_warning_and_says_every_difference(result):
    report = compose_claims(result)
    twin = render_data(report, {"results": result}).decode()
    pdf, warnings = compile_report(report, twin.encode())
    assert pdf.startswith(b"%PDF")
    assert not warnings
    for claim in result["claims"]:
        for row in claim["endpoints"]:
            assert signed(row["difference"]) in twin
            wanted = row["verdict"].split(" under ")[0]
            assert wanted in twin
            for place in row["conditions"]:
                if row["word"] == "holds under" and place["state"] == "holds":
                    assert f"{place['recipe']}, {place['network']}" in row["verdict"]
            if " under " in row["verdict"]:
                assert f"{row['verdict']}" in twin


@pytest.mark.parametrize("stage", ["quick", "development", "confirmatory"])
def test_a_stage_that_reports_nothing_is_stamped_first(result, stage):
    report = compose_claims({**result, "stage": stage})
    assert report.title == f"The claims of the HR-CAM paper: {stage} study"
    first = report.sections[0].blocks[0]
    if stage in STAMPS:
        assert (first.role, first.lead) == ("stamp", f"{stage.upper()}.")
        assert first.text == STAMPS[stage]
    else:
        assert not hasattr(first, "role")


def test_a_claim_is_told_with_its_conditions(result):
    claim = copy.deepcopy(result["claims"][0])
    counts = {"holds": 2, "equivalent": 0, "inconclusive": 1, "reversed": 0}
    claim |= {"word": "holds under", "under": ["a", "b"], "counts": counts}
    assert tell_claim(claim) == (
        "holds under a; b (of 3 conditions: 2 holds, 1 inconclusive)"
    )
    counts = {"holds": 2, "equivalent": 0, "inconclusive": 0, "reversed": 1}
    claim |= {"word": "reversed", "under": ["c"], "counts": counts}
    assert (
        tell_claim(claim) == "reversed under c (of 3 conditions: 2 holds, 1 reversed)"
    )
    claim |= {"under": list("abcdefgh")}
    assert tell_claim(claim) == "reversed (of 3 conditions: 2 holds, 1 reversed)"


def test_figures_name_every_condition(result):
    report = compose_claims(result)
    figures = [
        block
        for section in report.sections
        for block in section.blocks
        if hasattr(block, "svg")
    ]
    assert len(figures) == 6 + 1
    whole = next(f for f in figures if f.name == "differences-hr-cam").svg.decode()
    for cell in result["cells"]:
        assert re.search(f"{cell['recipe']}, {cell['network']}"[:18], whole)
