"""What the checks are made of, and what they give."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

#: The methods of the paper; a map that never saw the model; chance.
METHODS = ("hr_cam", "cam", "grad_cam", "sobel", "random")


@dataclass(frozen=True)
class Options:
    """What the checks are made of.

    Parameters
    ----------
    methods
        As :func:`hrcam.explain` takes them.
    images
        Test images of the explained class that are looked at, 0 for all.
    training
        Training images that heads are fitted on, in every check alike; 0 for all.
    draws
        How often labels are permuted for the heads.
    epochs
        Passes of the training on permuted labels; 0 leaves that check out.
    seed
        Of the images chosen, the new weights, the permutations, ties and pairs.
    """

    methods: tuple[str, ...] = METHODS
    images: int = 32
    training: int = 1000
    draws: int = 2
    epochs: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the numbers."""
        least = {"images": 0, "training": 0, "draws": 0, "epochs": 0, "seed": 0}
        for name, bound in least.items():
            if getattr(self, name) < bound:
                msg = f"{name} must be at least {bound}, got {getattr(self, name)}"
                raise ValueError(msg)


@dataclass(frozen=True)
class Sanity:
    """What the checks found.

    Parameters
    ----------
    results
        Everything a report prints: ``images, measures, entries, pairs, comparisons,
        deletion, curves, notes, provenance``.
    reliance
        What :func:`hrcam.pipeline.reliance.reliance` found, empty without lesions that
        can be removed.
    table
        One row per check, entry, variant, step, image and measure.
    """

    results: Mapping[str, Any]
    reliance: Mapping[str, Any]
    table: pd.DataFrame

    def __repr__(self) -> str:
        names = [row["name"] for row in self.results["entries"]]
        count = self.results["images"]["count"]
        return f"Sanity({len(names)} entries, {count} images: {', '.join(names)})"
