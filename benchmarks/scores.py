"""Time scores of maps, beside libraries that compute some of them.

    python benchmarks/scores.py [--images N] [--size N]

One process, one core (set OMP_NUM_THREADS=1 and the like for the libraries); every
figure is maps per second, the best of three runs. Libraries that are not installed are
named as such: scikit-learn, torchmetrics, Quantus, MONAI.
"""

import argparse
import platform
import time
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec

import numpy as np
from scipy import ndimage

from metrics.counting.ranking import rank
from metrics.counting.thresholds import sweep
from metrics.counting.truth import Truth
from metrics.scores.evaluation import compare, evaluate
from metrics.scores.table import SCORES, choose_scores

SLOW = ("hausdorff", "surface", "earth", "lesion_sensitivity", "lesion_hits", "false_")
PACKAGES = ("numpy", "numba", "scikit-learn", "torchmetrics", "quantus", "monai")


def scene(images: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Smooth float32 maps and masks of one disc each."""
    generator = np.random.default_rng(0)
    rows, columns = np.mgrid[:size, :size]
    masks = np.zeros((images, size, size), bool)
    for mask in masks:
        y, x = generator.integers(size // 5, size - size // 5, 2)
        radius = generator.integers(size // 20, size // 6)
        mask[:] = (rows - y) ** 2 + (columns - x) ** 2 <= radius**2
    noise = generator.normal(size=masks.shape)
    maps = np.stack(
        [ndimage.gaussian_filter(m + n, 4) for m, n in zip(masks, noise, strict=True)]
    )
    return maps.astype(np.float32), masks


def rate(run: Callable[[], object], images: int) -> float:
    """Maps per second, the best of three."""
    run()
    seconds = []
    for _ in range(3):
        begin = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - begin)
    return images / min(seconds)


def ours(maps: np.ndarray, masks: np.ndarray) -> dict[str, Callable[[], object]]:
    """What we compute; a truth is made anew each time, as for a new image."""
    fast = [s for s in choose_scores(("all",)) if not s.name.startswith(SLOW)]

    def score_all(names: list[str]) -> None:
        compared = compare(maps, Truth(masks))
        for name in names:
            evaluate(SCORES[name], compared)

    def by_block(names: list[str]) -> Callable[[], None]:
        return lambda: score_all(names)

    return {
        "sensitivity and specificity, 101 thresholds": lambda: (
            (found := sweep(maps, masks)).sensitivity,
            found.specificity,
        ),
        "AUROC, AP and other ranks": lambda: rank(maps, masks),
        f"all {len(fast)} fast scores": by_block([score.name for score in fast]),
    }


def theirs(maps: np.ndarray, masks: np.ndarray) -> dict[str, Callable[[], object]]:
    """What the libraries compute, those that are installed."""
    found: dict[str, Callable[[], object]] = {}
    pairs = list(zip(maps, masks, strict=True))
    if find_spec("sklearn"):
        from sklearn import metrics as sk

        found["scikit-learn roc_auc_score"] = lambda: [
            sk.roc_auc_score(k.ravel(), m.ravel()) for m, k in pairs
        ]
        found["scikit-learn average_precision_score"] = lambda: [
            sk.average_precision_score(k.ravel(), m.ravel()) for m, k in pairs
        ]
    if find_spec("torchmetrics"):
        import torch
        from torchmetrics.functional import classification as tm

        torch.set_num_threads(1)
        tensors = [
            (torch.from_numpy(m).ravel(), torch.from_numpy(k).ravel().long())
            for m, k in pairs
        ]
        scaled = [((m - m.min()) / (m.max() - m.min()), k) for m, k in tensors]
        found["torchmetrics binary_roc, 101 thresholds"] = lambda: [
            tm.binary_roc(m, k, thresholds=101) for m, k in scaled
        ]
        found["torchmetrics binary_auroc"] = lambda: [
            tm.binary_auroc(m, k) for m, k in scaled
        ]
    if find_spec("quantus"):
        import quantus

        given = {
            "model": None,
            "x_batch": maps[:, None],
            "y_batch": np.zeros(len(maps)),
        }
        given |= {"a_batch": maps[:, None], "s_batch": masks[:, None]}
        quiet = {"abs": False, "normalise": False, "disable_warnings": True}
        for name in ("AUC", "RelevanceRankAccuracy", "RelevanceMassAccuracy"):
            metric = getattr(quantus, name)(**quiet)
            found[f"Quantus {name}"] = lambda metric=metric: metric(**given)
    if find_spec("monai"):
        import torch
        from monai.metrics import get_confusion_matrix

        torch.set_num_threads(1)
        low = maps.min(axis=(1, 2), keepdims=True)
        span = maps.max(axis=(1, 2), keepdims=True) - low
        scaled_maps = torch.from_numpy((maps - low) / span)[:, None]
        truth = torch.from_numpy(masks)[:, None]
        found["MONAI confusion matrix, 101 thresholds"] = lambda: [
            get_confusion_matrix((scaled_maps >= k / 100).float(), truth.float())
            for k in range(101)
        ]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=60)
    parser.add_argument("--size", type=int, default=224)
    options = parser.parse_args()
    maps, masks = scene(options.images, options.size)
    print(f"{options.images} float32 maps of {options.size} x {options.size}")
    for name in PACKAGES:
        try:
            print(f"{name} {version(name)}", end="; ")
        except PackageNotFoundError:
            print(f"{name} not installed", end="; ")
    print(f"Python {platform.python_version()}")
    for name, run in {**ours(maps, masks), **theirs(maps, masks)}.items():
        print(f"{name:45} {rate(run, len(maps)):10.0f} maps/s", flush=True)


if __name__ == "__main__":
    main()
