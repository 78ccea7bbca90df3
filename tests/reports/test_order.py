"""Ranks, the square of all pairs and the audit of normalizations, from real scores."""

import json
import re

import numpy as np
import pytest

import metrics
from metrics.storage.folder import write
from reports.composition import compose
from reports.content import Figure, Paragraph, Table
from reports.folder import load
from reports.pdf import compile_report
from reports.wording import signed


def make_maps(count, images=30):
    generator = np.random.default_rng(count)
    masks = np.zeros((images, 12, 17), bool)
    for mask in masks:
        top, left = generator.integers((0, 0), (8, 12))
        mask[top : top + 4, left : left + 5] = True
    noise = generator.normal(size=(count, *masks.shape))
    weights = [2.0, *np.linspace(0.8, 0.7, count - 1)]  # one stands out
    maps = {f"m{k}": weights[k] * masks + noise[k] for k in range(count)}
    return maps, masks


def open_scores(folder, count, **changed):
    maps, masks = make_maps(count)
    options = metrics.ScoreOptions(resamples=200, checks=False, **changed)
    write(metrics.score(maps, masks, options=options), folder)
    return load(folder)


@pytest.fixture(scope="module")
def five(tmp_path_factory):
    folder = tmp_path_factory.mktemp("five") / "scores"
    return open_scores(folder, 5, normalizations=("all",))


def find(folder, name):
    report = compose(folder)
    return next(section for section in report.sections if section.name == name)


def test_the_table_says_what_the_ranks_say(five):
    table = find(five, "order").blocks[0]
    assert isinstance(table, Table)
    (found,) = (r for r in five.results["ranks"] if r["stratum"] == "all")
    ordered = sorted(found["entries"], key=lambda row: row["rank"])
    assert [row[0] for row in table.rows] == [row["name"] for row in ordered]
    for cells, row in zip(table.rows, ordered, strict=True):
        low, high = int(row["low"]), int(row["high"])
        span = str(low) if low == high else f"{low}" + chr(0x2013) + f"{high}"
        assert cells[1:5] == (
            f"{row['mean']:.3f}",
            str(row["rank"]),
            span,
            f"{100 * row['first']:.0f}%",
        )
    assert table.strong == (0,)
    assert "30 images with a lesion of 30 subjects" in table.caption


def test_the_square_holds_every_pair_both_ways(five):
    figure = find(five, "order").blocks[1]
    assert isinstance(figure, Figure)
    pairs = [r for r in five.results["pairs"] if r["stratum"] == "all"]
    clear = [row for row in pairs if row["p_adjusted"] < 0.05]
    assert 0 < len(clear) < len(pairs) == 10
    said = f"{len(clear)} of 10 pairs"
    assert said in figure.alt
    assert said in figure.reading
    texts = re.findall(r">([^<>]+)</text>", figure.svg.decode())
    for row in pairs:
        for value in (row["difference"], -row["difference"]):
            text = signed(value, 2)
            assert (text if row in clear else f"({text})") in texts


def test_beyond_nine_entries_dots_stand_for_numbers(tmp_path):
    folder = open_scores(tmp_path / "scores", 12)
    figure = find(folder, "order").blocks[1]
    pairs = [r for r in folder.results["pairs"] if r["stratum"] == "all"]
    unsure = [row for row in pairs if row["p_adjusted"] >= 0.05]
    texts = re.findall(r">([^<>]+)</text>", figure.svg.decode())
    assert texts.count("·") == 2 * len(unsure) > 0
    assert "A dot: not clear of 0" in figure.reading


def test_one_entry_has_no_rank(tmp_path):
    (only,) = find(open_scores(tmp_path / "scores", 1), "order").blocks
    assert isinstance(only, Paragraph)
    assert only.text.endswith("nothing to rank.")


def test_ceilings_are_no_contenders():
    maps, masks = make_maps(3)
    ids = tuple(f"{k:06d}" for k in range(30))
    sources = {
        name: metrics.ArrayMaps(array, ids, {"method": name, "kind": kind})
        for (name, array), kind in zip(
            maps.items(), ("model", "baseline", "ceiling"), strict=True
        )
    }
    found = metrics.score(sources, metrics.ArrayMasks(masks, ids)).results
    ranked = {e["name"] for row in found["ranks"] for e in row["entries"]}
    assert ranked == {"m0", "m1"}
    assert {(r["first"], r["second"]) for r in found["pairs"]} == {("m0", "m1")}
    assert {row["other"] for row in found["differences"]} == {"m1", "m2"}


def test_the_audit_counts_what_the_results_list(five):
    (table,) = find(five, "normalization").blocks
    assert isinstance(table, Table)
    assert len(table.rows) == 8
    rows = five.results["normalizations"]
    cells = {
        (row["score"], row["threshold"]): f"{row['flips']} ({row['overturned']})"
        for row in rows
        if row["normalization"] == "gamma_2"
    }
    assert table.rows[-1] == ("square", *cells.values())
    assert table.rows[0][-1].startswith("10 (")
    assert table.rows[-1][-1] == "0 (0)"  # the order of pixels is kept


def test_without_an_audit_one_line_says_so(full):
    (line,) = find(load(full), "normalization").blocks
    assert "hrcam score --normalizations all" in line.text


def test_the_pdf_takes_it(five):
    _, warnings = compile_report(compose(five), json.dumps({}).encode())
    assert warnings == []
