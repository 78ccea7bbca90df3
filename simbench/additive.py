"""Lesions that add a pattern to the object's intensity: strength, sign and color."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Float32
from pydantic import model_validator

from simbench.parameters import LesionParameters, PositiveLimits, Tint
from simbench.psf import blur
from simbench.scene import Change, Place, Scene
from simbench.streams import Stream

Pattern = Callable[[Any, Place, tuple[int, int]], Float32[np.ndarray, "h w"]]
"""``pattern(parameters, place, size)``: what a lesion of amplitude 1 adds."""


class Additive(LesionParameters):
    """What the tables of additive lesions have in common."""

    amplitude: PositiveLimits | None = None
    """Change of the object's intensity where the pattern is 1."""
    d_prime: PositiveLimits | None = None
    """Instead of ``amplitude``: detectability of each lesion by the ideal observer."""
    sign: Literal["balanced", "coin", "positive", "negative"] = "balanced"
    """``balanced``: as many images of a split start with a bright lesion as with a
    dark one, and signs alternate within an image. ``coin``: each lesion by itself."""
    tint: Tint = (1.0,)
    """Share of the amplitude that each channel gets."""

    @model_validator(mode="after")
    def _one_strength(self) -> "Additive":
        if (self.amplitude is None) == (self.d_prime is None):
            msg = "must have either amplitude or d_prime"
            raise ValueError(msg)
        return self


def strengths(
    parameters: Additive, count: int, stream: Stream, sign: int
) -> list[Place]:
    """Draw sign and strength of an image's lesions.

    Returns
    -------
    For each lesion its ``amplitude``; where the recipe asks for a detectability, that
    is +1 or -1 and ``d_prime`` stands beside it, until it is calibrated.
    """
    shares = stream.uniform(count)
    coins = stream.uniform(count)
    signs: Float[np.ndarray, " count"] = {
        "balanced": sign * (-1.0) ** np.arange(count),
        "coin": np.where(coins < 0.5, -1.0, 1.0),
        "positive": np.ones(count),
        "negative": -np.ones(count),
    }[parameters.sign]
    low, high = parameters.amplitude or parameters.d_prime or (0.0, 0.0)
    sizes = low + (high - low) * shares
    if parameters.amplitude is not None:
        return [{"amplitude": float(a)} for a in signs * sizes]
    return [
        {"amplitude": float(s), "d_prime": float(d)}
        for s, d in zip(signs, sizes, strict=True)
    ]


def added(
    pattern: Pattern,
) -> Callable[[Any, Place, Scene, Stream], Change]:
    """Make the ``change`` of a lesion that adds amplitude x tint x pattern.

    Its expected effect is the addition after the blur; no texture changes.
    """

    def change(parameters: Any, place: Place, scene: Scene, _stream: Stream) -> Change:
        tint = np.float32(place["amplitude"]) * np.array(parameters.tint, np.float32)
        drawn = tint[:, None, None] * pattern(parameters, place, scene.size)
        drawn = np.broadcast_to(drawn, scene.intensity.shape)
        return Change(
            scene=replace(scene, intensity=scene.intensity + drawn),
            mean=blur(drawn, scene.psf),
            variance=np.zeros(drawn.shape, np.float32),
        )

    return change
