"""SIGKILL at random times, then the same call again: the same bytes in the end."""

import os
import shutil
import signal
import subprocess
import sys
import time
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from hrcam.pipeline.generation import generate
from hrcam.pipeline.scoring import score
from metrics import ScoreOptions

OPTIONS = ScoreOptions(resamples=100, checks=False)
KILLS = [3, pytest.param(50, marks=pytest.mark.slow)]
#: Its children share what it has imported, but no thread: it has none.
SERVER = get_context("forkserver")
SERVER.set_forkserver_preload(["hrcam.pipeline.generation", "hrcam.pipeline.scoring"])


def content(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "provenance.json"
    }


def attempt(work, given, options, after=None):
    """Run a call in a process of its own; kill it after some seconds.

    Return seconds, or None if it was killed.
    """
    process = SERVER.Process(target=work, args=given, kwargs=options)
    begin = time.monotonic()
    process.start()
    process.join(after)
    if process.is_alive():
        os.kill(process.pid, signal.SIGKILL)
        process.join()
    assert process.exitcode in (0, -signal.SIGKILL)
    return time.monotonic() - begin if process.exitcode == 0 else None


def harm(kills, whole, work, given, options):
    """Kill a call at random times; whenever it is done all the same, begin anew."""
    *rest, out = given
    attempt(work, (*rest, whole), options)  # imports, compiles
    shutil.rmtree(whole)
    seconds = attempt(work, (*rest, whole), options)
    expected = content(whole)
    rng, killed = np.random.default_rng(kills), 0
    while killed < kills:
        killed += attempt(work, given, options, rng.uniform(0, seconds)) is None
        if out.exists():
            assert content(out) == expected
            shutil.rmtree(out)
    assert attempt(work, given, options) is not None
    assert content(out) == expected
    left = [path.name for path in out.parent.iterdir() if path.name.startswith("out")]
    assert left == ["out"]


HIRE = """
import os, sys, time
from hrcam.pipeline.executors import hire
with hire(2) as executor:
    print(*executor.map(os.getpgid, [0, 0]), flush=True)
    list(executor.map(time.sleep, [600, 600]))
"""


def test_workers_end_with_the_process_that_hired_them():
    process = subprocess.Popen(
        [sys.executable, "-c", HIRE],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout.readline()
    process.kill()
    process.communicate(timeout=60)  # the pipe ends when the last of them has


@pytest.mark.parametrize("kills", KILLS)
def test_generation(toml, tmp_path, kills):
    recipe = tmp_path / "small.toml"
    recipe.write_text(toml(32, 16, 16))
    given = (recipe, tmp_path / "out")
    harm(kills, tmp_path / "whole", generate, given, {})


@pytest.mark.parametrize(
    ("kills", "images"),
    [(3, 64), *(pytest.param(50, n, marks=pytest.mark.slow) for n in (64, 150))],
)
def test_scoring(toml, maps, tmp_path, kills, images):
    from simbench.recipe import parse

    data = tmp_path / "data"
    dataset = generate(parse(toml(8, 4, images)), data)
    given = (maps(dataset, tmp_path / "maps"), data, tmp_path / "out")
    harm(kills, tmp_path / "whole", score, given, {"options": OPTIONS})
