"""The report of a multiverse, from made-up results."""

import json
import re

import numpy as np
import pytest

from reports.folder import load
from reports.html import render_html
from reports.multiverse import compose_multiverse
from reports.sections import localization, multiverse
from reports.twin import outline

OPTIONS = {
    "head": ("hotelling", "paper, Adam 0.001 x 60"),
    "layers": ("all", "last"),
    "network": ("compact",),
}


def curve_of(rival, endpoint):
    return {
        "rival": rival,
        "endpoint": endpoint,
        "specifications": 40,
        "undefined": 0,
        "positive": 0.625,
        "clear_for": 0.5,
        "clear_against": 0.2,
        "beyond_for": 0.475,
        "beyond_against": 0.15,
        "mean": 0.1,
        "least": -0.21,
        "q1": -0.01,
        "median": 0.083,
        "q3": 0.2,
        "most": 0.52,
        "verdicts": {"inconclusive": 40},
        "shares": {"head": 0.5, "layers": 0.125, "head x layers": 0.25, "rest": 0.125},
        "totals": {"head": 0.75, "layers": 0.375},
        "options": [
            {
                "axis": axis,
                "option": option,
                "mean": 0.1,
                "positive": 0.6,
                "specifications": 20,
            }
            for axis, options in OPTIONS.items()
            for option in options
            if len(options) > 1
        ],
        "intervals": {
            "resamples": 500,
            "positive": {"low": 0.55, "high": 0.7},
            "mean": {"low": 0.05, "high": 0.15},
        },
    }


def entry(name, kind, ap, reliance):
    spread = {"low": reliance - 0.1, "high": reliance + 0.1, "count": 9, "clusters": 9}
    return {
        "entry": name,
        "method": name.split("@")[0],
        "layer": "",
        "kind": kind,
        "label": name,
        "average_precision": {"mean": ap, "low": ap - 0.05, "high": ap + 0.05, "n": 9},
        "lift": {"mean": ap - 0.02, "low": None, "high": None, "n": 9},
        "pooled": {"estimate": reliance, **spread},
        "at_equal_area": {"estimate": reliance / 2, **spread},
    }


@pytest.fixture
def found():
    middle = np.linspace(-0.21, 0.52, 40)
    relation = {"estimate": 0.4, "low": -0.1, "high": 0.8, "count": 3, "clusters": 3}
    cell = {"network": "compact", "data_seed": "7", "training_seed": "0"}
    return {
        "schema": 1,
        "sha256": "ab" * 32,
        "quick": True,
        "command": "hrcam multiverse quickstart --quick",
        "margin": 0.02,
        "primary": {"rival": "cam", "endpoint": "average_precision"},
        "axes": [
            {"name": k, "title": k.title(), "paper": "silent", "options": list(v)}
            for k, v in OPTIONS.items()
        ],
        "cells": [
            {
                **cell,
                "model": "cd" * 32,
                "dataset": "ef" * 32,
                "epochs": 12,
                "images": 300,
                "correct": 0.76,
            }
        ],
        "curves": [
            curve_of("cam", "average_precision"),
            curve_of("cam", "auroc"),
            curve_of("grad_cam last", "average_precision"),
        ],
        "curve": {
            "specifications": 40,
            "ranks": list(range(40)),
            "difference": middle.tolist(),
            "low": (middle - 0.05).tolist(),
            "high": (middle + 0.05).tolist(),
            "matrix": [
                {"axis": k, "option": o, "share": [0.5] * 10}
                for k, v in OPTIONS.items()
                for o in v
                if len(v) > 1
            ],
            "marks": [
                {
                    "name": "default of this package",
                    "rank": 30,
                    "choices": {},
                    "difference": 0.35,
                    "low": 0.3,
                    "high": 0.4,
                    "hr_cam": 0.6,
                    "rival": 0.25,
                }
            ],
        },
        "reliance": [
            {
                **cell,
                "images": 60,
                "lesions": 60,
                "area": relation,
                "entries": [
                    entry("hr_cam", "model", 0.6, 0.3),
                    entry("cam@stage5", "model", 0.3, 0.5),
                    entry("random", "baseline", 0.05, 0.2),
                ],
                "relation": {
                    "pooled": relation,
                    "at_equal_area": relation,
                    "methods": 2,
                },
            }
        ],
        "versions": {"python": "3.11"},
        "date": "2021-06-22",
    }


def test_the_answer_says_share_margin_and_what_decides(found):
    assert multiverse.tell(found) == (
        "HR-CAM's mean average precision is above CAM's in 62.5% of 40 specifications "
        "[55.0%, 70.0%], beyond the margin of 0.02 in 47.5% and as far below in 15.0%; "
        "the difference runs from \N{MINUS SIGN}0.210 to +0.520, median +0.083. Most "
        "of the variance of the difference: Head 50.0%, "
        "Head \N{MULTIPLICATION SIGN} Layers 25.0%, Layers 12.5%."
    )


def test_the_report_shows_curve_shares_and_reliance(found):
    report = compose_multiverse(found)
    names = [section.name for section in report.sections]
    assert names == ["multiverse", "localization", "versions"]
    text = json.dumps(outline(report), ensure_ascii=False)
    for words in ("Quick.", "conditional on these", "normalized or where it is cut"):
        assert words in text, words
    assert "measures the size of the lesion partly" in text
    tables = [b for s in report.sections for b in s.blocks if hasattr(b, "rows")]
    shares = next(t for t in tables if t.caption.startswith("Shares of the variance"))
    assert [row[1] for row in shares.rows] == ["50.0%", "25.0%", "12.5%", "12.5%"]
    assert render_html(report).count(b"<svg") == 2


def test_drawings_name_every_option_once(found):
    report = compose_multiverse(found)
    figures = [b for s in report.sections for b in s.blocks if hasattr(b, "svg")]
    curve, scatter = (figure.svg.decode() for figure in figures)
    texts = re.findall(r"<text[^>]*>([^<]+)</text>", curve)
    for option in ("hotelling", "all", "last", "default of this package"):
        assert texts.count(option) == 1, option
    assert "area alone" in scatter


def test_every_network_has_its_drawing_and_its_name(found):
    first = found["reliance"][0]
    found["reliance"] = [
        first,
        {**first, "training_seed": "1"},
        {**first, "data_seed": "8"},
    ]
    blocks = localization.show(found)
    figures = [block for block in blocks if hasattr(block, "svg")]
    assert len({figure.name for figure in figures}) == 3
    names = [figure.caption.split("reliance, ")[1] for figure in figures]
    assert names == [
        f"compact, data seed {data}, training seed {seed}, with 95% intervals of both."
        for data, seed in ((7, 0), (7, 1), (8, 0))
    ]
    assert [bool(figure.reading) for figure in figures] == [True, False, False]
    assert blocks[-1].reading.endswith("other networks' maps are in report.json.")


def test_a_network_without_reliance_or_shares_is_still_told_of(found):
    found["reliance"] = []
    for curve in found["curves"]:
        curve["shares"] = {}
    report = compose_multiverse(found)
    assert [section.name for section in report.sections] == ["multiverse", "versions"]
    assert "Most of the variance" not in multiverse.tell(found)


def test_a_scores_folder_shows_the_multiverse_given(make_scores, tmp_path, found):
    path = make_scores(tmp_path / "scores")
    assert multiverse.build(load(path)) is None
    assert localization.build(load(path)) is None
    (path / "evidence" / "multiverse.json").write_text(json.dumps(found))
    sections = [m.build(load(path)) for m in (multiverse, localization)]
    assert [section.name for section in sections] == ["multiverse", "localization"]
