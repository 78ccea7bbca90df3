"""Fit the heads that the entries of a comparison need, on cached pooled features."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int

from hrcam.entries import Entry, head_key
from hrcam.heads import Head, fit_heads, layer_shares
from hrcam.methods.filter_cam import BANK, bank
from hrcam.pipeline.scenes import labels_of, tissues
from hrcam.pools import Pool
from simbench.dataset import Dataset

#: Images whose fixed filters are computed at a time.
BATCH = 64


@dataclass(frozen=True)
class Pools:
    """Pooled features of the tapped layers, by split."""

    training: Pool
    validation: Pool
    test: Pool


def pooled(probe: Any, dataset: Dataset, split: str) -> Pools:
    """Run the frozen network once over every image that heads need."""
    from hrcam.engine.pooling import pool

    layers = tuple((tap.name, tap.channels) for tap in probe.taps)
    pools = []
    for name in ("train", "validation", split):
        ids = dataset.ids(name)
        features = pool(probe, dataset.read("image", ids))
        pools.append(Pool(layers, features, labels_of(dataset, ids)))
    return Pools(*pools)


def fitted_layers(entries: Sequence[Entry]) -> dict[tuple[str, ...], set[str]]:
    """Return the sets of layers that heads are fitted on, with the keys wanted."""
    sets: dict[tuple[str, ...], set[str]] = {}
    for member in [m for entry in entries for m in entry.members]:
        keys = {k for h, k in member.heads.items() if h in FITTED}
        if keys:
            sets.setdefault(member.layers, set()).update(keys)
    return sets


def fit(
    entries: Sequence[Entry], pools: Pools, classes: int, seed: int, network: str = ""
) -> dict[str, Head]:
    """Fit every head on the network's layers that some entry names, by its key.

    No head sees a mask: only pooled features and class labels.
    """
    taps = [name for name, _ in pools.training.layers]
    heads: dict[str, Head] = {}
    for layers, wanted in fitted_layers(entries).items():
        inside, outside = (p.only(layers) for p in (pools.training, pools.validation))
        fitted = fit_heads(inside, outside, classes)
        if head_key("paper", layers, taps, network) in wanted:
            from hrcam.engine.adam import fit_paper_head

            fitted["paper"] = fit_paper_head(inside, outside, classes, seed)
        named = {head_key(n, layers, taps, network): h for n, h in fitted.items()}
        heads |= named
    return heads


def describe(
    heads: Mapping[str, Head], pools: Pools, predicted: Int[np.ndarray, " n"]
) -> dict[str, Any]:
    """Tell of the heads on all layers what a report shows.

    ``predicted`` holds the classes that the network itself predicts of the split.
    """
    names = [name for name, _ in pools.test.layers]
    rows = [
        _row(head, pools, predicted)
        for key, head in heads.items()
        if key.endswith("@all")
    ]
    convex = heads.get("convex@all")
    path = convex.path if convex else ()
    return {
        "layers": names,
        "heads": rows,
        "penalties": [{"penalty": p, "log_loss": loss} for p, loss in path],
    }


#: Heads that are fitted on the pooled features of a network's layers.
FITTED = ("convex", "pattern", "centroid", "paper")
_LABELS = {
    "convex": "convex: the filter of lowest penalized log-loss",
    "pattern": "pattern: covariance times the convex filter",
    "centroid": "centroid: difference of class means",
    "paper": "paper: Adam on raw pooled features",
}


def _row(head: Head, pools: Pools, predicted: np.ndarray) -> dict[str, Any]:
    """Describe one head; patterns and centroids predict nothing."""
    filters = bool(np.isfinite(head.bias).all())
    logits = head.logits(pools.test)
    losses = [loss for penalty, loss in head.path if penalty in (head.penalty, 0.0)]
    return {
        "name": head.name,
        "label": _LABELS[head.name],
        "penalty": _number(head.penalty),
        "log_loss": losses[0] if losses else None,
        "agreement": float((logits.argmax(axis=1) == predicted).mean())
        if filters
        else None,
        "share": layer_shares(head, pools.test),
    }


def filter_head(dataset: Dataset, classes: int) -> Head:
    """Fit the pattern head on the means of the fixed filters."""
    pools = []
    for split in ("train", "validation"):
        ids = dataset.ids(split)
        means = [
            _bank_means(dataset, ids[start : start + BATCH])
            for start in range(0, len(ids), BATCH)
        ]
        table = np.concatenate(means)
        pools.append(Pool(((BANK, table.shape[1]),), table, labels_of(dataset, ids)))
    return fit_heads(pools[0], pools[1], classes)["pattern"]


def _bank_means(dataset: Dataset, ids: Sequence[str]) -> np.ndarray:
    images = dataset.read("image", ids).astype(np.float32)
    grays = images.mean(axis=-1) if images.ndim == 4 else images
    tissue = tissues(dataset, ids)
    features = bank(np, grays, tissue, grays.shape[1:])
    return features.mean(axis=(1, 2)).astype(np.float64)


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None
