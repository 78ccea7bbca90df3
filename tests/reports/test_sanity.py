"""Sections on sanity and reliance: there when the scores folder holds them."""

import json
from dataclasses import replace

import numpy as np
import pytest

from reports import write
from reports.sections import deletion as on_deletion
from reports.sections import reliance as on_reliance
from reports.sections import sanity as on_sanity

NAMES = ("hr_cam", "cam@stage5", "random")
LABELS = {"hr_cam": "HR-CAM", "cam@stage5": "CAM", "random": "Random"}
MEASURES = ("ssim", "spearman", "spearman_absolute", "top_overlap")
STEPS = ("logits", "stage5", "stage4")
FRACTIONS = [0.0, 0.1, 0.5, 1.0]


def summary(mean, undefined=0):
    low = None if mean is None else mean - 0.05
    high = None if mean is None else mean + 0.05
    return {"mean": mean, "low": low, "high": high, "n": 32, "undefined": undefined}


def comparison(place, entry, measure, mean, verdict):
    check, variant, step, depth = place
    near = {"difference": mean and mean - 0.3}
    near |= {"difference_low": mean and mean - 0.4, "difference_high": mean}
    row = {"check": check, "variant": variant, "step": step, "depth": depth}
    names = {"entry": entry, "measure": measure, "verdict": verdict}
    return {**row, **names, **summary(mean), **near}


def sanity(last=0.1, verdict="no more alike"):
    rows = []
    for depth, step in enumerate(STEPS, start=1):
        mean = 1 - (1 - last) * depth / len(STEPS) if last is not None else None
        for variant, entry in (
            *(("refitted", "hr_cam"), ("kept", "hr_cam")),
            *(("own", "cam@stage5"), ("own", "random")),
        ):
            own = 1.0 if entry == "random" else mean
            said = "more alike" if entry == "random" else verdict
            place = "weights", variant, step, depth
            rows += [comparison(place, entry, m, own, said) for m in MEASURES]
    for place in (
        ("labels", "heads", "draw 1", 1),
        ("training", "seed", "n, seed 7", 1),
    ):
        rows += [comparison(place, "hr_cam", m, 0.4, "more alike") for m in MEASURES]
    kinds = ("model", "model", "baseline")
    deletion, curves = [], {}
    for name in NAMES:
        for order in ("deletion", "insertion"):
            for fill in ("tissue_median", "counterfactual"):
                place = {"entry": name, "order": order, "fill": fill}
                for response in ("probability", "logit"):
                    deletion.append({**place, "response": response, **summary(0.321)})
                line = np.linspace(0.9, 0.2, 4).tolist()
                curves[f"{name}/{order}/{fill}"] = {"probability": line, "logit": line}
    return {
        "schema": 1,
        "images": {"count": 32, "split": "test", "ids": ["000001"], "training": 1000},
        "measures": [
            {"name": m, "label": m.upper(), "settings": "s"} for m in MEASURES
        ],
        "entries": [
            {"name": n, "label": LABELS[n], "kind": k, "fitted": n == "hr_cam"}
            for n, k in zip(NAMES, kinds, strict=True)
        ],
        "pairs": [
            {"entry": n, "measure": m, **summary(0.3)} for n in NAMES for m in MEASURES
        ],
        "comparisons": rows,
        "deletion": deletion,
        "curves": {"fractions": FRACTIONS, "entries": curves},
        "notes": ["No other model was compared (--models FOLDER)."],
    }


def reliance(several=0):
    rng = np.random.default_rng(0)
    rows = [
        {
            "image_id": f"{k:06d}",
            "name": ("focal", "diffuse")[k % 2],
            "drop": float(rng.normal(3, 2)),
            **{f"{n}/share": float(rng.random()) if k else None for n in NAMES},
        }
        for k in range(20)
    ]
    nothing = {"mean": None, "low": None, "high": None, "n": 0, "undefined": 20}
    pooled = {"estimate": 0.789, "low": 0.6, "high": 0.9, "count": 20, "clusters": 20}
    missing = {**pooled, "estimate": None, "low": None, "high": None}
    return {
        "target": "contrast logit",
        "lesions": 20,
        "images": 20,
        "several": several,
        "drop": {"mean": 3.0, "q1": 2.0, "median": 3.0, "q3": 4.0, "positive": 0.95},
        "entries": [
            *(
                {
                    "entry": n,
                    "mass": kind,
                    "pooled": pooled,
                    "at_equal_area": pooled,
                    "within": nothing,
                }
                for n in NAMES
                for kind in ("share", "mean")
            ),
            {
                "entry": "area",
                "mass": "share",
                "pooled": pooled,
                "at_equal_area": missing,
                "within": nothing,
            },
        ],
        "rows": rows,
    }


