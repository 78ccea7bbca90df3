"""What an anatomy draws: the object before lesions, blur and noise."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from jaxtyping import Bool, Float32, UInt8

from simbench.parameters import KindParameters
from simbench.streams import Stream


@dataclass(frozen=True)
class Body:
    """One lesion-free object on the pixel grid; c is 1 (gray) or 3 (RGB)."""

    intensity: Float32[np.ndarray, "c h w"]
    """Object intensity; about 1 in bright tissue, 0 outside."""
    texture: Float32[np.ndarray, "c h w"]
    """Standard deviation of a texture of contrast 1."""
    tissue: UInt8[np.ndarray, "h w"]
    """0 outside the body, then the anatomy's labels."""
    home: Bool[np.ndarray, "h w"]
    """True where lesions may lie."""
    factors: dict[str, float]
    redraw: Callable[[Float32[np.ndarray, "h w"], Float32[np.ndarray, "h w"]], "Body"]
    """``redraw(down, right)``: the same body, drawn sharp again where point (y, x)
    shows what lay at (y + down, x + right); pixels."""
    structures: Mapping[str, Float32[np.ndarray, "c h w"]] = field(default_factory=dict)
    """By name, what each removable structure adds to the intensity."""


@dataclass(frozen=True)
class Anatomy:
    """An entry of the table of anatomies."""

    name: str
    parameters: type[KindParameters]
    tissues: tuple[str, ...]
    """Names of the labels 1, 2, …"""
    draw: Callable[[Any, tuple[int, int], Stream], Body]
    """``draw(parameters, size, stream)``"""
    channels: int = 1
    """1 for gray images, 3 for red, green and blue."""
    structures: tuple[str, ...] = ()
    """Names in :attr:`Body.structures`."""
