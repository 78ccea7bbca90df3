"""Fit every head of the fusion study."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from fusion_network import Network

from hrcam.balancing import fit_balanced
from hrcam.bootstrap import bootstrap
from hrcam.heads import Head, fit_sets, split
from hrcam.hotelling import fit_hotelling
from hrcam.logistic import fit_logistic
from hrcam.moments import measure
from hrcam.pipeline.fitting import spread
from hrcam.pools import Pool
from hrcam.standard import activation_pattern, standardize

#: Penalties shown beside the one of best validation log-loss.
PENALTIES = (1e-1, 1e-2, 1e-3, 1e-4)


def fit_all(network: Network, seed: int) -> dict[str, Head]:
    """Fit every head on all layers, and the pattern head on every single one."""
    from hrcam.engine.training.adam import fit_paper_head

    training, validation = network.pool("train"), network.pool("validation")
    names = tuple(name for name, _ in network.layers)
    sets = [names, *((name,) for name in names)]
    fits = fit_sets(training, validation, 2, sets)
    heads = {"CAM": network.probe.base, **fits[names]}
    heads["paper"] = fit_paper_head(training, validation, 2, seed)
    heads |= penalized(training)
    for place, name in enumerate(names):
        pools = training.only((name,)), validation.only((name,))
        single = fits[name,] | penalized(pools[0], groups=False)
        single["paper"] = fit_paper_head(*pools, 2, seed)
        heads |= {f"{kind}@{place}": head for kind, head in single.items()}
    some = spread(network.dataset, "train")
    looks = network.labeled(some), network.labeled(network.ids("validation"))
    heads["hr_cam"] = fit_balanced(training, *looks, 2, [names])[names]
    moments = measure(network.labeled(some), 2)
    heads["hotelling"] = fit_hotelling(training, moments, 2)
    for place, name in enumerate(names):
        alone = {name: heads["hotelling"].weights[name]}
        heads[f"hotelling@{place}"] = replace(heads["hotelling"], weights=alone)
    return heads


def penalized(training: Pool, *, groups: bool = True) -> dict[str, Head]:
    """Return convex and pattern heads at fixed penalties.

    ``groups`` adds those that penalize a layer's weights by its number of channels.
    """
    standard = standardize(training)
    inside = standard.apply(training)
    counts = np.array([count for _, count in training.layers])
    share = np.repeat(1 / np.sqrt(counts), counts)
    factors = {"": np.ones_like(share)} | ({" by group": share} if groups else {})
    heads = {}
    for penalty in PENALTIES:
        for word, factor in factors.items():
            pool = Pool(inside.layers, inside.features * factor, inside.labels)
            weights, bias = fit_logistic(pool, 2, penalty)
            weights *= factor[:, None]
            tables = {
                "convex": weights,
                "pattern": activation_pattern(inside.features, weights),
            }
            for kind, table in tables.items():
                scaled = table * standard.scale[:, None]
                name = f"{kind} {penalty:g}{word}"
                heads[name] = Head(name, split(scaled, training.layers), bias)
    return heads


def response(
    weights: Mapping[str, np.ndarray], features: Mapping[str, np.ndarray]
) -> np.ndarray:
    """Return each layer's signal-to-noise ratio over refits.

    The signal is the difference of the classes' mean responses under every refit,
    (refits, c) times (c,); its mean over its standard deviation.
    """
    ratios = []
    for name, table in weights.items():
        signal = table[:, :, 1] @ features[name]
        ratios.append(signal.mean() / signal.std() if signal.std() > 0 else 0.0)
    return np.maximum(np.array(ratios), 0)


def reliability(network: Network, heads: Mapping[str, Head]) -> dict[str, np.ndarray]:
    """Return each layer's signal-to-noise ratio over bootstrap refits, by head."""
    training = network.pool("train")
    rows = training.labels == 1
    apart = training.features[rows].mean(axis=0) - training.features[~rows].mean(axis=0)
    by_layer = {name: apart[training.columns((name,))] for name, _ in training.layers}
    return {
        name: response(bootstrap(training, heads[name], refits=50), by_layer)
        for name in ("pattern", "centroid")
    }
