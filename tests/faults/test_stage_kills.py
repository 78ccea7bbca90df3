"""SIGKILL at random times over every command but those of ``test_kills.py``."""

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
        process.communicate(timeout=60)  # its workers end with it
        return None
    assert process.returncode == 0, told
    return time.monotonic() - begin


@dataclass(frozen=True)
class Stage:
    """A command, and how what it leaves is compared.

    Attributes
    ----------
    words
        The command without ``--out``.
    same
        Asserts that two outputs are the same.
    out
        Name of the output.
    grows
        Whether the output is there before the command is done; all others appear whole.
    """

    words: list[Any]
    same: Callable[[Path, Path], None]
    out: str
    grows: bool = False


def harm(stage, folder):
    """Kill a command at random times; whenever it is done all the same, begin anew."""
    whole, out = folder / f"whole-{stage.out}", folder / stage.out
    seconds = attempt([*stage.words, "--out", whole])
    rng, killed = np.random.default_rng(len(stage.words)), 0
    while killed < KILLS:
        done = attempt([*stage.words, "--out", out], rng.uniform(0, seconds))
        killed += done is None
        if done or (out.exists() and not stage.grows):
            stage.same(whole, out)
            remove(out)
    attempt([*stage.words, "--out", out])
    stage.same(whole, out)


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


def same_files(one, two):
    first, second = (
        {p.relative_to(x): p.read_bytes() for p in x.rglob("*") if p.is_file()}
        for x in (one, two)
    )
    assert first == second


def same_runs(one, two):
    same_files(one / "dataset", two / "dataset")
    same_weights(one / "model", two / "model")
    same_maps(one / "maps", two / "maps")
    same_files(one / "scores", two / "scores")  # the maps are the same bit for bit
    same_report(one / "report.pdf", two / "report.pdf")


@pytest.fixture(scope="module")
def given(toml, tmp_path_factory):
    """Return a folder with what the stages start from."""
    folder = tmp_path_factory.mktemp("given")
    recipe, data, model, maps = (
        folder / x for x in ("small.toml", "data", "model", "maps")
    )
    recipe.write_text(toml(60, 30, 80, size=(48, 40)))
    attempt(["generate", recipe, "--out", data])
    attempt(["train", data, "--epochs", 2, "--out", model])
    attempt(["explain", model, data, "--methods", METHODS, "--out", maps])
    scores = folder / "scores"
    attempt(["score", "--maps", f"run={maps}", "--masks", data, "--out", scores])
    return folder


METHODS = "cam,grad_cam,hr_cam,random"
STAGES = {
    "train": lambda x: Stage(["train", x / "data", "--epochs", 3], same_weights, "out"),
    "explain": lambda x: Stage(
        ["explain", x / "model", x / "data", "--methods", METHODS], same_maps, "out"
    ),
    "report": lambda x: Stage(["report", x / "scores"], same_report, "out.pdf"),
    "sanity": lambda x: Stage(
        [*("sanity", x / "model", x / "data"), *("--images", 4, "--methods", "cam")],
        same_files,
        "out",
    ),
    "run": lambda x: Stage(
        ["run", x / "small.toml", "--methods", "cam,random", "--epochs", 2],
        same_runs,
        "out",
        grows=True,
    ),
}


@pytest.mark.parametrize("name", STAGES)
def test_ends_as_undisturbed(name, given, tmp_path):
    harm(STAGES[name](given), tmp_path)
