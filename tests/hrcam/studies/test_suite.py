"""Suites: frozen recipes, somebody's method, and what is refused."""

import json
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

from hrcam.methods import METHODS
from hrcam.methods.method import Method
from hrcam.pipeline.studies.grid import FOLDER
from hrcam.pipeline.studies.suites.comparing import compare_suites, read_scores
from hrcam.pipeline.studies.suites.lending import hash_source, lent, load_method
from hrcam.pipeline.studies.suites.schema import SuiteScores
from hrcam.pipeline.studies.suites.suite import load_suite, names, parse_suite
from metrics.scores.table import choose_scores


def table():
    return tomllib.loads((FOLDER / "suite-1.toml").read_text("utf-8"))


@pytest.mark.parametrize("name", names())
def test_a_shipped_suite_is_what_was_frozen(name):
    suite = load_suite(name)
    assert suite.plan.name == name
    assert len({cell.name for cell in suite.cells}) == len(suite.cells)
    assert set(suite.plan.baselines) <= set(METHODS)
    choose_scores(suite.plan.scores)
    assert suite.plan.primary in suite.plan.scores


def test_suite_1_is_never_another():
    """A change of the suite, or of the generator, must be a new suite."""
    assert load_suite("suite-1").digest == (
        "277c0893c2c1cb28fcf46c1f125047db225522d18133a78bdf6e61fc9d40fe0a"
    )


def test_a_recipe_that_is_another_is_refused_with_both_hashes():
    mine = table()
    wanted = mine["recipes"]["bone"]["identity"]
    mine["recipes"]["bone"]["change"]["splits"]["test"] = 302
    with pytest.raises(ValueError, match="frozen") as error:
        parse_suite(mine, "suite-1")
    got = re.search(r"got ([0-9a-f]{64});", str(error.value))[1]
    assert got != wanted
    assert str(error.value) == (
        f"recipe 'bone' of suite-1 must be the one that was frozen, {wanted}, got "
        f"{got}; take the release that the suite came with, or a newer suite"
    )


def test_there_is_no_other_suite():
    told = "suite must be one of suite-1, got 'suite-0'"
    with pytest.raises(ValueError, match=f"^{told}$"):
        load_suite("suite-0")


MODULE = '''
"""A method of somebody's."""
from hrcam.methods.method import Method

def explain(capture):
    return {"image": capture.images}

METHOD = Method("mine", "Mine", explain, source="a test", kind="baseline")
OTHER = "no method"
'''


