"""Fit the heads that the entries of a comparison need, on cached pooled features."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

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


def pooled(recorder: Any, dataset: Dataset, split: str) -> Pools:
    """Run the frozen network once over every image that heads need."""
    from hrcam.engine.recorder import pool

    layers = tuple((tap.name, tap.channels) for tap in recorder.taps)
    pools = []
    for name in ("train", "validation", split):
        ids = dataset.ids(name)
        features = pool(recorder, dataset.read("image", ids))
        pools.append(Pool(layers, features, labels_of(dataset, ids)))
    return Pools(*pools)


def fit(
    entries: Sequence[Entry], pools: Pools, dataset: Dataset, base: Head, seed: int
) -> dict[str, Head]:
    """Fit every head that some entry names, by its key.

    No head sees a mask: only pooled features and class labels.
    """
    from hrcam.engine.adam import fit_paper_head

    classes, taps = len(dataset.classes), [n for n, _ in pools.training.layers]
    keys = {key for entry in entries for key in entry.heads.values()}
    heads = {"base": base}
    if "filter" in keys:
        heads["filter"] = _filter_head(dataset, classes)
    for layers in dict.fromkeys(e.layers for e in entries if e.heads):
        wanted = keys & {head_key(h, layers, taps) for h in _FITTED}
        if not wanted:
            continue
        inside, outside = (p.only(layers) for p in (pools.training, pools.validation))
        fitted = fit_heads(inside, outside, classes)
        if head_key("paper", layers, taps) in wanted:
            fitted["paper"] = fit_paper_head(inside, outside, classes, seed)
        heads |= {head_key(name, layers, taps): head for name, head in fitted.items()}
    return heads


def describe(heads: Mapping[str, Head], pools: Pools) -> dict[str, Any]:
    """Tell of the heads on all layers what a report shows."""
    names = [name for name, _ in pools.test.layers]
    predicted = heads["base"].logits(pools.test.only((names[-1],))).argmax(axis=1)
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


_FITTED = ("convex", "pattern", "centroid", "paper")
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


def _filter_head(dataset: Dataset, classes: int) -> Head:
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
