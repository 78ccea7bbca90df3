"""Fit the heads that the entries of a comparison need, on cached pooled features."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Int

from hrcam.balancing import Batches, fit_balanced
from hrcam.entries import Entry, head_key
from hrcam.heads import Head, fit_heads, layer_shares
from hrcam.methods.filter_cam import BANK, bank
from hrcam.pipeline.scenes import labels_of, tissues
from hrcam.pools import Pool
from simbench.dataset import Dataset

#: Images whose fixed filters are computed at a time.
BATCH = 64

#: Training images of each class whose pixels a covariance is measured over.
PER_CLASS = 256

#: Heads that are fitted on a network's layers.
FITTED = ("hotelling", "convex", "pattern", "centroid", "paper")


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
        features = pool(probe, dataset.images(ids))
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
    entries: Sequence[Entry],
    pools: Pools,
    probe: Any,
    dataset: Dataset,
    seed: int,
    network: str = "",
) -> dict[str, Head]:
    """Fit every head on the network's layers that some entry names, by its key.

    No head sees a mask: only features and class labels.
    """
    taps = [name for name, _ in pools.training.layers]
    wanted = fitted_layers(entries)
    heads: dict[str, Head] = {}
    for layers, keys in wanted.items():
        named = {head_key(name, layers, taps, network): name for name in FITTED}
        heads |= _on_pooled(layers, {named[k]: k for k in keys}, pools, probe, seed)
    balanced = {
        key: layers
        for layers, keys in wanted.items()
        if (key := head_key("hotelling", layers, taps, network)) in keys
    }
    if balanced:
        sets = list(balanced.values())
        names = tuple(tap for tap in taps if any(tap in layers for layers in sets))
        training, validation = (
            labeled_maps(probe, dataset, ids, names)
            for ids in (spread(dataset, "train"), dataset.ids("validation"))
        )
        pool = pools.training.only(names)
        found = fit_balanced(pool, training, validation, probe.classes, sets)
        heads |= {key: found[layers] for key, layers in balanced.items()}
    return heads


def _on_pooled(
    layers: tuple[str, ...],
    keys: Mapping[str, str],
    pools: Pools,
    probe: Any,
    seed: int,
) -> dict[str, Head]:
    """Fit the heads that see pooled features alone on a set of layers, by key."""
    inside, outside = (p.only(layers) for p in (pools.training, pools.validation))
    fitted: dict[str, Head] = {}
    if keys.keys() & {"convex", "pattern", "centroid"}:
        fitted = fit_heads(inside, outside, probe.classes)
    if "paper" in keys:
        from hrcam.engine.training.adam import fit_paper_head

        fitted["paper"] = fit_paper_head(inside, outside, probe.classes, seed)
    return {keys[name]: head for name, head in fitted.items() if name in keys}


def spread(dataset: Dataset, split: str) -> list[str]:
    """Return images of a split, :data:`PER_CLASS` of each class, evenly spread."""
    ids = np.array(dataset.ids(split))
    labels = labels_of(dataset, ids.tolist())
    rows = []
    for label in np.unique(labels):
        mine = np.flatnonzero(labels == label)
        count = min(len(mine), PER_CLASS)
        rows.append(mine[np.linspace(0, len(mine) - 1, count).astype(int)])
    chosen: list[str] = ids[np.sort(np.concatenate(rows))].tolist()
    return chosen


def labeled_maps(
    probe: Any, dataset: Dataset, ids: Sequence[str], names: Sequence[str]
) -> Batches:
    """Yield the named layers' feature maps of images, with the classes."""
    from hrcam.engine.pooling import feature_maps

    labels, start = labels_of(dataset, ids), 0
    for maps in feature_maps(probe, dataset.images(ids), names):
        count = len(maps[names[0]])
        yield maps, labels[start : start + count]
        start += count


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


_LABELS = {
    "hotelling": "hotelling: class means whitened over pixels, layers balanced",
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
    """Fit HR-CAM's head on the fixed filters."""
    means, labels = [], []
    for maps, some in _bank_maps(dataset, dataset.ids("train")):
        means.append(maps[BANK].mean(axis=(1, 2), dtype=np.float64))
        labels.append(some)
    table = np.concatenate(means)
    pool = Pool(((BANK, table.shape[1]),), table, np.concatenate(labels))
    training, validation = (
        _bank_maps(dataset, ids)
        for ids in (spread(dataset, "train"), dataset.ids("validation"))
    )
    return fit_balanced(pool, training, validation, classes, [(BANK,)])[BANK,]


def _bank_maps(dataset: Dataset, ids: Sequence[str]) -> Batches:
    """Yield the fixed filters' maps of images, with the classes."""
    for start in range(0, len(ids), BATCH):
        some = ids[start : start + BATCH]
        images = dataset.read("image", some).astype(np.float32)
        grays = images.mean(axis=-1) if images.ndim == 4 else images
        features = bank(np, grays, tissues(dataset, some), grays.shape[1:])
        yield {BANK: features}, labels_of(dataset, some)


def _number(value: float) -> float | None:
    return value if np.isfinite(value) else None
