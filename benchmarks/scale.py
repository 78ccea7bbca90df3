"""How time and memory of generation and scoring grow with images; what the seam costs.

    python benchmarks/scale.py generate 1000 10000
    python benchmarks/scale.py score 1000 10000
    python benchmarks/scale.py seam

Every number of images is done in a process of its own, by one worker. Besides the
seconds of the clock it prints seconds of work of the processor, which say the same on a
machine that does other things too, and the largest memory.
"""

import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32

SIZE = (64, 80)
METHODS = 3
TASKS = 500
PACKAGES = ("numpy", "numba", "pandas", "zarr", "distributed")


@dataclass(frozen=True)
class Maps:
    """Noise, drawn when it is read."""

    method: int
    ids: tuple[str, ...]

    @property
    def names(self) -> dict[str, str]:
        return {"method": f"method {self.method}"}

    def read(self, ids: Sequence[str]) -> Float32[np.ndarray, "n h w"]:
        streams = (np.random.default_rng([self.method, int(key)]) for key in ids)
        return np.stack([stream.random(SIZE, np.float32) for stream in streams])


@dataclass(frozen=True)
class Masks:
    """A rectangle for each image."""

    ids: tuple[str, ...]

    def read(self, ids: Sequence[str]) -> Bool[np.ndarray, "n h w"]:
        masks = np.zeros((len(ids), *SIZE), bool)
        for mask, key in zip(masks, ids, strict=True):
            start = int(key) % 40
            mask[start : start + 9, start : start + 12] = True
        return masks


def recipe_of(images: int):
    """Shrink quickstart's recipe to images of 48 x 40."""
    from simbench.recipe import load, parse

    text = load("quickstart").toml()
    sizes = {"train": images - 2 * (images // 5), "test": images // 5}
    changes = {"size": "[48, 40]", "validation": images // 5, "budget": "1.0", **sizes}
    lines = text.splitlines()
    for key, value in changes.items():
        at = next(n for n, line in enumerate(lines) if line.startswith(f"{key} = "))
        lines[at] = f"{key} = {value}"
    return parse("\n".join(lines))


def generate(images: int, folder: Path) -> None:
    from hrcam.pipeline.generation import generate

    generate(recipe_of(images), folder / "data")


def score(images: int, folder: Path) -> None:
    from hrcam.pipeline.folders import SHARDS
    from metrics import score
    from metrics.storage.folder import write

    ids = tuple(f"{index:08d}" for index in range(images))
    sources = {f"method {m}": Maps(m, ids) for m in range(METHODS)}
    found = score(sources, Masks(ids), spill=folder, keep=folder / SHARDS)
    write(found, folder / "scores")


def seam() -> None:
    """Time shards that do nothing, and one that does what it should."""
    from hrcam.pipeline.executors import hire
    from simbench.blocks import draw_block

    begin = time.process_time()
    draw_block(recipe_of(256), 0)
    print(f"256 images of 48 x 40 drawn: {time.process_time() - begin:.2f} s of work")
    _idle("processes", hire(2))
    try:
        from distributed import LocalCluster
    except ImportError:
        return
    with LocalCluster(2, threads_per_worker=1, dashboard_address=None) as cluster:
        _idle("Dask", hire(scheduler=cluster.scheduler_address))


def _idle(name: str, hired) -> None:
    with hired as executor:
        list(executor.map(pow, range(8), [2] * 8))  # start them
        begin = time.perf_counter()
        list(executor.map(pow, range(TASKS), [2] * TASKS))
        each = (time.perf_counter() - begin) / TASKS
    print(f"{name}: {1000 * each:.2f} ms for a shard that does nothing")


WORK: dict[str, Callable[[int, Path], None]] = {"generate": generate, "score": score}


def measure(what: str, images: int) -> None:
    """Do it, and print seconds and memory."""
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        WORK[what](images, Path(folder))
    seconds = time.perf_counter() - begin
    used = resource.getrusage(resource.RUSAGE_SELF)
    work, memory = used.ru_utime + used.ru_stime, used.ru_maxrss // 1024
    print(
        f"{what} {images}: {seconds:.1f} s, {work:.1f} s of work, "
        f"{1e3 * work / images:.2f} ms an image, {memory} MB"
    )


def main(words: list[str]) -> None:
    if words[0] == "seam":
        seam()
    elif words[0] == "one":
        measure(words[1], int(words[2]))
    else:
        installed = " ".join(f"{name} {version(name)}" for name in PACKAGES)
        print(
            f"# {platform.machine()}, Python {platform.python_version()}, {installed}"
        )
        for images in words[1:]:
            command = [sys.executable, __file__, "one", words[0], images]
            subprocess.run(command, check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
