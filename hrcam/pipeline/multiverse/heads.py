"""Fit every head of the multiverse on every set of layers, from one pass each."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from jaxtyping import Float

from hrcam.balancing import fit_balanced
from hrcam.heads import PENALTIES, Head, split
from hrcam.logistic import centered, fit_path, log_loss
from hrcam.pipeline.fitting import labeled_maps, spread
from hrcam.pipeline.multiverse.axes import HeadChoice
from hrcam.pipeline.scenes import labels_of
from hrcam.pools import Pool
from hrcam.standard import activation_pattern, class_means, standardize
from simbench.dataset import Dataset

Sets = Mapping[str, tuple[str, ...]]

#: By the head's name and the name of the set of layers.
Fitted = dict[tuple[str, str], Head]


def fit_all(
    probe: Any, dataset: Dataset, choices: Sequence[HeadChoice], sets: Sets, seed: int
) -> Fitted:
    """Fit every head on every set of layers of a frozen network.

    Parameters
    ----------
    probe
        The network.
    dataset
        Heads see its training and validation splits, and no mask.
    choices, sets
        What is fitted on what.
    seed
        Of the paper's heads.
    """
    from hrcam.engine.pooling import pool

    layers = tuple((tap.name, tap.channels) for tap in probe.taps)
    pools = []
    for name in ("train", "validation"):
        ids = dataset.ids(name)
        features = pool(probe, dataset.images(ids))
        pools.append(Pool(layers, features, labels_of(dataset, ids)))
    fitted: Fitted = {}
    for name, taps in sets.items():
        inside, outside = (p.only(taps) for p in pools)
        linear = [c for c in choices if c.kind in ("convex", "pattern", "centroid")]
        if linear:
            found = fit_linear(inside, outside, probe.classes, linear)
            fitted |= {(choice, name): head for choice, head in found.items()}
        for choice in choices:
            if choice.kind == "paper":
                from hrcam.engine.training.adam import fit_paper_head

                course = choice.rate, choice.epochs
                fitted[choice.name, name] = fit_paper_head(
                    inside, outside, probe.classes, seed, course
                )
    if any(choice.kind == "hotelling" for choice in choices):
        training, validation = (
            labeled_maps(probe, dataset, ids, [name for name, _ in layers])
            for ids in (spread(dataset, "train"), dataset.ids("validation"))
        )
        balanced = fit_balanced(
            pools[0], training, validation, probe.classes, list(sets.values())
        )
        fitted |= {("hotelling", name): balanced[taps] for name, taps in sets.items()}
    return fitted


def fit_linear(
    training: Pool, validation: Pool, classes: int, choices: Sequence[HeadChoice]
) -> dict[str, Head]:
    """Fit convex, pattern and centroid heads, at one or several penalties, by name.

    One path along all penalties of :data:`hrcam.heads.PENALTIES` serves them all; the
    penalty 0 stands for that of lowest validation log-loss.

    Raises
    ------
    ValueError
        If a penalty is not on the path.
    """
    standard = standardize(training)
    inside, outside = standard.apply(training), standard.apply(validation)
    path = fit_path(inside, classes, PENALTIES)
    losses = [log_loss(outside.features @ w + b, outside.labels) for w, b in path]
    heads = {}
    for choice in choices:
        if choice.penalty and choice.penalty not in PENALTIES:
            known = ", ".join(f"{p:g}" for p in PENALTIES)
            msg = f"penalty must be one of {known}, got {choice.penalty:g}"
            raise ValueError(msg)
        place = PENALTIES.index(choice.penalty or PENALTIES[int(np.argmin(losses))])
        table = _table(choice.kind, inside, path[place][0], classes)
        weights = centered(table) * standard.scale[:, None]
        heads[choice.name] = Head(
            choice.kind,
            split(weights, training.layers),
            np.full(classes, np.nan),
            float("nan") if choice.kind == "centroid" else PENALTIES[place],
        )
    return heads


def _table(
    kind: str, pool: Pool, weights: Float[np.ndarray, "d k"], classes: int
) -> Float[np.ndarray, "d k"]:
    """Return the weights for standardized features."""
    if kind == "centroid":
        return class_means(pool, classes)
    return activation_pattern(pool.features, weights) if kind == "pattern" else weights
