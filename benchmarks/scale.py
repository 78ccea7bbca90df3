"""How time and memory of generation and scoring grow with images; what the seam costs.

    python benchmarks/scale.py generate 1000 10000 100000
    python benchmarks/scale.py score 1000 10000
    python benchmarks/scale.py counts 10000 100000 1000000
    python benchmarks/scale.py seam

Every number of images is done in a process of its own, by one worker. `counts` draws
counts and scores instead of maps, and analyzes (with 200 resamples) and writes them.
Besides the seconds of the clock it prints seconds of work of the processor, which say
the same on a machine that does other things too, and the largest memory: all of it, and
(on Linux) what is not a part of a file, which the system cannot take away.
"""

import platform
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float32

SIZE = (64, 80)
METHODS = 3
TASKS = 500
LEVELS = 101
RESAMPLES = 200
BLOCK = 1000
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


def counts(images: int, folder: Path) -> None:
    from metrics.analysis.options import ScoreOptions
    from metrics.analysis.results import Analysis, assemble
    from metrics.analysis.strata import align, stratify
    from metrics.scoring import Scores
    from metrics.sources.entries import name_entries
    from metrics.storage.folder import write

    measured = draw_counts(images, folder)
    frame = align(None, measured.ids)
    share = measured.lesion / (measured.lesion + measured.healthy)
    entries = name_entries([{"method": name} for name in measured.entries])
    strata = stratify(frame, measured.lesion, share)
    results = assemble(
        Analysis(measured, strata, entries, ScoreOptions(resamples=RESAMPLES))
    )
    write(Scores(measured, frame, entries, results), folder / "scores")


def draw_counts(images: int, folder: Path):
    """Draw what would be found of maps that mark lesions more than the rest."""
    from metrics.measured import Counted, Measured, Plan
    from metrics.storage.allocation import allocate, release

    entries = tuple(f"method {m}" for m in range(METHODS))
    plan, pixels = Plan(), SIZE[0] * SIZE[1]
    shape = METHODS, len(plan.columns), images
    values, worst = (allocate(s, np.dtype(float), folder) for s in (shape, shape[1:]))
    codes = allocate(shape, np.dtype(np.uint8), folder)
    marks = allocate((2, METHODS, images, LEVELS), np.dtype(np.int64), folder)
    sizes = allocate((2, images), np.dtype(np.int64), folder)
    status = allocate((METHODS, images), np.dtype(np.uint8), folder)
    for start in range(0, images, BLOCK):
        rows = slice(start, start + BLOCK)
        stream = np.random.default_rng(start)
        some = values[..., rows].shape
        sizes[0, rows] = stream.integers(20, pixels // 4, some[-1])
        sizes[1, rows] = pixels - sizes[0, rows]
        values[..., rows] = stream.beta(4, 2, some)
        falls = stream.exponential([[[[0.8]]], [[[0.2]]]], (2, METHODS, some[-1], 1))
        kept = np.linspace(1, 0, LEVELS) ** (1 / falls)
        marks[:, :, rows] = kept * sizes[:, None, rows, None]
        release(values, marks, worst, codes)
    counted = Counted(entries, *marks, *sizes, status)
    ids = tuple(f"{index:08d}" for index in range(images))
    columns = plan.columns
    arrays = values, codes, worst
    return Measured(entries, columns, ids, *arrays, counted, spill=folder)


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


WORK: dict[str, Callable[[int, Path], None]] = {
    "generate": generate,
    "score": score,
    "counts": counts,
}


@contextmanager
def watch() -> Iterator[list[int]]:
    """Look every 5 ms how much memory is not a part of a file, in MB."""
    status, seen, over = Path("/proc/self/status"), [0], threading.Event()

    def look() -> None:
        while status.exists() and not over.wait(0.005):
            words = dict(x.split(":", 1) for x in status.read_text().splitlines())
            seen[0] = max(seen[0], int(words["RssAnon"].split()[0]) // 1024)

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    yield seen
    over.set()
    looking.join()


def measure(what: str, images: int) -> None:
    """Do it, and print seconds and memory."""
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, watch() as anonymous:
        WORK[what](images, Path(folder))
    seconds = time.perf_counter() - begin
    used = resource.getrusage(resource.RUSAGE_SELF)
    work, memory = used.ru_utime + used.ru_stime, used.ru_maxrss // 1024
    print(
        f"{what} {images}: {seconds:.1f} s, {work:.1f} s of work, "
        f"{1e3 * work / images:.2f} ms an image, {memory} MB, {anonymous[0]} MB of it "
        "not of files"
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
