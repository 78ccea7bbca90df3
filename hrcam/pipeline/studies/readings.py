"""What is read of a finished cell: scores of images with a lesion, shares of layers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from hrcam.methods import METHODS
from hrcam.pipeline.studies.cells import check_cell
from hrcam.pipeline.studies.grid import Cell
from metrics.measured import Column
from metrics.storage.folder import read

#: Name of an entry's twin in the paper's alignment.
HALF_PIXEL = "/half_pixel"


@dataclass(frozen=True, eq=False)
class Reading:
    """A cell's scores.

    Attributes
    ----------
    cell
        Which one.
    entries, columns
        What the axes of ``values`` stand for.
    values
        Scores of the test images with a lesion, (m, c, n).
    groups
        Subject of each image.
    shares
        By head: share of each layer in the absolute logit.
    classifier
        Its scores on the test split.
    seconds
        By stage, how long it took.
    """

    cell: Cell
    entries: tuple[str, ...]
    columns: tuple[Column, ...]
    values: Float[np.ndarray, "m c n"]
    groups: Int[np.ndarray, " n"]
    shares: Mapping[str, Mapping[str, float]]
    classifier: Mapping[str, Any]
    seconds: Mapping[str, float]

    def mix(
        self, factors: Mapping[str, float], column: Column, twin: bool = False
    ) -> Float[np.ndarray, " n"]:
        """Add scores of entries up.

        Parameters
        ----------
        factors
            By entry.
        column
            Which score.
        twin
            Whether entries are taken in half-pixel alignment, where that differs.

        Raises
        ------
        ValueError
            If an entry or a score is not there.
        """
        if column not in self.columns:
            msg = f"{self.cell.name} must have {column}, got none; score it anew"
            raise ValueError(msg)
        total = np.zeros(self.values.shape[2])
        for name, factor in factors.items():
            other = f"{name}{HALF_PIXEL}"
            found = other if twin and other in self.entries else name
            if found not in self.entries:
                msg = (
                    f"{self.cell.name} must have the entry {name!r}, got "
                    f"{', '.join(self.entries)}"
                )
                raise ValueError(msg)
            place = self.entries.index(found)
            total += factor * self.values[place, self.columns.index(column)]
        return total

    def share(self, reference: str, layers: Sequence[str]) -> float:
        """Return the share of layers in a method's head, or the smallest of any.

        NaN where the head's shares are not known.
        """
        shares = self.shares.get(METHODS[reference].head, {})
        if not shares or not set(layers) <= set(shares):
            return np.nan
        if not layers:
            return float(min(shares.values()))
        return float(sum(shares[layer] for layer in layers))


def read_cell(place: Path, cell: Cell, grid: str) -> Reading:
    """Read a finished cell.

    Raises
    ------
    ValueError
        If it is one of another grid, or damaged.
    FileNotFoundError
        If it has no scores.
    """
    record = check_cell(place, cell, grid)
    scores = read(place / "scores")
    ill = np.asarray(scores.measured.lesion) > 0
    names = scores.frame["subject"].astype(str).to_numpy()[ill]
    heads = scores.evidence.get("heads", {}).get("heads", [])
    classifier = scores.evidence.get("classifier", {}).get("splits", {})
    return Reading(
        cell,
        scores.measured.entries,
        scores.measured.columns,
        np.asarray(scores.measured.values)[:, :, ill],
        np.unique(names, return_inverse=True)[1],
        {head["name"]: head["share"] for head in heads},
        classifier.get("test", {}),
        record["seconds"],
    )
