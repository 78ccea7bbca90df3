"""Derive a study's recipe from a shipped one."""

import tomllib
from collections.abc import Mapping
from typing import Any

from simbench.recipe import Recipe, build, load


def derive(name: str, base: str, seed: int, change: Mapping[str, Any]) -> Recipe:
    """Return a shipped recipe under another name and seed, with some values changed.

    Parameters
    ----------
    name
        Of the new recipe.
    base
        Name of the shipped one.
    seed
        Replaces its seed.
    change
        Values by key, tables within tables, as in the recipe's TOML.

    Raises
    ------
    ValueError
        If a key or value is wrong, as of :func:`simbench.recipe.load`.
    """
    table = tomllib.loads(load(base).toml())
    mixed = _merge(table, {**change, "name": name, "seed": seed})
    return build(mixed, f"recipe {name!r} after {base!r}")


def _merge(table: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Replace values; tables in both are merged."""
    mixed = dict(table)
    for key, value in change.items():
        old = table.get(key)
        both = isinstance(value, Mapping) and isinstance(old, Mapping)
        mixed[key] = _merge(old, value) if both and old is not None else value
    return mixed
