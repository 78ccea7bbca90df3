"""The list of specifications: a balanced grid, written and hashed before any score."""

import hashlib
import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any

from hrcam.pipeline.multiverse.axes import HEADS, Axis, HeadChoice, measures

#: Axes whose options make a cell: a network trained once on one dataset.
CELL = ("network", "data_seed", "training_seed")

#: Axes that are cut down where fewer specifications are asked for; of equally long ones
#: the first.
CUT = ("rectifier", "layers", "head", "alignment")


@dataclass(frozen=True)
class Plan:
    """A balanced grid: every option of every axis with every other.

    Parameters
    ----------
    axes
        In the order of the tables; see :data:`hrcam.pipeline.multiverse.axes.TOLD`.
    rivals
        What HR-CAM is held against.
    """

    axes: tuple[Axis, ...]
    rivals: tuple[str, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """How many options each axis has."""
        return tuple(len(axis.options) for axis in self.axes)

    @property
    def size(self) -> int:
        """How many specifications there are, for one rival and endpoint."""
        return prod(self.shape)

    def axis(self, name: str) -> Axis:
        """Return an axis by name."""
        return next(axis for axis in self.axes if axis.name == name)

    def options(self, name: str) -> tuple[str, ...]:
        """Return the options of an axis."""
        return self.axis(name).options

    @property
    def heads(self) -> tuple[HeadChoice, ...]:
        """The heads among the options."""
        names = {head.name: head for head in HEADS}
        return tuple(names[name] for name in self.options("head"))

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Yield every specification: one option of each axis, the last axis fastest."""
        return itertools.product(*(axis.options for axis in self.axes))

    def describe(self) -> dict[str, Any]:
        """Describe the grid by plain values, with its SHA-256."""
        told: dict[str, Any] = {
            "axes": [
                {
                    "name": axis.name,
                    "title": axis.title,
                    "paper": axis.paper,
                    "options": list(axis.options),
                }
                for axis in self.axes
            ],
            "rivals": list(self.rivals),
            "measures": [list(measure) for measure in measures()],
            "specifications": self.size,
        }
        return {**told, "sha256": digest(self)}


def digest(plan: Plan) -> str:
    """Return the SHA-256 of the list of specifications, rivals and endpoints."""
    lines = [list(axis.name for axis in plan.axes), *map(list, plan.rows())]
    content = [lines, list(plan.rivals), [list(m) for m in measures()]]
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def thin(plan: Plan, least: int) -> Plan:
    """Cut options off until no further cut leaves ``least`` specifications.

    The grid stays balanced: whole options go, the one defended least first, from the
    axis of :data:`CUT` that has the most. At least two options of each stay.

    Raises
    ------
    ValueError
        If ``least`` is below 1, or above what there is.
    """
    if not 1 <= least <= plan.size:
        msg = f"specifications must be in 1..{plan.size}, got {least}"
        raise ValueError(msg)
    while True:
        long = [a for a in map(plan.axis, CUT) if len(a.options) > 2]
        by_length = sorted(long, key=lambda axis: -len(axis.options))
        for axis in by_length:
            fewer = replace(axis, options=axis.options[:-1])
            axes = tuple(fewer if a is axis else a for a in plan.axes)
            if prod(len(a.options) for a in axes) >= least:
                plan = replace(plan, axes=axes)
                break
        else:
            return plan


def cells(plan: Plan) -> list[dict[str, str]]:
    """List the cells of the grid: network, data seed, training seed."""
    options = [plan.options(name) for name in CELL]
    return [dict(zip(CELL, row, strict=True)) for row in itertools.product(*options)]


def cell_name(cell: Mapping[str, str]) -> str:
    """Name a cell's files."""
    return "-".join(cell[name] for name in CELL)
