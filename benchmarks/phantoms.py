"""Time the drawing of quickstart's phantoms, beside plain NumPy and MONAI's circles.

Usage: python benchmarks/phantoms.py

A pair is an image, its counterfactual, its mask and its effect, in memory, by one
process; compilation is not counted. The plain version does the same steps in 64-bit
NumPy and SciPy, written as one would at first. MONAI's row needs MONAI.
"""

import os
import platform
import resource
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import numpy as np
from scipy import ndimage

from simbench.anatomies import head
from simbench.blocks import LENGTH, draw_block
from simbench.exams import examine
from simbench.geometry.ellipses import displaced
from simbench.phantoms import take
from simbench.recipe import Recipe, load
from simbench.streams import stream

SIZES = (96, 128, 224)
BAR = {128: 600, 224: 250}
SECONDS = 3.0
RUNS = 5
BLOCKS = 12


def main() -> None:
    """Print a table of images (pairs) per second."""
    print(f"{os.cpu_count()} cores, {platform.machine()}, NumPy {np.__version__}")
    print(f"{'':24}" + "".join(f"{f'{n} x {n}':>12}" for n in SIZES))
    recipes = [load("quickstart").model_copy(update={"size": (n, n)}) for n in SIZES]
    _row("pair", [_rate(lambda i, r=r: _pair(r, i)) for r in recipes])
    _row("image only", [_rate(lambda i, r=r: take(examine(r, i))) for r in recipes])
    _row("plain NumPy, pair", [_rate(lambda i, r=r: _plain(r, i)) for r in recipes])
    _row("MONAI, circles", _monai())
    _row("bar for a pair", [BAR.get(n) for n in SIZES])
    _scaling(recipes[-1])


def _row(name: str, rates: list[float | None]) -> None:
    print(f"{name:24}" + "".join(f"{r:12.0f}" if r else f"{'-':>12}" for r in rates))


def _rate(work: Callable[[int], object]) -> float:
    """Return the median of several runs' images per second of process time."""
    for index in range(8):
        work(index)
    rates = []
    for run in range(RUNS):
        count, begin = 0, time.process_time()
        while time.process_time() - begin < SECONDS / RUNS:
            work(1000 * run + count)
            count += 1
        rates.append(count / (time.process_time() - begin))
    return statistics.median(rates)


def _pair(recipe: Recipe, index: int) -> None:
    exam = examine(recipe, index)
    take(exam)
    take(exam, lesions="none")


def _plain(recipe: Recipe, index: int) -> tuple[np.ndarray, ...]:
    """Draw head, texture, one focal lesion, blur, bias and noise in plain NumPy."""
    rng = np.random.default_rng([recipe.seed, index])
    height, width = recipe.size
    y, x = displaced(recipe.size, 0.02, stream(0, "anatomy", index))
    body = np.zeros(recipe.size)
    for ellipse, _ in head._PARTS:
        part = replace(ellipse, y=ellipse.y + rng.normal(0, 0.02))
        cosine, sine = np.cos(part.angle), np.sin(part.angle)
        along = (cosine * (y - part.y) + sine * (x - part.x)) / part.height
        across = (cosine * (x - part.x) - sine * (y - part.y)) / part.width
        share = np.clip((1 - np.hypot(along, across)) * 20 + 0.5, 0, 1)
        body += share * (rng.uniform(0.3, 1.2) - body)
    rows = np.fft.fftfreq(height)[:, None]
    columns = np.fft.fftfreq(width)[None]
    power = (rows**2 + columns**2 + 6.0**-2) ** (-4 / 4)
    fields = [
        np.fft.ifft2(np.fft.fft2(rng.normal(size=recipe.size)) * power).real
        for _ in range(2)
    ]
    body += 0.1 * body * fields[0] / fields[0].std()
    away = np.hypot(y - rng.uniform(-0.4, 0.4), x - rng.uniform(-0.4, 0.4))
    effect = 0.4 * np.clip((0.07 - away) / 0.04 + 0.5, 0, 1)
    effect = ndimage.gaussian_filter(effect, 0.7)
    grid = np.linspace(-1, 1, height)[:, None], np.linspace(-1, 1, width)[None]
    bias = np.exp(
        np.polynomial.legendre.legval(grid[0], rng.normal(0, 0.03, 4))
        + np.polynomial.legendre.legval(grid[1], rng.normal(0, 0.03, 4))
    )
    noise = rng.normal(0, 0.025, (2, *recipe.size))
    clean = ndimage.gaussian_filter(body, 0.7)
    images = [
        np.clip(np.hypot(bias * s + noise[0], noise[1]) * 140, 0, 255).astype(np.uint8)
        for s in (clean, clean + effect)
    ]
    return *images, effect, effect >= effect.max() / 2


def _monai() -> list[float | None]:
    try:
        from monai.data import create_test_image_2d
    except ImportError:
        return [None] * len(SIZES)
    rates = []
    for n in SIZES:
        state = np.random.RandomState(0)  # what MONAI takes
        rates.append(
            _rate(lambda _, n=n, s=state: create_test_image_2d(n, n, random_state=s))
        )
    return rates


def _scaling(recipe: Recipe) -> None:
    """Time whole blocks, as generation draws them, by one process and by two."""
    counts = {"train": BLOCKS * LENGTH, "validation": 0, "test": 0}
    recipe = recipe.model_copy(
        update={"splits": recipe.splits.model_copy(update=counts)}
    )
    work, starts = _Block(recipe), range(0, BLOCKS * LENGTH, LENGTH)
    rates = {}
    for workers in (1, 2):
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            list(pool.map(work, [0] * 2 * workers))  # import and compile
            begin = time.perf_counter()
            peaks = list(pool.map(work, starts))
            rates[workers] = recipe.images / (time.perf_counter() - begin)
    print(
        f"{recipe.images} images of {recipe.size[0]} x {recipe.size[1]}, each graded, "
        f"in blocks of {LENGTH}: {rates[1]:.0f} a second by one process, "
        f"{rates[2]:.0f} by two ({rates[2] / rates[1]:.2f} times); "
        f"a process takes {max(peaks):.2f} GiB"
    )


class _Block:
    """Draws a block and returns the process's memory: its pipe is not timed."""

    def __init__(self, recipe: Recipe) -> None:
        self.recipe = recipe

    def __call__(self, start: int) -> float:
        draw_block(self.recipe, start)
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    main()
