"""Maps by the heads of the network as it was, on a network that has changed.

With heads fitted anew, a map shows what a linear reader finds in the network's
features; with heads that are kept, what changes in the map is the network alone. Both
are shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hrcam.maps import Explained, gather
from hrcam.pipeline.fitting import fitted_layers
from hrcam.pipeline.lookout import knowledge, lookouts
from hrcam.pipeline.reliance import explained_classes
from hrcam.pipeline.sanity.likeness import Maps, arrays
from hrcam.pipeline.scenes import scenes, shape_of
from simbench.dataset import Dataset

#: Images explained at a time.
BATCH = 32


@dataclass(frozen=True)
class Kept:
    """The entries with fitted heads, and those heads, of a network as it was.

    Parameters
    ----------
    dataset, ids
        Whose images are explained.
    lookout
        Entries, heads and taps of the network as it was; None without such entries.
    explained
        The maps of the network as it was: how parts become maps.
    """

    dataset: Dataset
    ids: Sequence[str]
    lookout: Any
    explained: Explained

    @property
    def names(self) -> tuple[str, ...]:
        """The entries whose heads are kept."""
        return tuple(e.name for e in self.lookout.entries) if self.lookout else ()

    def maps(self, network: Any) -> Maps:
        """Return the maps of another network of the same layers, by the kept heads."""
        from hrcam.engine.explanation import Job, coefficients, explain
        from hrcam.engine.preparation import prepare

        if self.lookout is None:
            return {}
        probe, entries = self.lookout.probe, self.lookout.entries
        other = prepare(network, probe.shape, [tap.name for tap in probe.taps])
        aims = explained_classes(self.dataset, self.ids)
        targets = coefficients(aims, probe.classes)
        job = Job(other, entries, self.lookout.heads)
        table = {name: self.explained[name].facts for name in self.names}
        batches = explain(
            job, scenes(self.dataset, self.ids, targets, BATCH, truth=False)
        )
        found = Explained(gather(table, batches, self.ids))
        return arrays(found, self.ids)


def keep(
    network: Any, dataset: Dataset, methods: Sequence[str], explained: Explained
) -> Kept:
    """Fit the heads that the methods need on a network as it is, and keep them.

    Methods without a fitted head, and those that look into a variant of the network,
    are left out.
    """
    from hrcam.engine.preparation import prepare
    from hrcam.entries import plan

    probe = prepare(network, shape_of(dataset))
    known = knowledge(probe, dataset, truth=True)
    entries = plan(methods, [tap.name for tap in probe.taps], known=known)
    mine = [
        e
        for e in entries
        if fitted_layers([e]) and not e.method.network and e.name in explained
    ]
    found = lookouts({"": probe}, mine, dataset, "test", 0) if mine else [None]
    return Kept(dataset, dataset.ids("test"), found[0], explained)
