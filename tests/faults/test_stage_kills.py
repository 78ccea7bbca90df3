"""SIGKILL at random times over the commands that train, explain and report."""

import json
import shutil
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.engine]
KILLS = 5


def attempt(words, after=None):
    """Run a command; kill it after some seconds. Return seconds, None if it was."""
    command = [sys.executable, "-m", "hrcam", *map(str, words), "--quiet"]
    begin = time.monotonic()
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        _, told = process.communicate(timeout=after)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return None
    assert process.returncode == 0, told
    return time.monotonic() - begin


def harm(words, whole, out, same):
    """Kill a command at random times; whenever it is done all the same, begin anew."""
    seconds = attempt([*words, "--out", whole])
    rng, killed = np.random.default_rng(len(words)), 0
    while killed < KILLS:
        killed += attempt([*words, "--out", out], rng.uniform(0, seconds)) is None
        if out.exists():
            same(whole, out)
            remove(out)
    attempt([*words, "--out", out])
    same(whole, out)


def remove(out):
    """Remove a stage's folder, or the three files of a report."""
    if out.is_dir():
        shutil.rmtree(out)
        return
    for suffix in (".pdf", ".html", ".json"):
        out.with_suffix(suffix).unlink()


def same_weights(one, two):
    facts = [json.loads((x / "training.json").read_text()) for x in (one, two)]
    assert facts[0]["weights"] == facts[1]["weights"]
    tables = [pd.read_parquet(x / "predictions.parquet") for x in (one, two)]
    pd.testing.assert_frame_equal(*tables)


def same_maps(one, two):
    from hrcam.pipeline.explaining import open_maps

    first, second = open_maps(one), open_maps(two)
    assert list(first) == list(second)
    for name, source in first.items():
        values = source.read(source.ids), second[name].read(source.ids)
        scale = np.abs(values[0]).max()
        np.testing.assert_allclose(*values, atol=1e-5 * scale)


def same_report(one, two):
    for suffix in (".pdf", ".html", ".json"):
        assert (
            one.with_suffix(suffix).read_bytes() == two.with_suffix(suffix).read_bytes()
        )


def test_every_other_stage_ends_as_undisturbed(toml, tmp_path):
    recipe, data = tmp_path / "small.toml", tmp_path / "data"
    recipe.write_text(toml(60, 30, 150, size=(48, 40)))
    attempt(["generate", recipe, "--out", data])
    model, maps, scores = (tmp_path / x for x in ("model", "maps", "scores"))
    train = ["train", data, "--epochs", 3]
    harm(train, model, tmp_path / "model-2", same_weights)
    methods = "cam,grad_cam,hr_cam,random"
    explain = ["explain", model, data, "--methods", methods]
    harm(explain, maps, tmp_path / "maps-2", same_maps)
    attempt(["score", "--maps", f"run={maps}", "--masks", data, "--out", scores])
    report = tmp_path / "report.pdf"
    harm(["report", scores], report, tmp_path / "report-2.pdf", same_report)
