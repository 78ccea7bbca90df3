"""Everything that is looked into for one explanation: a network and its variants."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hrcam.entries import Entry, plan
from hrcam.heads import Head
from hrcam.pipeline.choices import Choices
from hrcam.pipeline.fitting import Pools, filter_head, fit, fitted_layers, pooled
from simbench.dataset import Dataset


@dataclass(frozen=True)
class Lookout:
    """A network, or a variant of it, with its entries and fitted heads."""

    probe: Any
    entries: tuple[Entry, ...]
    heads: Mapping[str, Head]
    pools: Pools | None


def knowledge(probe: Any, dataset: Dataset, *, truth: bool) -> frozenset[str]:
    """Say what methods may need and is known, in the words of ``Method.needs``."""
    slopes = {f"slope:{rule}" for rule in ("plain", "guided", "deconvnet")}
    known = {"calls", "biases", *slopes}
    splits = set(dataset.index.loc[dataset.index["label"] >= 0, "split"])
    if {"train", "validation"} <= splits:
        known.add("heads")
    if probe.base is not None:
        known.add("head:base")
    if truth:
        known.add("truth")
    return frozenset(known)


def planned(
    probe: Any, methods: Sequence[str], choices: Choices, known: frozenset[str]
) -> tuple[tuple[Entry, ...], Mapping[str, Any]]:
    """Plan the entries, and make the variants of the network that they look into.

    A variant that the network does not have is not known, so methods that need it are
    left out of groups and refused by name.
    """
    from hrcam.engine.variants import VARIANTS, available

    taps = [tap.name for tap in probe.taps]
    how = taps, choices.shown
    every = known | {f"network:{name}" for name in VARIANTS}
    entries = plan(methods, *how, every, choices.fusions)
    wanted = {e.method.network for e in entries} - {""}
    made = available(probe, wanted) if wanted else {}
    if set(made) < wanted:
        within = known | {f"network:{name}" for name in made}
        entries = plan(methods, *how, within, choices.fusions)
    return entries, {"": probe, **made}


def lookouts(
    probes: Mapping[str, Any],
    entries: Sequence[Entry],
    dataset: Dataset,
    split: str,
    seed: int,
) -> list[Lookout]:
    """Fit the heads of every network that some entry looks into.

    ``probes`` holds them by name, as :func:`planned` returns them.
    """
    found = []
    for network in dict.fromkeys(entry.method.network for entry in entries):
        mine = tuple(e for e in entries if e.method.network == network)
        seen = probes[network]
        pools = pooled(seen, dataset, split) if fitted_layers(mine) else None
        heads = {} if pools is None else fit(mine, pools, seen, dataset, seed, network)
        if seen.base is not None:
            heads["base"] = seen.base
        if any("head:filter" in e.method.needs for e in mine):
            heads["filter"] = filter_head(dataset, seen.classes)
        found.append(Lookout(seen, mine, heads, pools))
    return found
