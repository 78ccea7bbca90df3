"""A Dask cluster of processes: the same bytes, also when a worker is killed."""

import json
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

import hrcam
from hrcam.pipeline.executors import LostWorkerError, hire
from metrics import ScoreOptions
from simbench.opening import open_dataset
from simbench.recipe import parse

OPTIONS = ScoreOptions(resamples=100, checks=False)


def content(folder):
    return {
        name: held
        for name, held in everything(folder).items()
        if not name.endswith("provenance.json")
    }


def everything(folder, but=()):
    return {
        name: path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and (name := path.relative_to(folder).as_posix()) not in but
    }


@pytest.mark.slow
def test_a_worker_killed_mid_shard_loses_nothing(
    toml, maps, cluster, tmp_path, wait_for
):
    recipe = parse(toml(400, 20, 150))
    here = hrcam.generate(recipe, tmp_path / "here")
    parts = tmp_path / "there.partial" / ".parts"

    def kill():
        wait_for(lambda: parts.is_dir() and any(parts.glob("*.json")))
        cluster.workers[0].send_signal(signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    hrcam.generate(recipe, tmp_path / "there", scheduler=cluster.address)
    killer.join()
    assert cluster.workers[0].wait() == -signal.SIGKILL
    assert content(tmp_path / "there") == content(tmp_path / "here")

    cluster.add()
    given = maps(here, tmp_path / "maps")
    data = tmp_path / "here"
    hrcam.score(given, data, tmp_path / "one", options=OPTIONS)
    shards = tmp_path / "two.partial" / ".shards"

    def kill_again():
        wait_for(lambda: shards.is_dir() and any(shards.glob("0*.npz")))
        cluster.workers[1].send_signal(signal.SIGKILL)

    killer = threading.Thread(target=kill_again)
    killer.start()
    far = {"scheduler": cluster.address, "options": OPTIONS}
    hrcam.score(given, data, tmp_path / "two", **far)
    killer.join()
    assert content(tmp_path / "two") == content(tmp_path / "one")


def test_a_scheduler_that_dies_is_named(cluster, monkeypatch, wait_for):
    monkeypatch.setattr("hrcam.pipeline.cluster.LOOK", 0.2)
    wait_for(cluster.file.exists)
    with hire(scheduler=cluster.address) as executor:
        results = executor.map(pow, range(10**6), [2] * 10**6)
        assert next(results) == 0
        cluster.processes[0].send_signal(signal.SIGKILL)
        with pytest.raises(LostWorkerError, match="got nothing more") as error:
            list(results)
    assert str(error.value) == (
        f"--scheduler {cluster.address} must answer until the work is done, got "
        "nothing more; start the cluster, and run the same command again to continue"
    )


def test_a_scheduler_that_is_none_is_named(monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr("hrcam.pipeline.cluster.CONNECT", 0.5)
    with (
        pytest.raises(LostWorkerError, match="must be a Dask scheduler") as error,
        hire(scheduler="tcp://127.0.0.1:9"),
    ):
        pass
    assert str(error.value).startswith(
        "--scheduler tcp://127.0.0.1:9 must be a Dask scheduler that answers within 0 s"
    )
    assert str(error.value).endswith("start one with `dask scheduler`")


def test_what_workers_cannot_see_is_refused(toml):
    dataset = hrcam.generate(parse(toml(8, 4, 8)))
    masks = dataset.read("mask", dataset.ids())
    with pytest.raises(ValueError, match="in memory") as error:
        hrcam.score({"a": masks * 1.0}, masks, scheduler="tcp://127.0.0.1:9")
    assert str(error.value) == (
        "maps, masks and out must be paths that the workers of --scheduler see, got "
        "some in memory; save them, or leave the scheduler out"
    )


def run(recipe, out, *options):
    """Run the whole line in a process of its own."""
    words = ["run", recipe, "--out", out, "--methods", "cam,hr_cam,random", *options]
    command = [sys.executable, "-m", "hrcam", *words, "--epochs", 2, "--quiet"]
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return out


@pytest.mark.slow
@pytest.mark.engine
@pytest.mark.parametrize("cluster", [3], indirect=True)
def test_a_run_on_a_cluster_ends_as_one_on_this_machine(toml, cluster, tmp_path):
    from hrcam.maps_folder import read_maps

    recipe = tmp_path / "small.toml"
    recipe.write_text(toml(60, 30, 80, size=(48, 40)))
    here = run(recipe, tmp_path / "here", "--workers", 2)
    there = run(recipe, tmp_path / "there", "--scheduler", cluster.address)
    assert content(there / "dataset") == content(here / "dataset")
    facts = [json.loads((x / "model/training.json").read_text()) for x in (here, there)]
    assert facts[0] == facts[1]  # the hash of the weights among them
    ids = open_dataset(here / "dataset").ids("test")
    one, two = (read_maps(folder / "maps", ids) for folder in (here, there))
    assert list(one) == list(two)
    for name in one:
        same = one[name].read(ids), two[name].read(ids)
        np.testing.assert_allclose(*same, atol=1e-5 * np.abs(same[0]).max())
    # What else there is: maps, scores and report, byte by byte. Only what holds times
    # is left out: seconds of the stages and of the passes, dates of a ZIP's members.
    timed = ("run.json", "model/history.csv", "model/model.keras")
    first, second = (everything(folder, timed) for folder in (here, there))
    assert first == second
    assert {"report.pdf", "scores/results.json", "maps/maps.json"} <= set(first)
