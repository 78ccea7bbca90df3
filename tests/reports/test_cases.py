"""Folders of every kind: few entries, many, strange names, nothing to score."""

import io
import json
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from pypdf import PdfReader

from reports import write
from reports.composition import compose
from reports.content import Table
from reports.figures.canvas import BOX, cover
from reports.figures.panels import columns, normalize
from reports.figures.styles import MOST, styles
from reports.folder import load
from reports.pdf import compile_report

HOSTILE = "$x_1$ #evil() <script>&amp;"
FOREIGN = "µ-CAM 中文"


def squeeze(text):
    return re.sub(r"[\s\u200b]+", "", text)


def pages(out):
    return PdfReader(out).pages


def text_of(out):
    return squeeze("".join(page.extract_text() for page in pages(out)))


@pytest.mark.parametrize(("count", "most"), [(1, 3), (2, 4), (20, 6)])
def test_any_number_of_external_maps(make_scores, make_external, tmp_path, count, most):
    scores = make_scores(tmp_path / "scores", make_external(count), 60, size=32)
    pdf, warnings = compile_report(compose(load(scores)), b"{}")
    assert warnings == []
    out = io.BytesIO(pdf)
    assert 2 <= len(pages(out)) <= most
    text = text_of(out)
    assert "Noclassifierisknown" in text
    alone = squeeze("There is one entry only, so there are no differences.") in text
    assert alone == (count == 1)


def test_many_methods_keep_one_color_and_the_rest_turn_gray(
    make_scores, make_external, tmp_path
):
    folder = load(make_scores(tmp_path / "s", make_external(20), 20, size=16))
    chosen = styles(folder)
    colors = [chosen[f"map{k}"].color for k in range(20)]
    assert colors.count(colors[0]) == 1
    assert len(set(colors[1:])) == 1
    assert len(columns(folder)) == MOST


def test_few_methods_differ_in_color_and_line(loaded):
    folder = loaded
    chosen = styles(folder)
    models = [e["name"] for e in folder.results["entries"] if e["kind"] == "model"]
    assert len({chosen[name].color for name in models}) == len(models)
    assert len({chosen[name].line for name in models}) == len(models)
    assert len({chosen[name].marker for name in models}) == len(models)


def test_hostile_names_stay_literal(make_scores, make_external, tmp_path):
    labels = [HOSTILE, FOREIGN, "a" * 120]
    rows = make_external(3, labels)

    def change(results, _, arrays, __):
        results["panels"][0]["image_id"] = "<b>*_\\"
        arrays["ids"][0] = "<b>*_\\"
        results["alerts"] = [f"{HOSTILE} \x00\x1b {FOREIGN}"]

    scores = make_scores(tmp_path / "scores", rows, 40, change, size=24)
    pdf, html, twin = write(scores, tmp_path / "report.pdf")
    text = text_of(pdf)
    assert squeeze(f"{HOSTILE} against") in text
    assert squeeze("µ-CAM") in text
    assert "a" * 120 in text
    page = html.read_text(encoding="utf-8")
    assert page.count("<script") == 2  # ours and the data of the gallery
    words = "".join(ElementTree.fromstring(page).itertext())
    assert f"{HOSTILE} against {FOREIGN}:" in words
    assert f"{HOSTILE} \ufffd\ufffd {FOREIGN}" in words
    assert f"{HOSTILE} against" in twin.read_text(encoding="utf-8")


def test_placeholders_for_foreign_characters_are_no_warning(
    make_scores, make_external, tmp_path
):
    rows = make_external(2, [FOREIGN, HOSTILE])
    scores = make_scores(tmp_path / "scores", rows, 20, size=16)
    _, warnings = compile_report(compose(load(scores)), b"{}")
    assert warnings == []


def test_characters_without_a_glyph_become_boxes_in_the_pdf_s_drawings():
    svg = f"<svg>\n<text>{FOREIGN} ✓</text></svg>".encode()
    assert cover(svg).decode() == f"<svg>\n<text>µ-CAM {BOX}{BOX} ✓</text></svg>"


def test_two_entries_of_one_label_are_told_apart(make_scores, make_external, tmp_path):
    rows = make_external(2, ["Same", "Same"])
    report = compose(load(make_scores(tmp_path / "s", rows, 20, size=16)))
    table = report.sections[0].blocks[-1]
    assert isinstance(table, Table)
    assert [row[0] for row in table.rows] == ["Same (map0)", "Same (map1)"]


