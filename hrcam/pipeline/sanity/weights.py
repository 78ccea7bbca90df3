"""Cascading randomization of the network's weights (Adebayo et al., NeurIPS 2018)."""

from collections.abc import Callable
from dataclasses import replace

from hrcam.pipeline.explaining import explain
from hrcam.pipeline.model import Model, hash_weights
from hrcam.pipeline.sanity.kept import keep
from hrcam.pipeline.sanity.likeness import Findings, Maps, Place, arrays, compare
from hrcam.pipeline.sanity.setting import Setting


def randomize(
    setting: Setting, findings: Findings, progress: Callable[[int], None] | None
) -> None:
    """Compare the maps at every step of the cascade with those of the network as it is.

    Each step explains a network of its own, so no trace or probe of another one can be
    stale. ``own`` are entries whose heads come with the network or that need none;
    ``refitted`` have their heads fitted anew on the randomized features; ``kept`` use
    the heads of the network as it was.
    """
    from hrcam.engine.variants.randomization import cascade

    network, methods = setting.model.network, setting.options.methods
    kept = keep(network, setting.dataset, methods, setting.explained)
    steps = cascade(network, setting.options.seed)
    for depth, (name, other) in enumerate(steps, start=1):
        facts = {**setting.model.facts, "weights": hash_weights(other)}
        model: Model = replace(setting.model, network=other, facts=facts)
        maps = arrays(explain(model, setting.dataset, methods), setting.ids)
        fitted = {k: m for k, m in maps.items() if setting.fitted(k)}
        own: Maps = {k: m for k, m in maps.items() if k not in fitted}
        parts = {"own": own, "refitted": fitted, "kept": kept.maps(other)}
        for variant, part in parts.items():
            place = Place("weights", variant, name, depth)
            compare(setting.reference, part, place, findings)
        if progress is not None:
            progress(len(setting.ids))
