"""What lesions change: an object with its texture, before blur and noise."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32

from simbench.body import Anatomy, Body
from simbench.parameters import LesionParameters
from simbench.streams import Stream

Place = dict[str, float]
"""Geometry and factors of one lesion, drawn before anything is changed."""


@dataclass(frozen=True)
class Scene:
    """An object in parts: intensity + texture strength x unit texture."""

    body: Body
    intensity: Float32[np.ndarray, "c h w"]
    texture: Float32[np.ndarray, "h w"]
    """Gaussian field that has unit variance once it is imaged."""
    strength: Float32[np.ndarray, "c h w"]
    """Standard deviation of the texture as imaged."""
    contrast: float
    """Strength of the texture relative to :attr:`Body.texture`."""
    psf: float

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.texture.shape[0], self.texture.shape[1]

    def object(self) -> Float32[np.ndarray, "c h w"]:
        """Put the parts together."""
        return self.intensity + self.strength * self.texture


@dataclass(frozen=True)
class Change:
    """What one lesion does to a scene, and what one expects of it in the image.

    ``mean`` and ``variance`` are those of the change after the blur, the texture being
    what is random: the expected effect is sqrt(mean**2 + variance), over channels its
    root mean square.
    """

    scene: Scene
    mean: Float32[np.ndarray, "c h w"]
    variance: Float32[np.ndarray, "c h w"]


def effect(
    mean: Float32[np.ndarray, "c h w"], variance: Float32[np.ndarray, "c h w"]
) -> Float32[np.ndarray, "h w"]:
    """Return the expected effect: the root mean square change over the channels."""
    if len(mean) == 1:
        return np.sqrt(mean[0] ** 2 + variance[0])
    return np.sqrt((mean**2 + variance).mean(axis=0))


@dataclass(frozen=True)
class Lesion:
    """An entry of the table of lesions."""

    name: str
    parameters: type[LesionParameters]
    place: Callable[[Any, Body, Stream, int], tuple[Place, ...]]
    """``place(parameters, body, stream, sign)``: where an image's lesions lie;
    ``sign`` is +1 or -1, balanced exactly over the images of a split."""
    change: Callable[[Any, Place, Scene, Stream], Change]
    """``change(parameters, place, scene, stream)``: put one of them in."""
    structures: bool = False
    """Whether it takes away structures, which the anatomy must then have."""
    borders: bool = False
    """Whether it moves borders between tissues, which the anatomy must then have."""


def lacking(lesion: Lesion, anatomy: Anatomy) -> str:
    """Name what a lesion needs and an anatomy does not have; empty if nothing."""
    if lesion.structures and not anatomy.structures:
        return "structures"
    if lesion.borders and len(anatomy.tissues) < 2:
        return "borders"
    return ""
