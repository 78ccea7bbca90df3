"""Compare heads, penalties and fusions of HR-CAM; the table of docs/fusion-study.md.

Usage: python benchmarks/fusion.py --out FOLDER [--seeds 3] [--networks compact,...]

Datasets, networks and results are kept in the folder, so that a run that was stopped
goes on where it was. Everything is chosen on validation images without masks.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np
from fusion_scores import score

import hrcam

HERE = Path(__file__).parent

#: Passes over the training images, by recipe and network.
EPOCHS = {
    "fusion-focal": {"compact": 8, "compact_residual": 8, "compact_vgg": 6},
    "fusion-texture": {"compact": 8, "compact_residual": 8, "compact_vgg": 6},
    "fusion-nigra": {"compact": 7, "compact_residual": 10, "compact_vgg": 5},
}
#: The row that others are measured by: the pattern head's best layer.
BEST = "pattern, best layer"

NETWORKS = ("compact", "compact_residual", "compact_vgg")


def run(recipe: str, network: str, seed: int, out: Path) -> dict[str, dict]:
    """Draw, train and score what is not there yet; return the scores by kind."""
    from hrcam.engine.training.settings import Training

    found = out / "results" / f"{recipe}-{network}-{seed}.json"
    if found.is_file():
        return json.loads(found.read_text(encoding="utf-8"))
    data = out / "data" / recipe
    if not data.exists():
        hrcam.generate(HERE / "recipes" / f"{recipe}.toml", data)
    model = out / "models" / f"{recipe}-{network}-{seed}"
    if not model.exists():
        passes = EPOCHS[recipe][network]
        settings = Training(network=network, epochs=passes, seed=seed)
        hrcam.train(data, model, settings=settings)
    scores = score(model, data, seed)
    found.parent.mkdir(parents=True, exist_ok=True)
    found.write_text(json.dumps(scores, indent=1), encoding="utf-8")
    return scores


def table(results: dict[tuple[str, str, int], dict]) -> str:
    """Return the comparison as Markdown.

    A cell is a recipe's lesion kind. Every number is an AP averaged over the abnormal
    test images of that kind, then over networks and seeds. The best single layer of
    the pattern head is picked with masks for every network, seed and kind by itself,
    before it is averaged.
    """
    sums: dict[str, dict[tuple, list[float]]] = defaultdict(lambda: defaultdict(list))
    for (recipe, _, _), scores in results.items():
        for rule, kinds in scores["ap"].items():
            for kind, value in kinds.items():
                sums[rule][recipe, kind].append(value)
    cells = list(sums[BEST])
    sums = {r: v for r, v in sums.items() if v.keys() == sums[BEST].keys()}
    means = {r: np.array([np.mean(v[c]) for c in cells]) for r, v in sums.items()}
    best, cam = means[BEST], means["CAM"]
    lines = [
        "| map | " + " | ".join(f"{r[7:]}, {k}" for r, k in cells),
        "|---|" + "---|" * (len(cells) + 4),
    ]
    lines[0] += " | of best layer | lowest | of CAM | lowest |"
    for rule in sorted(means, key=lambda r: -(means[r] / best).min()):
        each = _each(sums[rule], sums[BEST], cells)
        low = _each(sums[rule], sums["CAM"], cells)
        numbers = " | ".join(f"{x:.3f}" for x in means[rule])
        ratios = (means[rule] / best).min(), each, (means[rule] / cam).min(), low
        lines.append(
            f"| {rule} | {numbers} | " + " | ".join(f"{x:.2f}" for x in ratios)
        )
        lines[-1] += " |"
    return "\n".join(lines)


def _each(
    one: dict[tuple, list[float]], other: dict[tuple, list[float]], cells: Sequence
) -> float:
    """Return the lowest ratio over single networks and kinds."""
    return min(min(np.divide(one[c], other[c])) for c in cells)


def main() -> None:
    """Run what is asked for and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--recipes", default=",".join(EPOCHS))
    parser.add_argument("--networks", default=",".join(NETWORKS))
    parser.add_argument("--trained", action="store_true", help="train no network")
    given = parser.parse_args()
    results = {}
    for seed, recipe, network in product(
        range(given.seeds), given.recipes.split(","), given.networks.split(",")
    ):
        model = given.out / "models" / f"{recipe}-{network}-{seed}"
        if given.trained and not model.exists():
            continue
        scores = run(recipe, network, seed, given.out)
        results[recipe, network, seed] = scores
        print(f"{recipe} {network} {seed}: AUROC {scores['auroc']:.3f}", flush=True)
    print(table(results))


if __name__ == "__main__":
    main()
