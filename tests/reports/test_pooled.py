"""Pooled pixels and FROC in the report, from real scores."""

import re

import numpy as np
import pytest

import metrics
from metrics.storage.folder import write
from reports.composition import compose
from reports.content import Figure, Paragraph, Table
from reports.folder import load
from reports.pdf import compile_report
from reports.wording import bracket, decimal, signed


def open_scores(folder, count=3, healthy=5, **changed):
    generator = np.random.default_rng(count)
    masks = np.zeros((30, 12, 17), bool)
    for mask in masks[: 30 - healthy]:
        top, left = generator.integers((0, 0), (8, 12))
        mask[top : top + 4, left : left + 5] = True
    weights = np.linspace(3, 1, count)[:, None, None, None]
    maps = weights * masks + generator.normal(size=(count, *masks.shape))
    maps[-1, 2, 0, 0] = np.nan
    options = metrics.ScoreOptions(resamples=200, checks=False, **changed)
    named = {f"m{k}": maps[k] for k in range(count)}
    write(metrics.score(named, masks, options=options), folder)
    return load(folder)


@pytest.fixture(scope="module")
def traced(tmp_path_factory):
    return open_scores(tmp_path_factory.mktemp("traced") / "scores", froc=True)


def find(folder):
    report = compose(folder)
    return next(s for s in report.sections if s.name == "pooled").blocks


def test_the_table_holds_the_pools_of_all_images(traced):
    table = find(traced)[0]
    assert isinstance(table, Table)
    assert "30 images in one pool" in table.caption
    rows = {
        row["name"]: row
        for row in traced.results["pooled"]
        if (row["score"], row["stratum"]) == ("pooled_average_precision", "every_image")
    }
    assert [cells[0] for cells in table.rows] == ["m0", "m1", "m2"]
    for cells in table.rows:
        row = rows[cells[0]]
        assert cells[1:3] == (decimal(row["value"]), bracket(row))
        assert cells[5:] == (str(row["lost"]), decimal(row["worst"]))
        if cells[0] != "m0":
            assert cells[3] == signed(row["difference"])
    assert [cells[5] for cells in table.rows] == ["0", "0", "1"]


def test_the_curve_and_its_table(traced):
    _, figure, table = find(traced)
    assert isinstance(figure, Figure)
    assert isinstance(table, Table)
    rows = {
        row["name"]: row
        for row in traced.results["froc"]
        if row["stratum"] == "every_image"
    }
    best = max(rows.values(), key=lambda row: row["value"])
    assert f"highest: {best['name']} {decimal(best['value'])}" in figure.alt
    assert "25 lesions of 30 images" in figure.caption
    texts = re.findall(r">([^<>]+)</text>", figure.svg.decode())
    assert {"m0", "m1", "m2", "Lesions found"} <= set(texts)
    for cells in table.rows:
        row = rows[cells[0]]
        wanted = [decimal(v) for v in row["sensitivity"]]
        assert cells[1:-2] == tuple(wanted)
        assert cells[-2:] == (decimal(row["value"]), bracket(row))
    _, warnings = compile_report(compose(traced), b"{}")
    assert warnings == []


def test_what_was_not_traced_is_said(tmp_path):
    table, line = find(open_scores(tmp_path / "scores", healthy=0))
    assert "30 images with a lesion in one pool" in table.caption
    assert isinstance(line, Paragraph)
    assert "hrcam score --froc" in line.text


def test_many_entries_share_a_label(tmp_path):
    folder = open_scores(tmp_path / "scores", count=11, froc=True)
    texts = re.findall(r">([^<>]+)</text>", find(folder)[1].svg.decode())
    assert "10 other entries" in texts
    assert "m3" not in texts


def test_nothing_to_pool(tmp_path):
    folder = open_scores(tmp_path / "scores", healthy=30)
    (line,) = find(folder)
    assert line.text.startswith("No image with a lesion")
