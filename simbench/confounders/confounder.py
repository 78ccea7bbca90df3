"""What a confounder is: something drawn over the finished image."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, UInt8
from pydantic import Field

from simbench.parameters import KindParameters, Share
from simbench.streams import Stream


class ConfounderParameters(KindParameters):
    """What every table ``[confounders.NAME]`` may hold."""

    prevalence: Share = 0.5
    """Share of a split's images that have it."""
    correlation: Mapping[str, float] = Field(default_factory=dict)
    """By split: phi coefficient with the label; splits left out have 0."""


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
