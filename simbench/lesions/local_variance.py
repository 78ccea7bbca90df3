"""Local variance: regions whose texture is stronger or weaker, the mean being kept."""

from dataclasses import replace
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from simbench.body import Body
from simbench.geometry.regions import Shape, places, softness
from simbench.parameters import LesionParameters, PositiveLimits
from simbench.psf import blur
from simbench.scene import Change, Lesion, Place, Scene
from simbench.streams import Stream


class LocalVariance(LesionParameters):
    """A table ``[lesions.NAME]`` of kind ``local_variance``."""

    kind: Literal["local_variance"]
    kappa: PositiveLimits
    """The texture's variance is multiplied by 1 + kappa, or by 1 - kappa."""
    sign: Literal["balanced", "positive", "negative"] = "balanced"
    """``positive``: stronger texture. ``balanced``: as many images of a split start
    with a stronger one as with a weaker one, and signs alternate within an image, so
    the variance of all images together is kept."""
    count: int = Field(default=1, ge=1, le=20)
    """Regions in an image, at most."""
    shape: Shape = Field(
        default_factory=lambda: Shape(radius=(0.12, 0.2), inside=0.7, edge=0.5)
    )

    @model_validator(mode="after")
    def _variance_stays_positive(self) -> "LocalVariance":
        if self.sign != "positive" and self.kappa[1] >= 1:
            msg = (
                "kappa must be below 1 where the variance can fall "
                f"(sign = '{self.sign}'), got {self.kappa[1]}"
            )
            raise ValueError(msg)
        return self


def place(
    parameters: LocalVariance, body: Body, stream: Stream, sign: int
) -> tuple[Place, ...]:
    """Draw where the regions lie and how much stronger or weaker their texture is."""
    first = {"balanced": sign, "positive": 1, "negative": -1}[parameters.sign]
    turn = -1 if parameters.sign == "balanced" else 1
    found = places(stream, body.home, parameters.count, parameters.shape)
    return tuple(
        {**spot, "kappa": first * turn**i * stream.between(parameters.kappa)}
        for i, spot in enumerate(found)
    )


def change(
    parameters: LocalVariance, place: Place, scene: Scene, _stream: Stream
) -> Change:
    """Multiply the texture by sqrt(1 + kappa w), w being the region's weight.

    The change is the texture times that factor less 1, so its root mean square is the
    factor less 1 times the texture's strength.
    """
    weight = softness(place, scene.size, parameters.shape.edge)
    factor = np.sqrt(1 + np.float32(place["kappa"]) * weight)
    deviation = blur(scene.strength * (factor - 1), scene.psf)
    return Change(
        scene=replace(scene, strength=scene.strength * factor),
        mean=np.zeros(deviation.shape, np.float32),
        variance=deviation**2,
    )


LESION = Lesion("local_variance", LocalVariance, place, change)
