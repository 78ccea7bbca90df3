"""Grids: which recipes, seeds and networks a study runs, stated beforehand.

The canonical text of grid, claims and recipes is hashed, and the hash is written
before the first cell runs.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from hrcam.pipeline.studies.derivation import derive
from hrcam.pipeline.studies.endpoints import Claims
from hrcam.pipeline.studies.hashing import digest
from simbench.parameters import SOME, Parameters
from simbench.parsing import Parser, frozen
from simbench.recipe import Recipe

FOLDER = resources.files("hrcam") / "studies"
#: The grids whose results are reported.
CONFIRMATORY = ("confirmatory-bone", "confirmatory-soft")
#: The grids that are shipped.
GRIDS = ("quick", "development", *CONFIRMATORY)
Seeds = Annotated[tuple[Annotated[int, Field(ge=0, lt=2**63)], ...], SOME]
Names = Annotated[tuple[str, ...], SOME]


class Entry(Parameters):
    """A table of ``[recipes]``: a shipped recipe, changed, and what it is for."""

    base: str
    roles: tuple[Literal["general", "pairs", "marked", "clean", "depth"], ...]
    change: dict[str, Any] = Field(default_factory=dict)


class Plan(Parameters):
    """A grid's file."""

    name: str = Field(min_length=1)
    stage: Literal["quick", "development", "confirmatory"]
    margin: float = Field(gt=0, lt=1)
    """Largest difference that does not matter."""
    level: float = Field(gt=0.5, lt=1)
    """Coverage of intervals, together over the conditions of an endpoint."""
    data_seeds: Seeds
    training_seeds: Seeds
    networks: Names
    references: Names
    """Methods that the claims are judged for, the leading one first."""
    recipes: dict[str, Entry] = Field(min_length=1)
    epochs: int = Field(default=0, ge=0)
    """Passes of a training; 0 keeps the default."""

    @model_validator(mode="after")
    def _nothing_twice(self) -> "Plan":
        for key in ("data_seeds", "training_seeds", "networks", "references"):
            values = getattr(self, key)
            if len(set(values)) < len(values):
                msg = f"{key} must differ, got {', '.join(map(str, values))}"
                raise ValueError(msg)
        return self


@dataclass(frozen=True)
class Cell:
    """One training: what is drawn, and by which network and seed it is learned."""

    key: str
    recipe: Recipe
    network: str
    seed: int

    @property
    def data(self) -> str:
        """Name of its dataset."""
        return f"{self.key}-d{self.recipe.seed}"

    @property
    def name(self) -> str:
        """Name of its folder."""
        return f"{self.data}-{self.network}-t{self.seed}"

    @property
    def condition(self) -> str:
        """What is printed of it where seeds are pooled."""
        return f"{self.key}, {self.network}"


@dataclass(frozen=True)
class Grid:
    """A plan with its claims and its recipes, derived."""

    plan: Plan
    claims: Claims

    @cached_property
    def recipes(self) -> dict[tuple[str, int], Recipe]:
        """Every recipe by its key and data seed."""
        return {
            (key, seed): derive(key, entry.base, seed, entry.change)
            for key, entry in self.plan.recipes.items()
            for seed in self.plan.data_seeds
        }

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every cell; those of one dataset follow one another."""
        return tuple(
            Cell(key, recipe, network, seed)
            for (key, _), recipe in self.recipes.items()
            for network in self.plan.networks
            for seed in self.plan.training_seeds
        )

    def keys_of(self, role: str) -> tuple[str, ...]:
        """Return the recipes of a role."""
        recipes = self.plan.recipes.items()
        return tuple(key for key, e in recipes if role == "all" or role in e.roles)

    def describe(self) -> dict[str, Any]:
        """Return plain values: all that decides the study's results."""
        return {
            "plan": self.plan.model_dump(mode="json"),
            "claims": self.claims.model_dump(mode="json"),
            "recipes": {
                f"{key}-d{seed}": recipe.identity
                for (key, seed), recipe in self.recipes.items()
            },
        }

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical text."""
        return digest(self.describe())


def load_grid(name: str) -> Grid:
    """Read a shipped grid, one of :data:`GRIDS`."""
    return parse_grid(_read(f"{name}.toml"), _read("claims.toml"), name)


def parse_grid(
    plan: Mapping[str, Any], claims: Mapping[str, Any], source: str = "grid"
) -> Grid:
    """Make a grid of nested tables as :mod:`tomllib` reads them.

    Of the claims it has those endpoints that it has recipes for.

    Raises
    ------
    ValueError
        If a key or value is wrong.
    """
    read = Parser(source).finish(Plan, frozen(plan))
    stated = Parser(f"claims of {source}").finish(Claims, frozen(claims))
    roles = {role for entry in read.recipes.values() for role in entry.roles}
    return Grid(read, stated.about(roles))


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))
