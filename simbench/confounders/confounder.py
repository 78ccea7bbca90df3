"""What a confounder is: something drawn over the finished image."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from jaxtyping import Bool, Float32, UInt8
from pydantic import Field

from simbench.parameters import Color, KindParameters, Parameters, Share
from simbench.streams import Stream

Phi = Annotated[float, Field(ge=-1, le=1)]


class Correlation(Parameters):
    """Phi coefficients by split."""

    train: Phi = 0.0
    validation: Phi = 0.0
    test: Phi = 0.0

    def of(self, split: str) -> float:
        """Return that of one split."""
        return float(getattr(self, split))


class ConfounderParameters(KindParameters):
    """What every table ``[confounders.NAME]`` may hold."""

    prevalence: Share = 0.5
    """Share of a split's images that have it."""
    correlation: Correlation = Correlation()
    """By split: phi coefficient with the positive class; splits left out have 0."""
    with_class: str | None = None
    """Name of the positive class; without it, all classes but the first are."""
    color: Color = (0.0,)
    """Brightness from 0, black, to 1, white; with three numbers red, green, blue."""

    @property
    def palette(self) -> tuple[tuple[float, ...], ...]:
        """Return all the colors that it may have."""
        return (self.color,)


@dataclass(frozen=True)
class Layer:
    """What is drawn over an image, channel by channel.

    The image, in units of its window (0 black, 1 white), becomes
    (1 - opacity) x image + opacity x color.
    """

    opacity: Float32[np.ndarray, "h w"]
    color: Float32[np.ndarray, " c"]
    """One number for all channels, or red, green and blue."""
    factors: dict[str, float | str]

    @property
    def mask(self) -> Bool[np.ndarray, "h w"]:
        """Where the layer hides at least half of what it hides anywhere."""
        return (self.opacity >= self.opacity.max() / 2) & (self.opacity > 0)


@dataclass(frozen=True)
class Confounder:
    """An entry of the table of confounders."""

    name: str
    parameters: type[ConfounderParameters]
    draw: Callable[[Any, UInt8[np.ndarray, "h w"], Stream], Layer]
    """``draw(parameters, tissue, stream)``"""
    chiral: bool = False
    """Whether a mirrored image shows what cannot occur, as with letters."""
