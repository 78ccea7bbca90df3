"""Radial displacements of tissue: for lesions that change the shape of a body.

Around a center, in elliptical radii rho, tissue moves along its ray by
strain x (1 - rho**2)**2 times its distance from the center, outward or inward, and not
at all beyond rho = 1. The derivative of the displacement has the norm ``strain`` at the
center and less elsewhere, so below 1 no two points meet. The body is drawn anew at the
displaced coordinates, sharp: no picture is interpolated.
"""

import math
from dataclasses import replace

import numpy as np
from jaxtyping import Float32
from pydantic import Field, field_validator

from simbench.body import Body
from simbench.geometry.kernels_displacement import around, borders, displace, enclosed
from simbench.geometry.regions import Shape, places
from simbench.parameters import LesionParameters, NonNegativeLimits, PositiveLimits
from simbench.psf import blur
from simbench.scene import Change, Place, Scene
from simbench.streams import Stream

CREST = 0.2**0.5  # elliptical radius where tissue moves farthest
_NEAR = 0.7  # rows or columns, in radii, within which a border must be seen to move
_LENGTH = 0.6  # of that border, in radii
_STEP = 0.1  # of the brightest tissue, between two pixels: a border that is seen


class Displacing(LesionParameters):
    """What the tables of shape-changing lesions have in common."""

    strain: NonNegativeLimits = (0.6, 0.8)
    """Norm of the displacement's derivative at the center, below 1. Tissue moves by up
    to 0.29 x strain x radius."""
    radius: PositiveLimits = (0.12, 0.17)
    """Geometric mean of the half axes of what moves, as a share of the frame's shorter
    side; the mass, or the tissue that shrinks, is less than half as wide."""
    elongation: float = Field(default=1.3, ge=1, le=1.75)
    """Greatest ratio of the half axes."""

    @field_validator("strain")
    @classmethod
    def _no_folds(cls, value: tuple[float, float]) -> tuple[float, float]:
        if value[1] >= 1:
            msg = "must be [low, high] with high < 1"
            raise ValueError(msg)
        return value


def moving(
    parameters: Displacing, body: Body, stream: Stream, irregularity: float = 0.0
) -> Place:
    """Draw where tissue moves, and how strongly.

    What moves lies within the tissue and what it encloses, so that rigid surroundings
    like a skull stay. The center lies in tissue, where there is such a place with a
    border near enough to be seen to move, and beyond the crest: a cavity there is
    compressed by a mass and widens by atrophy, further in it would do the opposite.
    """
    radius = stream.between(parameters.radius)
    shape = Shape(
        radius=(radius, radius),
        elongation=parameters.elongation,
        irregularity=irregularity,
    )
    pixels = radius * min(body.home.shape)
    step = _STEP * float(body.intensity.max())
    seen = borders(body.intensity, step)
    centers = body.home & (around(seen, int(_NEAR * pixels)) >= _LENGTH * pixels)
    centers &= around(seen, int(CREST * pixels)) == 0
    where = centers if centers.any() else body.home
    (found,) = places(stream, enclosed(body.home), 1, shape, centers=where)
    return {**found, "strain": stream.between(parameters.strain)}


def displacement(
    place: Place, size: tuple[int, int], outward: bool
) -> tuple[Float32[np.ndarray, "h w"], Float32[np.ndarray, "h w"]]:
    """Return where what a pixel shows came from: pixels down and right of it.

    Parameters
    ----------
    place
        Center, half axes, angle and ``strain``.
    size
        Height and width in pixels.
    outward
        Whether tissue is pushed away from the center, else drawn towards it.
    """
    down, right = np.zeros(size, np.float32), np.zeros(size, np.float32)
    strain = place["strain"] * (-1.0 if outward else 1.0)
    cosine, sine = math.cos(place["angle"]), math.sin(place["angle"])
    axes = np.array([place["height"], place["width"], cosine, sine])
    displace(np.array([place["y"], place["x"], strain]), axes, down, right)
    return down, right


def reshaped(scene: Scene, place: Place, outward: bool) -> Scene:
    """Draw the scene's body anew with its tissue displaced.

    What earlier lesions added to intensity and strength stays where it is, and so does
    the texture's field; its strength goes with the tissue. Where nothing moves the old
    numbers are kept. The body of the new scene is the displaced one for what follows;
    its maps ``tissue`` and ``home`` stay those of the healthy body, on which places
    and markers were drawn and which image and counterfactual share.
    """
    down, right = displacement(place, scene.size, outward)
    moves = (down != 0) | (right != 0)
    if not moves.any():
        return scene
    old = scene.body
    new = old.redraw(down, right)
    contrast = np.float32(scene.contrast)
    body = replace(
        new,
        intensity=np.where(moves, new.intensity, old.intensity),
        texture=np.where(moves, new.texture, old.texture),
        structures={
            name: np.where(moves, planes, old.structures[name])
            for name, planes in new.structures.items()
        },
        tissue=old.tissue,
        home=old.home,
    )
    intensity = new.intensity + (scene.intensity - old.intensity)
    strength = contrast * new.texture + (scene.strength - contrast * old.texture)
    return replace(
        scene,
        body=body,
        intensity=np.where(moves, intensity, scene.intensity),
        strength=np.where(moves, np.maximum(strength, 0), scene.strength),
    )


def between(before: Scene, after: Scene) -> Change:
    """Return what changed: the mean by intensity, the variance by texture strength.

    The texture varies slowly beside the blur, so that the blurred change of strength
    times texture has about the standard deviation of the blurred change of strength.
    """
    return Change(
        scene=after,
        mean=blur(after.intensity - before.intensity, before.psf),
        variance=blur(after.strength - before.strength, before.psf) ** 2,
    )
