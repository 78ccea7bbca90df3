"""Small recipes for the tests of simbench."""

import copy
import tomllib
from collections.abc import Callable
from typing import Any

import pytest

from simbench.recipe import Recipe, build

TINY = """
name = "tiny"
seed = 7
size = [40, 56]

[splits]
train = 24
validation = 8
test = 12

[[classes]]
name = "normal"

[[classes]]
name = "abnormal"
lesions = { focal = 1, texture_swap = 1 }

[anatomy]
kind = "head"

[texture]
contrast = [0.08, 0.12]
spectrum = { slope = 3.0, length = 6.0 }

[lesions.focal]
kind = "focal"
amplitude = [0.2, 0.3]
count = [1, 3]
shape = { radius = [0.06, 0.10] }

[lesions.texture_swap]
kind = "texture_swap"
spectrum = { slope = 0.0, length = 6.0 }
shape = { radius = [0.15, 0.2], inside = 0.7 }

[acquisition]
psf = 0.7
bias = { degree = 3, strength = 0.05 }
noise = [0.02, 0.04]
gain = 0.05
offset = 0.03
window = [-0.2, 1.4]

[audit]
budget = 1.0
"""


def changed(changes: dict[str, Any]) -> dict[str, Any]:
    """Return the tables of the tiny recipe with dotted keys replaced or added."""
    table = tomllib.loads(TINY)
    for path, value in copy.deepcopy(changes).items():
        *parents, last = path.split(".")
        inner = table
        for name in parents:
            inner = inner.setdefault(name, {})
        inner[last] = value
    return table


@pytest.fixture(scope="session")
def tiny() -> Recipe:
    return build(changed({}), "tiny.toml")


@pytest.fixture(scope="session")
def tiny_with() -> Callable[..., Recipe]:
    """Make variants: ``tiny_with({"acquisition.psf": 0.0})``."""
    return lambda changes: build(changed(changes), "tiny.toml")


@pytest.fixture(scope="session")
def tiny_table() -> Callable[..., dict[str, Any]]:
    return changed
