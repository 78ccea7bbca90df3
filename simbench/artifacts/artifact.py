"""What an artifact is: a change of k-space before the magnitude is taken."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Complex64

from simbench.parameters import KindParameters
from simbench.streams import Stream

Spectra = Complex64[np.ndarray, "c h w"]
"""Two-dimensional Fourier transforms of the channels, zero frequency first."""

Encoding = Literal["vertical", "horizontal", "either"]
"""The direction of phase encoding, along which artifacts spread; ``either`` is drawn
for every image."""


@dataclass(frozen=True)
class Plan:
    """One image's artifact: the same for image and counterfactual."""

    apply: Callable[[Spectra], Spectra]
    factors: dict[str, float]


@dataclass(frozen=True)
class Artifact:
    """An entry of the table of artifacts."""

    name: str
    parameters: type[KindParameters]
    plan: Callable[[Any, tuple[int, int], Stream], Plan]
    """``plan(parameters, size, stream)``"""


def axis_of(encoding: Encoding, stream: Stream) -> int:
    """Return the axis of phase encoding: 0 is vertical, 1 horizontal."""
    drawn = stream.integer(2)
    return {"vertical": 0, "horizontal": 1, "either": drawn}[encoding]
