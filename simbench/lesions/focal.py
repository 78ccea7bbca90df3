"""Focal lesions: soft irregular spots, brighter or darker than their surroundings."""

from dataclasses import replace
from typing import Literal

import numpy as np
from pydantic import Field, field_validator

from simbench.acquisition import blur
from simbench.body import Body
from simbench.parameters import KindParameters, PositiveLimits
from simbench.regions import Shape, places, softness
from simbench.scene import Change, Lesion, Place, Scene
from simbench.streams import Stream


class Focal(KindParameters):
    """A table ``[lesions.NAME]`` of kind ``focal``."""

    kind: Literal["focal"]
    amplitude: PositiveLimits
    """Change of the object's intensity at the lesion's center."""
    count: tuple[int, int] = (1, 1)
    """Fewest and most lesions of an image."""
    sign: Literal["balanced", "coin", "positive", "negative"] = "balanced"
    """``balanced``: as many images of a split start with a bright lesion as with a
    dark one, and signs alternate within an image. ``coin``: each lesion by itself."""
    shape: Shape = Field(default_factory=lambda: Shape(radius=(0.04, 0.08)))

    @field_validator("count")
    @classmethod
    def _count_is_a_range(cls, value: tuple[int, int]) -> tuple[int, int]:
        if not 1 <= value[0] <= value[1] <= 200:  # instances are uint8
            msg = "must be [fewest, most] with 1 <= fewest <= most <= 200"
            raise ValueError(msg)
        return value


def place(
    parameters: Focal, body: Body, stream: Stream, sign: int
) -> tuple[Place, ...]:
    """Draw where the image's lesions lie, how strong they are and of which sign."""
    fewest, most = parameters.count
    count = fewest + stream.integer(most - fewest + 1)
    strengths = stream.uniform(count)
    coins = stream.uniform(count)
    low, high = parameters.amplitude
    signs = {
        "balanced": sign * (-1.0) ** np.arange(count),
        "coin": np.where(coins < 0.5, -1.0, 1.0),
        "positive": np.ones(count),
        "negative": -np.ones(count),
    }[parameters.sign]
    amplitudes = signs * (low + (high - low) * strengths)
    found = places(stream, body.home, count, parameters.shape)
    return tuple(
        {**spot, "amplitude": float(amplitude)}
        for spot, amplitude in zip(found, amplitudes, strict=False)
    )


def change(parameters: Focal, place: Place, scene: Scene, _stream: Stream) -> Change:
    """Add the lesion to the object; its expected effect is the blurred addition."""
    weight = softness(place, scene.size, parameters.shape.edge)
    added = np.float32(place["amplitude"]) * weight
    return Change(
        scene=replace(scene, intensity=scene.intensity + added),
        mean=blur(added, scene.psf),
        variance=np.zeros_like(added),
    )


LESION = Lesion("focal", Focal, place, change)