def test_no_lesion_at_all_is_told_not_drawn(make_scores, make_external, tmp_path):
    numbers = ("mean", "low", "high", "median", "median_low", "median_high")

    def change(results, _, arrays, table):
        for row in results["summary"]:
            row |= dict.fromkeys((*numbers, "q1", "q3", "worst"))
            row["n"] = 0
        for row in results["differences"]:
            row |= dict.fromkeys(("difference", "low", "high", "low90", "high90"))
            row |= {"p": None, "p_adjusted": None, "win_rate": None}
            row |= {"verdict": "inconclusive", "n": 0}
        for row in results["paper_tests"]:
            row |= {key: None for key in row if key.endswith(("_t", "_p"))}
        for curve in results["curves"]["entries"].values():
            for score in curve.values():
                score |= {key: [None] * 101 for key in score if key != "images"}
        results["prevalence"] = {"all": None}
        results["panels"] = []
        results["strata"][0]["n"] = 0
        arrays.clear()
        table["value"] = np.nan
        table["status"] = "empty_mask"

    scores = make_scores(tmp_path / "s", make_external(2), 20, change, size=16)
    text = text_of(write(scores, tmp_path / "report.pdf")[0])
    for line in (
        "no image with a lesion could be scored",
        "there is nothing to plot",
        "there are no curves",
        "there are no differences",
    ):
        assert squeeze(line) in text


def test_maps_out_of_order_are_counted(make_scores, everything, tmp_path):
    rows = [everything[0], everything[4], everything[9]]

    def change(results, _, arrays, __):
        results["statuses"] += [
            {"name": "cam@stage5", "status": "nonfinite", "count": 3},
            {"name": "cam@stage5", "status": "missing", "count": 1},
            {"name": "constant", "status": "constant_map", "count": 40},
        ]
        arrays["maps"][:, 1, :4] = np.nan
        arrays["maps"][0, 1] = np.inf
        arrays["maps"][:, 2] = 1

    report = compose(load(make_scores(tmp_path / "s", rows, 40, change, size=24)))
    section = next(s for s in report.sections if s.name == "failures")
    assert "1 of 3 entries have maps out of order" in section.blocks[0].text
    table = section.blocks[1]
    assert isinstance(table, Table)
    assert table.rows == (("CAM", "20", "20", "0", "3", "1"),)
    _, warnings = compile_report(report, b"{}")
    assert warnings == []


def test_color_images_and_oblong_maps_can_be_shown(make_scores, everything, tmp_path):
    def change(_, __, arrays, ___):
        for name in ("images", "masks", "maps", "layer_maps", "thumbnails"):
            arrays[name] = arrays[name][..., :20]
        for name in ("images", "thumbnails"):
            arrays[name] = np.stack([arrays[name]] * 3, axis=-1)

    scores = make_scores(tmp_path / "s", everything[:5], 40, change, size=32)
    _, warnings = compile_report(compose(load(scores)), b"{}")
    assert warnings == []


def test_a_map_is_shown_as_it_is_scored():
    np.testing.assert_array_equal(normalize(np.array([[-1.0, 1.0]])), [[0, 1]])
    np.testing.assert_array_equal(normalize(np.full((1, 2), 3.0)), [[0, 0]])
    shown = normalize(np.array([[0.0, np.nan, 2.0]]))
    np.testing.assert_array_equal(shown, [[0, np.nan, 1]])


def test_an_unknown_reference_falls_back_to_the_first(
    make_scores, make_external, tmp_path
):
    def change(results, *_):
        results["options"]["reference"] = None

    report = compose(
        load(make_scores(tmp_path / "s", make_external(2), 20, change, 16))
    )
    assert "Differences from External 0" in [s.title for s in report.sections]


def test_an_entry_that_is_not_listed_is_refused(make_scores, make_external, tmp_path):
    def change(results, *_):
        results["entries"] = results["entries"][:1]

    folder = load(make_scores(tmp_path / "s", make_external(2), 20, change, 16))
    with pytest.raises(ValueError, match=r"must list every entry, got no 'map1'; sc"):
        compose(folder)


def test_a_single_entry_says_so_everywhere(make_scores, make_external, tmp_path):
    scores = make_scores(tmp_path / "s", make_external(1), 20, size=16)
    twin = write(scores, tmp_path / "report.pdf")[2]
    told = json.loads(twin.read_text(encoding="utf-8"))["report"]["sections"]
    lines = {s["name"]: s["blocks"][0].get("text", "") for s in told}
    assert lines["differences"] == (
        "There is one entry only, so there are no differences."
    )
    assert lines["paper"] == (
        "The paper's tests have nothing to compare: no two methods were scored."
    )
