"""What a suite is: recipes whose hashes were written down, networks, seeds, scores."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import Field

from hrcam.pipeline.studies.confirmatory import refuse_confirmatory
from hrcam.pipeline.studies.derivation import derive
from hrcam.pipeline.studies.grid import FOLDER, Cell, Names, Seeds
from hrcam.pipeline.studies.hashing import digest
from simbench.parameters import Parameters
from simbench.parsing import Parser, frozen
from simbench.recipe import Recipe


class Frozen(Parameters):
    """A table of ``[recipes]``: a shipped recipe, changed, and its hash."""

    base: str
    seed: int = Field(ge=0, lt=2**63)
    identity: str = Field(pattern="^[0-9a-f]{64}$")
    change: dict[str, Any] = Field(default_factory=dict)


class Plan(Parameters):
    """A suite's file."""

    name: str = Field(pattern="^suite-[0-9]+$")
    version: int = Field(ge=1)
    networks: Names
    training_seeds: Seeds
    primary: str
    scores: Names
    thresholds: tuple[float, ...]
    baselines: Names
    recipes: dict[str, Frozen] = Field(min_length=1)
    epochs: int = Field(default=0, ge=0)


@dataclass(frozen=True)
class Suite:
    """A plan whose recipes are what they were."""

    plan: Plan
    recipes: Mapping[str, Recipe]

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every training; those of one dataset follow one another."""
        return tuple(
            Cell(key, recipe, network, seed)
            for key, recipe in self.recipes.items()
            for network in self.plan.networks
            for seed in self.plan.training_seeds
        )

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical text."""
        return digest(self.plan.model_dump(mode="json"))


def names() -> tuple[str, ...]:
    """Return the names of the shipped suites."""
    found = [entry.name.removesuffix(".toml") for entry in FOLDER.iterdir()]
    return tuple(sorted(name for name in found if name.startswith("suite-")))


def load_suite(name: str) -> Suite:
    """Read a shipped suite.

    Raises
    ------
    ValueError
        If there is none of that name, or a recipe is another one than was frozen.
    """
    if name not in names():
        msg = f"suite must be one of {', '.join(names())}, got {name!r}"
        raise ValueError(msg)
    text = (FOLDER / f"{name}.toml").read_text(encoding="utf-8")
    return parse_suite(tomllib.loads(text), name)


def parse_suite(table: Mapping[str, Any], source: str = "suite") -> Suite:
    """Make a suite of nested tables as :mod:`tomllib` reads them.

    Raises
    ------
    ValueError
        If a key or value is wrong, or a recipe is not the one that was frozen.
    """
    plan = Parser(source).finish(Plan, frozen(table))
    recipes = {
        key: derive(key, entry.base, entry.seed, entry.change)
        for key, entry in plan.recipes.items()
    }
    for key, recipe in recipes.items():
        wanted = plan.recipes[key].identity
        if recipe.identity != wanted:
            msg = (
                f"recipe {key!r} of {source} must be the one that was frozen, "
                f"{wanted}, got {recipe.identity}; take the release that the suite "
                "came with, or a newer suite"
            )
            raise ValueError(msg)
        refuse_confirmatory(recipe)
    return Suite(plan, recipes)
