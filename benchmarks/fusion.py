"""Compare heads, penalties and fusions of HR-CAM; the table of docs/fusion-study.md.

Usage: python benchmarks/fusion.py --out FOLDER [--seeds 3] [--judged 1,2]

Datasets, networks and results are kept in the folder, so that a run that was stopped
goes on where it was. Everything is chosen on validation images without masks.
"""

import argparse
import json
from itertools import product
from pathlib import Path

from fusion_scores import score
from fusion_table import table

import hrcam

HERE = Path(__file__).parent

#: Passes over the training images, by recipe and network.
EPOCHS = {
    "fusion-focal": {"compact": 8, "compact_residual": 8, "compact_vgg": 6},
    "fusion-texture": {"compact": 8, "compact_residual": 8, "compact_vgg": 6},
    "fusion-nigra": {"compact": 7, "compact_residual": 10, "compact_vgg": 5},
}
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


def main() -> None:
    """Run what is asked for and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--recipes", default=",".join(EPOCHS))
    parser.add_argument("--networks", default=",".join(NETWORKS))
    parser.add_argument("--judged", default="", help="seeds of the table, all if empty")
    given = parser.parse_args()
    results = {}
    for seed, recipe, network in product(
        range(given.seeds), given.recipes.split(","), given.networks.split(",")
    ):
        scores = run(recipe, network, seed, given.out)
        results[recipe, network, seed] = scores
        print(f"{recipe} {network} {seed}: AUROC {scores['auroc']:.3f}", flush=True)
    judged = {int(k) for k in given.judged.split(",") if k} or {k[2] for k in results}
    print(table({key: scores for key, scores in results.items() if key[2] in judged}))


if __name__ == "__main__":
    main()
