"""Small recipes for the tests of simbench."""

import copy
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simbench.anatomies import ANATOMIES
from simbench.artifacts import ARTIFACTS
from simbench.confounders import CONFOUNDERS
from simbench.lesions import LESIONS
from simbench.noises import NOISES
from simbench.parsing import frozen
from simbench.recipe import Recipe, build
from simbench.scene import Scene
from simbench.streams import stream
from simbench.texture import Spectrum, field

EXAMPLES = Path(__file__).parent / "examples"
KINDS: dict[str, Any] = {
    "artifacts": ARTIFACTS,
    "confounders": CONFOUNDERS,
    "lesions": LESIONS,
    "noises": NOISES,
}

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
noise = { kind = "rician", sigma = [0.02, 0.04] }
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


@pytest.fixture(scope="session")
def example() -> Callable[..., Any]:
    """Read ``examples/TABLE/KIND.toml``: ``example("lesions", "focal", count=[1, 1])``.

    Every entry of every table of kinds has one; the conformance tests use it.
    """

    def read(table: str, kind: str, **changes: Any) -> Any:
        text = (EXAMPLES / table / f"{kind}.toml").read_text(encoding="utf-8")
        content = frozen(tomllib.loads(text) | changes)
        return KINDS[table][kind].parameters.model_validate(content)

    return read


@pytest.fixture(scope="session")
def scene_of() -> Callable[..., Scene]:
    """Draw a healthy scene of an anatomy with its default parameters."""

    def drawn(
        anatomy: str = "head",
        index: int = 0,
        psf: float = 0.7,
        contrast: float = 0.1,
        size: tuple[int, int] = (64, 72),
    ) -> Scene:
        entry = ANATOMIES[anatomy]
        parameters = entry.parameters(kind=anatomy)
        body = entry.draw(parameters, size, stream(0, "anatomy", 0))
        spectrum = Spectrum(slope=3.0, length=6.0)
        texture = field(stream(0, "texture", index), size, spectrum, psf)
        strength = body.texture * np.float32(contrast)
        return Scene(body, body.intensity, texture, strength, contrast, psf)

    return drawn
