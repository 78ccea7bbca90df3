"""Fractures: a rough line across the bone, and its far side displaced along it.

The line has a Gaussian cross-profile. The step-off draws the anatomy anew at displaced
coordinates, so nothing is interpolated; the displacement fades out, and beyond its
reach no bit changes.
"""

from dataclasses import replace
from typing import Any, Literal

import numpy as np
from jaxtyping import Float32
from pydantic import Field, model_validator

from simbench.additive import Additive, strengths
from simbench.body import Body
from simbench.geometry.crossings import (
    BENDS,
    Window,
    central_spot,
    ends,
    midpoint_displacement,
    narrow_way,
    window,
)
from simbench.parameters import NonNegative, NonNegativeLimits, Positive, PositiveLimits
from simbench.psf import blur
from simbench.scene import Change, Lesion, Place, Scene
from simbench.streams import Stream

WIDTHS = 5  # of the profile, in standard deviations: there it ends


class Fracture(Additive):
    """A table ``[lesions.NAME]`` of kind ``fracture``."""

    kind: Literal["fracture"]
    sign: Literal["balanced", "coin", "positive", "negative"] = "negative"
    """Of the line: ``negative`` is dark; a positive one looks like a growth arrest
    line."""
    width: PositiveLimits = (0.008, 0.014)
    """Standard deviation of the line's profile, as a share of the shorter side."""
    roughness: NonNegative = 0.06
    """Standard deviation of the line's middle, as a share of its length."""
    tilt: float = Field(default=0.25, ge=0, le=0.35)
    """Standard deviation in radians of the angle to the bone's cross-section."""
    step: NonNegativeLimits = (0.0, 0.025)
    """Displacement of the far side along the line, either way, as a share of the
    shorter side."""
    fade: Positive = 0.3
    """Distance from the line over which the far side gets back to its place, as a
    share of the shorter side."""
    longest: float = Field(default=0.6, gt=0, le=1)
    """Length at which a line ends even inside the bone, as a share of the shorter
    side."""

    @model_validator(mode="after")
    def _detectability_is_of_the_line(self) -> "Fracture":
        if self.d_prime is not None and self.step[1] > 0:
            msg = (
                "step must be [0.0, 0.0] where d_prime is given, which scales the line "
                f"alone, got {list(self.step)}"
            )
            raise ValueError(msg)
        return self


def place(
    parameters: Fracture, body: Body, stream: Stream, sign: int
) -> tuple[Place, ...]:
    """Draw where the line runs, how rough and strong it is, and how far it steps."""
    side = min(body.home.shape)
    strength = strengths(parameters, 1, stream, sign)[0]
    choice, flip, way = stream.uniform(3).tolist()
    tilt = stream.gauss(parameters.tilt)
    y, x = central_spot(body.home, choice)
    angle = narrow_way(body.home, y, x) + tilt + (np.pi if flip < 0.5 else 0.0)
    back, ahead = ends(body.home, y, x, angle)
    length = min(back + ahead + 1, parameters.longest * side)
    middle = (ahead - back) / 2
    step = stream.between(parameters.step) * side
    bends = midpoint_displacement(stream.normal(len(BENDS)))
    bends *= parameters.roughness * length
    return (
        {
            "y": y + middle * float(np.sin(angle)),
            "x": x + middle * float(np.cos(angle)),
            "angle": angle,
            "tilt": tilt,
            "length": length,
            "width": stream.between(parameters.width) * side,
            "step": step if way < 0.5 else -step,
            **dict(zip(BENDS, bends.tolist(), strict=True)),
            **strength,
        },
    )


def change(parameters: Fracture, place: Place, scene: Scene, _stream: Stream) -> Change:
    """Displace the far side, then draw the line over what bone there is.

    The expected effect counts both: the blurred change of the intensity, and that of
    the texture's strength, the texture itself staying in place.
    """
    near = _window(parameters, place, scene.size)
    body = scene.body
    tint = np.float32(place["amplitude"]) * np.array(parameters.tint, np.float32)
    intensity = np.zeros_like(scene.intensity)
    strength = np.zeros_like(scene.intensity)
    if place["step"]:
        moves = _moves(parameters, place, near, scene.size)
        body = body.redraw(
            np.float32(-np.sin(place["angle"])) * moves,
            np.float32(-np.cos(place["angle"])) * moves,
        )
        moved = moves != 0
        intensity += np.where(moved, body.intensity - scene.body.intensity, 0)
        strength += np.where(moved, body.texture - scene.body.texture, 0)
        strength *= np.float32(scene.contrast)
    bone = body.home[near.rows, near.columns]
    line = tint[:, None, None] * (_profile(place, near) * bone)
    intensity[:, near.rows, near.columns] += line
    return Change(
        scene=replace(
            scene,
            body=body,
            intensity=scene.intensity + intensity,
            strength=scene.strength + strength,
        ),
        mean=blur(intensity, scene.psf),
        variance=blur(strength, scene.psf) ** 2,
    )


def _window(parameters: Fracture, place: Place, size: tuple[int, int]) -> Window:
    deep = max(parameters.fade * min(size), WIDTHS * place["width"])
    return window(place, size, deep, place["length"] / 2 + _margin(place))


def _margin(place: Place) -> float:
    """Return how far beyond the bone its surroundings go along, in pixels.

    Far enough for the displacement's slope to stay below 1: then nothing folds.
    """
    return 3.5 * abs(place["step"]) + 1


def _profile(place: Place, near: Window) -> Float32[np.ndarray, "y x"]:
    """Return the line: 1 along it, Gaussian across, a little longer than the bone."""
    away = near.beyond / np.sqrt(1 + near.slope**2) / np.float32(place["width"])
    line = np.exp(-away * away / 2)
    end = place["length"] / 2 + abs(place["step"]) + 1
    line[(np.abs(near.along) > end) | (np.abs(away) > WIDTHS)] = 0
    return line


def _moves(
    parameters: Fracture, place: Place, near: Window, size: tuple[int, int]
) -> Float32[np.ndarray, "h w"]:
    """Return how far along the line each pixel of the frame is displaced."""
    fade = np.float32(parameters.fade * min(size))
    half = place["length"] / 2 * np.cos(place["tilt"])
    end = np.float32(half + abs(place["step"]))
    room = np.float32(half + _margin(place)) - end
    deep = _smooth(1 - near.beyond / fade)
    wide = _smooth((end - np.abs(near.aside)) / room + 1)
    moves = np.zeros(size, np.float32)
    moves[near.rows, near.columns] = np.where(near.beyond > 0, deep * wide, 0)
    return np.float32(place["step"]) * moves


def _smooth(share: Any) -> Any:
    """Rise smoothly from 0 at 0 to 1 at 1."""
    share = np.clip(share, 0, 1)
    return share * share * (3 - 2 * share)


LESION = Lesion("fracture", Fracture, place, change)
