"""Time the linear heads on as many features as ResNet-50's five stages have.

Usage: python benchmarks/heads.py [IMAGES FEATURES CLASSES]
"""

import os
import platform
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy

from hrcam.bootstrap import bootstrap
from hrcam.heads import PENALTIES, fit_heads
from hrcam.pools import Pool

#: Shares of the channels that ResNet-50's five tapped layers have.
STAGES = {"conv1": 64, "conv2": 256, "conv3": 512, "conv4": 1024, "conv5": 2048}


def make_pool(seed: int, images: int, width: int, classes: int) -> Pool:
    """Return pooled features that go together as a network's do: few directions."""
    fixed = np.random.default_rng(0)
    mixing = fixed.normal(size=(400, width)) * np.arange(1, 401)[:, None] ** -0.5
    shift = fixed.normal(size=(classes, 400))
    rng = np.random.default_rng([1, seed])
    labels = np.arange(images) % classes
    causes = rng.normal(size=(images, 400)) + 0.15 * shift[labels]
    features = causes @ mixing + 0.3 * rng.normal(size=(images, width))
    ends = np.rint(np.cumsum(list(STAGES.values())) / 3904 * width).astype(int)
    counts = np.diff(ends, prepend=0).tolist()
    return Pool(tuple(zip(STAGES, counts, strict=True)), features, labels)


def timed(what: str, function: Callable[[], Any]) -> Any:
    """Run and say how long it took."""
    begin, work = time.perf_counter(), time.process_time()
    found = function()
    wall, work = time.perf_counter() - begin, time.process_time() - work
    print(f"{what:48} {wall:7.2f} s ({work:.2f} s of work)", flush=True)
    return found


def main(images: int, width: int, classes: int) -> None:
    """Time a fit of the whole penalty path and a hundred refits."""
    print(
        f"{os.cpu_count()} cores, {platform.machine()}, "
        f"Python {platform.python_version()}, NumPy {np.__version__}, "
        f"SciPy {scipy.__version__}"
    )
    training = make_pool(0, images, width, classes)
    validation = make_pool(1, max(images // 6, classes), width, classes)
    heads = timed(
        f"{images} x {width}, {classes} classes, {len(PENALTIES)} penalties",
        lambda: fit_heads(training, validation, classes),
    )
    penalty = heads["convex"].penalty
    print(f"penalty {penalty:g}, log-loss {dict(heads['convex'].path)[penalty]:.3f}")
    timed(
        "100 refits of the pattern head",
        lambda: bootstrap(training, heads["pattern"], refits=100),
    )


if __name__ == "__main__":
    main(*(int(x) for x in sys.argv[1:4] or (6000, 3904, 2)))
