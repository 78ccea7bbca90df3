"""Texture swaps: regions whose texture has another spectrum, and nothing else.

Mean, variance and the whole marginal distribution stay as they are at every pixel, so
only the correlation between pixels tells the lesion.
"""

from dataclasses import replace
from typing import Literal

import numpy as np
from pydantic import Field

from simbench.body import Body
from simbench.geometry.regions import Shape, places, softness
from simbench.parameters import LesionParameters
from simbench.psf import blur
from simbench.scene import Change, Lesion, Place, Scene
from simbench.streams import Stream
from simbench.texture import Spectrum, field


class TextureSwap(LesionParameters):
    """A table ``[lesions.NAME]`` of kind ``texture_swap``."""

    kind: Literal["texture_swap"]
    spectrum: Spectrum
    """Spectrum of the texture inside the lesion."""
    count: int = Field(default=1, ge=1, le=20)
    """Regions in an image, at most."""
    shape: Shape = Field(
        default_factory=lambda: Shape(radius=(0.12, 0.2), inside=0.7, edge=0.5)
    )


def place(
    parameters: TextureSwap, body: Body, stream: Stream, _sign: int
) -> tuple[Place, ...]:
    """Draw where the regions lie."""
    return places(stream, body.home, parameters.count, parameters.shape)


def change(
    parameters: TextureSwap, place: Place, scene: Scene, stream: Stream
) -> Change:
    """Mix the other texture in.

    With weights a = (1 - w) / s and b = w / s, s = sqrt((1 - w)**2 + w**2), of the two
    independent unit textures, the variance stays 1, and that of the difference is
    (1 - a)**2 + b**2.
    """
    weight = softness(place, scene.size, parameters.shape.edge)
    norm = np.sqrt((1 - weight) ** 2 + weight**2)
    kept, new = (1 - weight) / norm, weight / norm
    other = field(stream, scene.size, parameters.spectrum, scene.psf)
    lost = blur(scene.strength * (1 - kept), scene.psf)
    gained = blur(scene.strength * new, scene.psf)
    return Change(
        scene=replace(scene, texture=kept * scene.texture + new * other),
        mean=np.zeros(lost.shape, np.float32),
        variance=lost**2 + gained**2,
    )


LESION = Lesion("texture_swap", TextureSwap, place, change)
