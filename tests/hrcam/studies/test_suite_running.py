"""Somebody's method on a suite of one small cell, from the module to the scores."""

import json
import re
import tomllib

import pytest

pytest.importorskip("keras", reason="the engine needs Keras on TensorFlow")
pytestmark = pytest.mark.engine

from hrcam.methods import METHODS  # noqa: E402
from hrcam.methods.method import Method  # noqa: E402
from hrcam.pipeline.studies.derivation import derive  # noqa: E402
from hrcam.pipeline.studies.grid import FOLDER  # noqa: E402
from hrcam.pipeline.studies.suites.running import run_suite  # noqa: E402
from hrcam.pipeline.studies.suites.schema import SuiteScores  # noqa: E402
from hrcam.pipeline.studies.suites.storage import check  # noqa: E402
from hrcam.pipeline.studies.suites.suite import parse_suite  # noqa: E402

MINE = Method(
    "mine",
    "Mine",
    lambda capture: {"image": -capture.images},
    source="a test",
    kind="baseline",
)


def make_suite():
    table = tomllib.loads((FOLDER / "suite-1.toml").read_text("utf-8"))
    change = {
        "size": [32, 32],
        "splits": {"train": 56, "validation": 28, "test": 70},
        "audit": {"budget": 1.0},
    }
    identity = derive("nigra", "nigra", 3, change).identity
    recipe = {"base": "nigra", "seed": 3, "identity": identity, "change": change}
    more = {"networks": ["compact"], "training_seeds": [0], "epochs": 1}
    return parse_suite(
        {**table, **more, "recipes": {"nigra": recipe}, "baselines": ["cam", "random"]}
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("suite") / "new" / "mine"
    return folder, run_suite(make_suite(), MINE, folder, loaded="here:MINE")


def test_scores_keep_to_the_published_form(run):
    folder, result = run
    written = json.loads((folder / "scores.json").read_text())
    assert written == result
    SuiteScores.model_validate(written)
    (cell,) = result["cells"]
    found = [(e["name"], e["own"]) for e in cell["entries"]]
    assert found == [("mine", True), ("cam@stage5", False), ("random", False)]
    assert len(cell["entries"][0]["values"]) == len(cell["images"]) == 35
    assert "mine" not in METHODS


def test_a_finished_run_is_left_alone_and_its_store_verified(run):
    folder, result = run
    before = {p: p.stat().st_mtime_ns for p in (folder / "cells").rglob("*")}
    assert run_suite(make_suite(), MINE, folder, loaded="here:MINE") == result
    assert {p: p.stat().st_mtime_ns for p in (folder / "cells").rglob("*")} == before


def test_another_method_is_refused_there(run):
    folder, _ = run
    other = METHODS["sobel"]
    told = (
        f"{folder} must be free or hold a run of this method, got one of another (a "
        "method's file may have changed); choose another --out"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
        run_suite(make_suite(), other, folder)


def test_a_store_that_was_changed_is_refused(run):
    folder, _ = run
    place = folder / "suite"
    name = "cells/nigra-d3-compact-t0/cell.json"
    text = (place / name).read_text()
    (place / name).write_text(text + " ")
    told = (
        f"{place} must agree with SUITE.sha256, got {name} changed; take a whole copy, "
        "or make it anew in another folder"
    )
    with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
        check(make_suite(), place)
    (place / name).write_text(text)
    check(make_suite(), place)
