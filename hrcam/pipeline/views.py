"""One explanation, from a model and images to maps in memory or in a folder."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float

from hrcam.maps import Facts, facts
from hrcam.pipeline.choices import Choices
from hrcam.pipeline.fitting import describe
from hrcam.pipeline.lookout import Lookout
from hrcam.pipeline.model import Model, versions
from hrcam.pipeline.scenes import scenes
from hrcam.pipeline.targets import Target
from simbench.dataset import Dataset

if TYPE_CHECKING:
    from hrcam.engine.explanation import Explainer


@dataclass(frozen=True, eq=False)
class View:
    """One explanation: its model, images, networks looked into and choices.

    ``targets`` holds each image's coefficients on the logits and ``aims`` the class
    explained.
    """

    model: Model
    dataset: Dataset
    choices: Choices
    lookouts: Sequence[Lookout]
    foreign: Sequence[Any]
    targets: Float[np.ndarray, "n k"]
    aims: np.ndarray
    truth: bool

    @cached_property
    def ids(self) -> list[str]:
        """The images explained."""
        return self.dataset.ids(self.choices.split)

    @property
    def batch(self) -> int:
        """Images that are explained together."""
        return batch_of(self.dataset.arrays["image"].shape[1:3])

    @cached_property
    def runners(self) -> "list[Explainer]":
        """What explains batches, for each network that is looked into."""
        from hrcam.engine.explanation import Explainer, Job

        return [
            Explainer(Job(x.probe, x.entries, x.heads, self.choices.calls))
            for x in self.lookouts
        ]

    def batches(
        self, start: int = 0, stop: int | None = None
    ) -> Iterator[Mapping[str, Any]]:
        """Yield the raw parts of every entry, batch by batch, of a run of images."""
        ids, targets = self.ids[start:stop], self.targets[start:stop]
        for scene in scenes(self.dataset, ids, targets, self.batch, truth=self.truth):
            batch = {k: v for runner in self.runners for k, v in runner(scene).items()}
            some = self.aims[start : start + len(scene.pixels)]
            for other in self.foreign:
                maps = other.explain(scene.pixels, some, scene.target).maps
                whole = maps.shape[1:] == scene.pixels.shape[1:3]
                batch[other.name] = {
                    "image" if whole else other.layer or other.name: maps
                }
            yield batch
            start += len(scene.pixels)

    def table(self) -> dict[str, Facts]:
        """Return how the parts of every entry become a map, by name."""
        size = tuple(self.dataset.arrays["image"].shape[1:3])
        settings = self.model.facts["settings"]
        extra = {"architecture": settings["network"], "seed": str(settings["seed"])}
        told: dict[str, Any] = {
            "target": self.choices.target.describe(self.model.classes),
            "definition": "coefficients on the logits, before softmax or sigmoid",
            "calls": self.choices.calls,
        }
        rows: dict[str, Facts] = {}
        for seen in self.lookouts:
            geometry = {tap.name: tap.geometry for tap in seen.probe.taps}
            told["penalties"] = {key: head.penalty for key, head in seen.heads.items()}
            rows |= {
                entry.name: facts(entry, size, geometry, extra, told)
                for entry in seen.entries
            }
        for other in self.foreign:
            rows[other.name] = _foreign_facts(other, size, extra, told)
        return rows

    def evidence(self) -> dict[str, Any]:
        """Tell what a report shows besides the maps; what is unknown is left out."""
        classifier = {"classes": list(self.model.classes)}
        evidence = {
            "classifier": {**classifier, "splits": self.model.evaluation},
            "provenance": _provenance(self.model, self.dataset, self.choices.target),
        }
        own = next((x for x in self.lookouts if not x.entries[0].method.network), None)
        if own is not None and own.pools is not None:
            rows = self.model.predictions.set_index("image_id")
            predicted = rows.loc[self.ids, "predicted"].to_numpy()
            evidence["heads"] = describe(own.heads, own.pools, predicted)
        return evidence


def batch_of(size: tuple[int, ...]) -> int:
    """Return how many images of a size are explained together."""
    from hrcam.engine.pooling import batch_size

    return batch_size(size, 32)


def _foreign_facts(
    other: Any, size: tuple[int, int], extra: Mapping[str, str], told: Mapping[str, Any]
) -> Facts:
    """Describe another library's method."""
    names = {
        "method": other.name,
        "layer": other.layer,
        "head": "",
        "alignment": "receptive_field" if other.layer else "",
        "label": other.name,
        "kind": "model",
        **extra,
    }
    provenance = {**told, "library": other.library, "remark": other.remark}
    provenance.pop("penalties", None)
    layer = other.layer or other.name
    return Facts(names, size, {layer: other.geometry}, "none", "sum", provenance)


def _provenance(model: Model, dataset: Dataset, target: Target) -> dict[str, Any]:
    """Tell where the maps come from; scoring adds what it knows."""
    settings = model.facts["settings"]
    recipe = dataset.recipe
    return {
        "recipe_name": recipe.name if recipe else "",
        "recipe": recipe.toml() if recipe else "",
        "dataset": dataset.identity,
        "model": model.facts["weights"],
        "architecture": settings["network"],
        "training": {**settings, "parameters": model.facts["parameters"]},
        "seeds": {
            "dataset": recipe.seed if recipe else None,
            "training": settings["seed"],
        },
        "target": target.describe(model.classes),
        "conditional": "Every statement about the classifier's maps is conditional on "
        "one trained model.",
        "versions": versions(),
    }
