"""Datasets, maps and clusters that are to be harmed."""

import signal
import subprocess
import sys
import time

import numpy as np
import pytest


@pytest.fixture(scope="session")
def toml():
    """Return a function that writes quickstart's recipe, shrunk."""
    from simbench.recipe import load

    whole = load("quickstart").toml()

    def text(train, validation, test, size=(24, 20)):
        changes = {
            "name": '"small"',
            "size": f"[{size[0]}, {size[1]}]",
            "train": str(train),
            "validation": str(validation),
            "test": str(test),
            "budget": "1.0",
        }
        lines = whole.splitlines()
        for key, value in changes.items():
            at = next(n for n, x in enumerate(lines) if x.startswith(f"{key} = "))
            lines[at] = f"{key} = {value}"
        return "\n".join(lines) + "\n"

    return text


@pytest.fixture(scope="session")
def maps():
    """Return a function that writes maps by two methods for a dataset's test images."""

    def write(dataset, folder):
        ids = dataset.ids("test")
        truth = dataset.read("mask", ids)
        for name in ("mine", "noise"):
            (folder / name).mkdir(parents=True)
            for image, mask in zip(ids, truth, strict=True):
                noise = np.random.default_rng(int(image)).random(mask.shape)
                values = noise + (mask if name == "mine" else 0)
                np.save(folder / name / f"{image}.npy", values.astype(np.float32))
        return {name: folder / name for name in ("mine", "noise")}

    return write


class Cluster:
    """A scheduler and its workers, every one a process of its own."""

    def __init__(self, folder, workers):
        self.file = folder / "scheduler.json"
        self.processes = []
        self._folder = folder
        self._start("scheduler", "--port", "0", "--no-show", "--no-dashboard")
        self.workers = [self.add() for _ in range(workers)]

    @property
    def address(self):
        return str(self.file)

    def add(self):
        """Start one more worker."""
        return self._start(
            *("worker", "--nthreads", "1", "--no-nanny", "--no-dashboard"),
            *("--memory-limit", "0", "--local-directory", str(self._folder)),
        )

    def _start(self, what, *options):
        log = (self._folder / f"{what}-{len(self.processes)}.log").open("wb")
        command = [sys.executable, "-m", "distributed.cli.dask_" + what]
        process = subprocess.Popen(
            [*command, "--scheduler-file", str(self.file), *options],
            stdout=log,
            stderr=log,
        )
        log.close()
        self.processes.append(process)
        return process

    def end(self):
        for process in self.processes:
            process.send_signal(signal.SIGKILL)
            process.wait()


@pytest.fixture
def cluster(request, tmp_path):
    """Return a cluster on this machine, of two workers unless a test asks for more."""
    pytest.importorskip("distributed")
    folder = tmp_path / "cluster"
    folder.mkdir()
    found = Cluster(folder, workers=getattr(request, "param", 2))
    yield found
    found.end()


@pytest.fixture(scope="session")
def wait_for():
    """Return a function that waits until something is so."""

    def wait(so, seconds=120):
        end = time.monotonic() + seconds
        while not so():
            assert time.monotonic() < end, "waited too long"
            time.sleep(0.01)

    return wait