@pytest.fixture
def module(tmp_path, monkeypatch):
    (tmp_path / "somebodys_method.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return "somebodys_method"


def test_a_method_is_loaded_from_where_it_is_written(module):
    found = load_method(f"{module}:METHOD")
    assert (found.name, found.label) == ("mine", "Mine")
    assert len(hash_source(found)) == 64


@pytest.mark.parametrize(
    ("place", "told"),
    [
        ("M", "--method must be MODULE:NAME, got 'M'; such as my_module:METHOD"),
        (
            "no_such:M",
            "--method must name a module that Python finds, got no 'no_such'",
        ),
        (
            "somebodys_method:M",
            "--method must name what is in 'somebodys_method', got no 'M' there",
        ),
        (
            "somebodys_method:OTHER",
            "--method must name a hrcam.methods.Method, got str; see docs/adding.md",
        ),
    ],
)
@pytest.mark.usefixtures("module")
def test_what_is_no_method_is_refused(place, told):
    with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
        load_method(place)


def test_a_method_is_in_the_table_while_it_is_lent():
    mine = Method("mine", "Mine", lambda c: {"image": c.images}, source="here")
    before = list(METHODS)
    with lent(mine):
        assert METHODS["mine"] is mine
    assert list(METHODS) == before
    with lent(METHODS["hr_cam"]):
        assert list(METHODS) == before
    taken = Method("cam", "Mine", mine.explain, source="here")
    told = (
        "name of a method must be free, without @, /, comma or space, got 'cam'; "
        "choose another"
    )
    with pytest.raises(ValueError, match=f"^{told}$"), lent(taken):
        pass
    assert list(METHODS) == before


def make_scores(name, lift, seed, weights="0"):
    """A file of made-up scores: ``lift`` over a baseline."""
    generator = np.random.default_rng(0)
    noise = np.random.default_rng(seed)
    cells = []
    for recipe in ("a", "b"):
        for seed_of in (0, 1):
            base = generator.uniform(0.2, 0.5, 12)
            own = base + lift + noise.normal(0, 0.01, 12)
            rows = [(name, True, own), ("random", False, base)]
            cells.append(
                {
                    "name": f"{recipe}-t{seed_of}",
                    "recipe": recipe,
                    "identity": "a" * 64,
                    "network": "compact",
                    "training_seed": seed_of,
                    "weights": weights * 64,
                    "images": [f"i{k}" for k in range(12)],
                    "subjects": [f"s{k // 2}" for k in range(12)],
                    "entries": [
                        {
                            "name": entry,
                            "label": entry.title(),
                            "own": mine,
                            "scores": [],
                            "values": list(values),
                        }
                        for entry, mine, values in rows
                    ],
                }
            )
    method = {
        **{"name": name, "label": name.title(), "source": "a test", "kind": "model"},
        **{"layers": ["last"], "needs": [], "postprocessing": "none", "fusion": "sum"},
        **{"loaded": f"m:{name}", "source_sha256": ""},
    }
    return {
        "schema": 1,
        "suite": {"name": "suite-1", "version": 1, "sha256": "b" * 64},
        "method": method,
        "primary": "average_precision",
        "cells": cells,
        "provenance": {"command": "", "date": "2026-01-01", "versions": {}},
    }


@pytest.fixture
def files(tmp_path):
    made = {
        "one": make_scores("one", 0.2, 1),
        "two": make_scores("two", 0.1, 2),
    }
    for name, content in made.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    return [tmp_path / f"{name}.json" for name in made]


def test_methods_are_compared_image_by_image(files):
    found = compare_suites(files)
    assert found["reference"] == "one"
    rows = {(r["other"], r["recipe"]): r for r in found["differences"]}
    assert set(rows) == {(o, r) for o in ("two", "random") for r in ("all", "a", "b")}
    one, two = (
        np.array(
            [c["entries"][0]["values"] for c in json.loads(p.read_text())["cells"]]
        )
        for p in files
    )
    assert rows["two", "all"]["difference"] == pytest.approx((one - two).mean())
    assert rows["two", "a"]["difference"] == pytest.approx((one - two)[:2].mean())
    assert rows["two", "all"]["verdict"] == "different, beyond the margin"
    assert rows["two", "all"]["trainings"] == 4
    means = {(r["entry"], r["recipe"]): r["mean"] for r in found["means"]}
    assert means["two", "b"] == pytest.approx(two[2:].mean())
    turned = compare_suites(files[::-1])
    other = {(r["other"], r["recipe"]): r for r in turned["differences"]}
    assert other["one", "a"]["low"] == pytest.approx(-rows["two", "a"]["high"])


def test_the_comparison_s_report_says_what_the_numbers_say(files):
    from reports.pdf import compile_report
    from reports.studies.suites import compose_suite
    from reports.twin import render_data

    found = compare_suites(files)
    report = compose_suite(found)
    twin = render_data(report, {"results": found})
    pdf, warnings = compile_report(report, twin)
    assert pdf.startswith(b"%PDF")
    assert not warnings
    text = twin.decode()
    assert "one on suite-1" in text
    assert "different, beyond the margin" in text
    assert "Other weights" not in text


def test_networks_of_other_weights_are_said(files):
    files[1].write_text(json.dumps(make_scores("two", 0.1, 2, "1")))
    assert compare_suites(files)["same_weights"] is False


def test_what_cannot_be_compared_is_refused(files):
    with pytest.raises(ValueError, match="methods must have different names") as error:
        compare_suites([files[0], files[0]])
    assert str(error.value) == (
        f"methods must have different names, got 'one' in {files[0]} again; rename one"
    )
    content = make_scores("two", 0.1, 2)
    content["suite"]["sha256"] = "c" * 64
    files[1].write_text(json.dumps(content))
    told = (
        f"files must be of one suite, got suite-1 {'b' * 16} ({files[0]}) and suite-1 "
        f"{'c' * 16} ({files[1]}); run the method again on the other's suite"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
        compare_suites(files)
    content = make_scores("two", 0.1, 2)
    for cell in content["cells"][:2]:
        cell["images"][0] = "other"
    files[1].write_text(json.dumps(content))
    told = (
        f"files must score the same images, got others in {files[1]} than in {files[0]}"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
        compare_suites(files)


def test_a_file_of_another_form_says_where(files):
    content = json.loads(files[0].read_text())
    content["cells"][0]["extra"] = 1
    files[0].write_text(json.dumps(content))
    told = (
        f"{files[0]} must be of `hrcam suite run`, got at cells.0.extra: Extra inputs "
        "are not permitted"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
        read_scores(files[0])


def _lose_a_value(content):
    content["cells"][0]["entries"][0]["values"].pop()


def _lose_all(content):
    content["cells"] = []


def _rename(content):
    content["cells"][1]["entries"][1]["name"] = "other"


def _own_nothing(content):
    content["cells"][0]["entries"][0]["own"] = False


def _exchange_an_image(content):
    content["cells"][1]["images"][0] = "other"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_lose_a_value, "cells.0: images must be some, with a subject and a value of"),
        (_own_nothing, "cells.0: entries must have different names, and one must be"),
        (_lose_all, "the top: cells must be some, of different names"),
        (_rename, "the top: cells must have the same entries in one order"),
        (_exchange_an_image, "the top: cells of one recipe must have the same images"),
    ],
)
def test_parts_of_a_file_that_do_not_fit_one_another_are_refused(change, told, files):
    content = json.loads(files[0].read_text())
    change(content)
    files[0].write_text(json.dumps(content))
    start = f"{files[0]} must be of `hrcam suite run`, got at {told}"
    with pytest.raises(ValueError, match=f"^{re.escape(start)}"):
        read_scores(files[0])


def test_the_published_schema_is_the_model_s():
    path = Path(__file__).parents[3] / "docs" / "schemas" / "suite.json"
    assert json.loads(path.read_text("utf-8")) == SuiteScores.model_json_schema()
