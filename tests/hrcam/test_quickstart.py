"""What the default recipe is frozen on; minutes long, run by `tox -e slow`."""

import hashlib
import json

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("keras", reason="the engine needs Keras on TensorFlow")
pytestmark = [pytest.mark.engine, pytest.mark.slow]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    import hrcam

    out = tmp_path_factory.mktemp("quickstart") / "run"
    hrcam.run("quickstart", out, workers=2)
    return out


def read(path):
    return json.loads(path.read_text())


def test_the_classifier_is_worth_explaining(run):
    evidence = read(run / "scores" / "evidence" / "classifier.json")
    assert evidence["splits"]["test"]["auroc"] >= 0.90


def test_the_data_do_not_leak(run):
    audit = read(run / "dataset" / "audit.json")
    assert audit["within_budget"]
    assert audit["budget"] == 0.6


def test_no_trivial_baseline_solves_a_lesion_kind(run):
    results = read(run / "scores" / "results.json")
    baselines = {e["name"] for e in results["entries"] if e["kind"] == "baseline"}
    best = {
        kind: max(
            row["mean"]
            for row in results["summary"]
            if row["name"] in baselines
            and row["score"] == "average_precision"
            and row["stratum"] == f"lesion={kind}"
        )
        for kind in ("focal", "texture_swap")
    }
    assert best["focal"] < 0.4
    assert best["texture_swap"] < 0.75


def test_a_second_run_is_the_same(run, tmp_path):
    import hrcam

    again = tmp_path / "again"
    hrcam.run("quickstart", again, workers=1)
    for path in sorted((run / "dataset").rglob("*")):
        if path.is_file():
            twin = again / path.relative_to(run)
            digests = {hashlib.sha256(p.read_bytes()).hexdigest() for p in (path, twin)}
            assert len(digests) == 1, path
    scores = [
        pd.read_parquet(folder / "scores" / "scores.parquet")["value"].to_numpy(float)
        for folder in (run, again)
    ]
    np.testing.assert_allclose(*scores, atol=1e-4)
