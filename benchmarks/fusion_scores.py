"""Score every head and fusion of one trained network of the fusion study."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from fusion_heads import fit_all, reliability
from fusion_network import Network, maps_of
from fusion_rules import Evidence, curved, enlarged, fuse, linear, subtracted

from metrics.counting.ranking import rank
from simbench.opening import open_dataset

#: Images occluded.
OCCLUDED = 32

#: Heads whose layers are fused in every way.
FUSED = ("pattern", "centroid", "hotelling")


def score(folder: Path, data: Path, seed: int) -> dict[str, Any]:
    """Return the test AUROC and, by map and lesion kind, mean AP on test masks."""
    network = Network(folder, open_dataset(data))
    heads = fit_all(network, seed)
    tests = network.ids("test", lesions=True)
    judge = Judge(network, tests)
    seen = maps_of(network, heads, tests)
    told = maps_of(network, heads, network.ids("validation"))
    diseased = network.labels(network.ids("validation")) == 1
    occluded = np.flatnonzero(diseased)[:OCCLUDED]
    ids = [network.ids("validation")[i] for i in occluded]
    cover = occluded, network.occlude(ids)
    trust = reliability(network, heads)
    found: dict[str, dict[str, float]] = {}
    for name, maps in seen.items():
        if name == "CAM" or "@" in name:
            place = network.geometry[int(name.partition("@")[2] or -1)]
            found[name] = judge(enlarged(maps, [place], judge.size)[0])
            continue
        trusted = trust.get(name, np.ones(len(maps)))
        for prefix, some, reference in _readings(maps, told[name], diseased):
            evidence = Evidence(reference, diseased, cover, trusted, network.geometry)
            large = enlarged(some, network.geometry, judge.size)
            rules = linear(evidence) if name in FUSED else {"sum": np.ones(len(maps))}
            for rule, factors in rules.items():
                found[f"{prefix}{name}, {rule}"] = judge(fuse(large, factors))
            if name in FUSED:
                sds = [x.std() for x in reference]
                for rule, whole in curved(large, sds).items():
                    found[f"{prefix}{name}, {rule}"] = judge(whole)
    for head in ("pattern", "hotelling"):
        singles = [ap for key, ap in found.items() if key.startswith(f"{head}@")]
        found[f"{head}, best layer"] = {
            kind: max(single[kind] for single in singles) for kind in singles[0]
        }
    return {"auroc": network.model.evaluation["test"]["auroc"], "ap": found}


def _readings(
    maps: list[np.ndarray], told: list[np.ndarray], diseased: np.ndarray
) -> Iterator[tuple[str, list[np.ndarray], list[np.ndarray]]]:
    """Yield maps as they are, and minus the mean map of healthy images."""
    yield "", maps, told
    healthy = [x[~diseased] for x in told]
    yield "minus healthy: ", subtracted(maps, healthy), subtracted(told, healthy)


class Judge:
    """Mean AP by lesion kind of maps of the abnormal test images."""

    def __init__(self, network: Network, ids: list[str]) -> None:
        self.masks = np.asarray(network.dataset.read("mask", ids)) > 0
        kinds = network.dataset.index.set_index("image_id").loc[ids, "lesion"]
        self.kinds = np.array(kinds.tolist())
        self.size = self.masks.shape[1:]

    def __call__(self, maps: np.ndarray) -> dict[str, float]:
        values = rank(maps, self.masks).average_precision
        return {
            str(kind): float(values[self.kinds == kind].mean())
            for kind in sorted(set(self.kinds))
        }
