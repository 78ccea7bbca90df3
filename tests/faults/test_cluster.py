"""A three-process Dask cluster: the same bytes, also when a worker is killed."""

import shutil
import signal
import threading

import numpy as np
import pytest

import hrcam
from hrcam.pipeline.executors import LostWorkerError, hire
from metrics import ScoreOptions
from simbench.dataset import open_dataset
from simbench.recipe import parse

OPTIONS = ScoreOptions(resamples=100, checks=False)


def content(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "provenance.json"
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


@pytest.mark.slow
@pytest.mark.engine
def test_a_run_on_a_cluster_ends_as_one_on_this_machine(toml, cluster, tmp_path):
    from hrcam.maps_folder import read_maps
    from hrcam.pipeline.running import Settings

    recipe = tmp_path / "small.toml"
    recipe.write_text(toml(60, 30, 80, size=(48, 40)))
    settings = Settings(methods=("cam", "hr_cam", "random"), epochs=2)
    here, there = tmp_path / "here", tmp_path / "there"
    hrcam.run(recipe, here, settings=settings)
    shutil.copytree(here / "model", there / "model")  # weights differ between trainings
    for name in ("recipe.toml", "run.json"):
        shutil.copy(here / name, there / name)
    hrcam.run(recipe, there, settings=settings, scheduler=cluster.address)
    assert content(there / "dataset") == content(here / "dataset")
    ids = open_dataset(here / "dataset").ids("test")
    one, two = (read_maps(folder / "maps", ids) for folder in (here, there))
    assert list(one) == list(two)
    for name in one:
        same = one[name].read(ids), two[name].read(ids)
        np.testing.assert_allclose(*same, atol=1e-5 * np.abs(same[0]).max())
    again = tmp_path / "again"
    hrcam.score({"run": here / "maps"}, here / "dataset", again / "one")
    far = {"scheduler": cluster.address}
    hrcam.score({"run": here / "maps"}, here / "dataset", again / "two", **far)
    assert content(again / "one") == content(again / "two")
