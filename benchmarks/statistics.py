"""Time and memory of the statistics of one score: all pairs of many methods.

``python benchmarks/statistics.py`` draws scores of 4,000 images by 20 methods at 100
thresholds (10 images a subject, a method that loses some) and compares all 190 pairs
with intervals, max-T over all 19,000 comparisons and simultaneous bands, from 2,000
resamples of subjects in float64; then ranks the methods at one threshold.
"""

import argparse
import json
import os
import resource
import time

import numpy as np

from metrics.statistics.draws import Draws
from metrics.statistics.pairs import compare_pairs
from metrics.statistics.ranking import rank_methods


def main() -> None:
    """Print seconds and the peak of memory as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=4000)
    parser.add_argument("--methods", type=int, default=20)
    parser.add_argument("--thresholds", type=int, default=100)
    parser.add_argument("--resamples", type=int, default=2000)
    parser.add_argument("--per-subject", type=int, default=10)
    parser.add_argument("--gaps", type=float, default=0.0)
    chosen = parser.parse_args()
    generator = np.random.default_rng(0)
    shape = chosen.methods, chosen.images, chosen.thresholds
    values = generator.random(shape)
    values += generator.random((1, chosen.images, 1))
    values[-1, generator.random(chosen.images) < chosen.gaps] = np.nan
    groups = np.arange(chosen.images) // chosen.per_subject
    draws = Draws(int(groups.max()) + 1, chosen.resamples, 0, "benchmark")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    found = compare_pairs(values, groups, draws)
    paired = time.perf_counter()
    rank_methods(values[:, :, 0], groups, draws)
    ranked = time.perf_counter()
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = {
        "comparisons": int(found.difference.size),
        "pairs_s": round(paired - start, 2),
        "ranks_s": round(ranked - paired, 2),
        "values_mb": round(values.nbytes / 1e6),
        "peak_before_mb": round(before / 1e3),
        "peak_mb": round(after / 1e3),
        "cores": os.cpu_count(),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
