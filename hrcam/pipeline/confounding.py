"""How much of the maps lies on confounders: on letters, rulers, hair."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from hrcam.pipeline.opening import open_data
from hrcam.pipeline.reopening import Reopening
from metrics import MapSource, Scores, Truth
from metrics.analysis.region_rows import compare_shares
from metrics.analysis.regions import share
from metrics.analysis.results import DIGITS
from metrics.storage.plain import to_plain
from simbench.dataset import Dataset


@dataclass(frozen=True)
class ConfounderMasks:
    """Where confounders are seen, numbered alike in all images: a source of masks."""

    dataset: Dataset
    ids: tuple[str, ...]
    names: tuple[str, ...]

    def read(self, ids: Sequence[str]) -> Truth:
        """Return the confounders of images; number k is the k-th of ``names``."""
        drawn = self.dataset.read("confounder", ids)
        numbers = np.zeros(drawn.shape, np.int64)
        for row, image in enumerate(ids):
            for own, name in self._drawn.get(image, ()):
                numbers[row][drawn[row] == own] = self.names.index(name) + 1
        return Truth(numbers > 0, numbered=numbers)

    @cached_property
    def _drawn(self) -> dict[str, list[tuple[int, str]]]:
        """Each image's own numbers of confounders, with their names."""
        found: dict[str, list[tuple[int, str]]] = {}
        columns = ("image_id", "confounder_id", "name")
        for image, own, name in zip(
            *(self.dataset.confounders[c] for c in columns), strict=True
        ):
            found.setdefault(str(image), []).append((int(own), str(name)))
        return found


@dataclass(frozen=True)
class ReopenedConfounders:
    """Opens maps and the confounders of a dataset once more, in a worker."""

    again: Reopening
    names: tuple[str, ...]

    def __call__(self) -> tuple[Mapping[str, MapSource], ConfounderMasks]:
        """Return the maps by entry, and the confounders of any images asked for."""
        sources, _ = self.again()
        return sources, ConfounderMasks(open_data(self.again.truth), (), self.names)


def with_confounders(
    scores: Scores,
    sources: Mapping[str, MapSource],
    dataset: Dataset | None,
    executor: Executor | None = None,
    again: Reopening | None = None,
) -> Scores:
    """Add to the results what share of every map lies on each confounder.

    Parameters
    ----------
    scores
        Of the maps against the masks.
    sources
        The maps, in the order of the scored entries.
    dataset
        Whose images they are of; its array ``confounder`` says where they are seen.
    executor, again
        Who takes shards of images, and how they open maps and dataset; None where they
        share this memory.

    Returns
    -------
    scores
        With ``confounders`` in the results: ``kinds`` by name, and ``rows`` as
        :func:`metrics.analysis.region_rows.compare_shares` gives them. The same scores
        where no scored image has a confounder.
    """
    if dataset is None or "confounder" not in dataset.arrays:
        return scores
    table = dataset.confounders
    table = table[table["image_id"].isin(scores.ids)]
    if table.empty:
        return scores
    kinds = dict(zip(table["name"], table["kind"], strict=True))
    names, having = tuple(sorted(kinds)), frozenset(table["image_id"])
    chosen = np.array([image in having for image in scores.ids])
    ids = tuple(np.array(scores.ids)[chosen].tolist())
    subjects = scores.frame["subject"].to_numpy(dtype=str)[chosen]
    named = {
        entry["name"]: source
        for entry, source in zip(scores.entries, sources.values(), strict=True)
    }
    options = scores.results["options"]
    rows = compare_shares(
        share(
            named,
            ConfounderMasks(dataset, ids, names),
            len(names),
            executor,
            again and ReopenedConfounders(again, names),
        ),
        names,
        np.unique(subjects, return_inverse=True)[1],
        options["reference"],
        options["level"],
    )
    found = {"kinds": {name: str(kinds[name]) for name in names}, "rows": rows}
    told = {"confounders": to_plain(found, DIGITS)}
    return replace(scores, results={**scores.results, **told})