def added(**found):
    def change(_results, evidence, _arrays, _table):
        evidence.update(found)

    return change


@pytest.fixture
def sections(loaded):
    """Build the three sections of a scores folder that holds what is given."""

    def make(**found):
        folder = replace(loaded, evidence={**loaded.evidence, **found})
        parts = (on.build(folder) for on in (on_sanity, on_deletion, on_reliance))
        return {part.name: part for part in parts if part is not None}

    return make


def test_without_evidence_there_is_no_section(report):
    found = {section.name: section for section in report.sections}
    assert not {"deletion", "reliance"} & set(found)
    assert found["sanity"].blocks[0].text.startswith("Not checked: ")
    assert None not in report.sections


def test_each_section_stands_for_itself(sections):
    assert {"sanity", "deletion"} <= set(sections(sanity=sanity()))
    only = sections(reliance=reliance())
    assert "reliance" in only
    assert only["sanity"].blocks[0].text.startswith("Not checked: ")
    empty = sections(sanity={}, reliance={})
    assert "reliance" not in empty
    assert len(empty["sanity"].blocks) == 1


def test_prose_counts_verdicts_and_leaves_out_maps_that_see_no_network(sections):
    one = sections(sanity=sanity())["sanity"].blocks[0].text
    other = sections(sanity=sanity(0.9, "more alike"))["sanity"].blocks[0].text
    assert "0 of 1 without a fitted head, 0 of 1 with the head kept, 0 of 1" in one
    assert "1 of 1 without a fitted head, 1 of 1 with the head kept, 1 of 1" in other
    assert "Checked on 32 images" in one


def test_the_last_step_is_tabulated_with_pairs_in_brackets(sections):
    table = sections(sanity=sanity())["sanity"].blocks[2]
    assert [row[:2] for row in table.rows] == [
        *(("HR-CAM", "refitted"), ("HR-CAM", "kept")),
        *(("CAM", "own or none"), ("Random", "own or none")),
    ]
    assert table.rows[0][2:] == (
        *("0.10 (0.30)",) * 4,
        "\N{MINUS SIGN}0.20 [\N{MINUS SIGN}0.30, +0.10]",
        "32",
        "no more alike",
    )


def test_undefined_likeness_is_a_dash(sections):
    table = sections(sanity=sanity(None, "undefined"))["sanity"].blocks[2]
    assert table.rows[0][2:7] == (*("\N{EN DASH} (0.30)",) * 4, "\N{EN DASH}")
    assert table.rows[0][-1] == "undefined"


def test_other_checks_say_what_they_are_against(sections):
    table = sections(sanity=sanity())["sanity"].blocks[3]
    assert [row[1] for row in table.rows] == [
        "permuted labels, head: draw 1",
        "other run: n, seed 7",
    ]
    assert table.rules == (1,)


def test_areas_stand_under_their_order_and_fill(sections):
    table = sections(sanity=sanity())["deletion"].blocks[1]
    assert [c.title for c in table.columns[1:]] == [
        *("Deletion, tissue median", "Deletion, healthy image"),
        *("Insertion, tissue median", "Insertion, healthy image"),
    ]
    assert table.rows[0] == ("HR-CAM", *("0.321 [0.271, 0.371]",) * 4)


def test_the_size_of_lesions_stands_beside_the_maps(sections):
    section = sections(reliance=reliance())["reliance"]
    table = section.blocks[2]
    assert table.rows[0][:4] == (
        "HR-CAM",
        "share of the mass",
        "+0.79 [+0.60, +0.90]",
        "+0.79 [+0.60, +0.90]",
    )
    assert table.rows[-1][0] == "Area of the lesion alone"
    assert table.rules == (len(table.rows) - 1,)
    assert "No image has two lesions" in section.blocks[0].text
    several = sections(reliance=reliance(7))["reliance"]
    assert "7 images with several lesions" in several.blocks[0].text


def test_all_three_renderings_hold_them(make_scores, tmp_path):
    change = added(sanity=sanity(), reliance=reliance())
    folder = make_scores(tmp_path / "scores", change=change)
    pdf, html, twin = write(folder, tmp_path / "report.pdf")
    words = html.read_text()
    assert words.count('aria-label="Likeness of maps') == 1
    assert "Does the probability hang on what they show?" in words
    content = json.loads(twin.read_text())
    assert content["evidence"]["sanity"]["schema"] == 1
    assert len(content["evidence"]["reliance"]["rows"]) == 20
    again = write(folder, tmp_path / "again.pdf")
    assert pdf.read_bytes() == again[0].read_bytes()
