"""Loss of bright nuclei on both sides: of area, lateral parts first, and of contrast.

As in neuromelanin MRI of Parkinson's disease, the hyperintensity shrinks and fades, on
one side more than on the other (Schwarz et al., Movement Disorders 26, 2011). What is
lost is a part of what the anatomy's structures add, so the change is exact.
"""

from dataclasses import replace
from typing import Literal

import numpy as np
from jaxtyping import Float, Float32
from pydantic import model_validator

from simbench.body import Body
from simbench.parameters import (
    LesionParameters,
    NonNegativeLimits,
    Positive,
    PositiveLimits,
)
from simbench.psf import blur
from simbench.scene import Change, Lesion, Place, Scene
from simbench.streams import Stream

SIDES = (-1.0, 1.0)  # of the anatomy's first and of its second structure


class NucleiLoss(LesionParameters):
    """A table ``[lesions.NAME]`` of kind ``nuclei_loss``."""

    kind: Literal["nuclei_loss"]
    area: PositiveLimits = (0.2, 0.8)
    """Share of a nucleus's area that is lost, on each side; area is where the nucleus
    adds at least half of its maximum."""
    contrast: NonNegativeLimits = (0.0, 0.4)
    """Share of the contrast that the rest loses, on each side."""
    asymmetry: NonNegativeLimits = (0.05, 0.35)
    """|right - left| / (right + left) of the lost areas. As many images of a split are
    worse on the left as on the right."""
    edge: Positive = 0.04
    """Width of the transition from what is lost to the rest, as a share of the frame's
    shorter side."""

    @model_validator(mode="after")
    def _shares_are_possible(self) -> "NucleiLoss":
        for name in ("area", "contrast"):
            limits = getattr(self, name)
            if limits[1] > 1:
                msg = f"{name} must be [low, high] of at most 1, got {list(limits)}"
                raise ValueError(msg)
        low, high = self.area
        most = (high - low) / (high + low)
        if self.asymmetry[1] > most:
            msg = (
                f"asymmetry must be at most {most:.3g}, so that both sides can lose a "
                f"share of {low:g} to {high:g}, got {list(self.asymmetry)}"
            )
            raise ValueError(msg)
        return self


def place(
    parameters: NucleiLoss, body: Body, stream: Stream, sign: int
) -> tuple[Place, ...]:
    """Draw how much each side loses, and find where that lies.

    Returns
    -------
    One place a side: ``side`` -1 or +1, center of the lost part, ``area_lost`` and
    ``contrast_lost``, the image's signed ``asymmetry``, and ``angle`` and ``cut``, the
    direction from left to right and how far outwards of the center, in pixels along it,
    the lost part begins.
    """
    asymmetry = sign * stream.between(parameters.asymmetry)
    low, high = parameters.area
    room = low / (1 - abs(asymmetry)), high / (1 + abs(asymmetry))
    if room[0] > room[1]:  # a grid has settled the area: it is that of both sides
        room = (low + high) / 2, (low + high) / 2
    mean = stream.between(room)
    cores = [_core(structure) for structure in body.structures.values()]
    left, right = (core.mean(axis=1) for core in cores)
    angle = float(np.arctan2(right[0] - left[0], right[1] - left[1]))
    found: list[Place] = []
    for side, core in zip(SIDES, cores, strict=True):
        share = min(mean * (1 + side * asymmetry), 1.0)
        outwards = side * (np.sin(angle) * core[0] + np.cos(angle) * core[1])
        border = np.quantile(outwards, 1 - share)
        y, x = core[:, outwards >= border].mean(axis=1).tolist()
        middle = side * (np.sin(angle) * y + np.cos(angle) * x)
        found.append(
            {
                "y": y,
                "x": x,
                "side": side,
                "area_lost": share,
                "contrast_lost": stream.between(parameters.contrast),
                "asymmetry": asymmetry,
                "angle": angle,
                "cut": float(border - middle),
            }
        )
    return tuple(found)


def change(
    parameters: NucleiLoss, place: Place, scene: Scene, _stream: Stream
) -> Change:
    """Take away the outer part of one structure, and dim the rest.

    What has been taken away is gone from the scene's structures too, so losses of the
    same side never take more than there was.
    """
    name = tuple(scene.body.structures)[SIDES.index(place["side"])]
    structure = scene.body.structures[name]
    lost = share_lost(parameters, place, scene.size) * structure
    structures = {**scene.body.structures, name: structure - lost}
    mean = np.broadcast_to(-lost, scene.intensity.shape)
    return Change(
        scene=replace(
            scene,
            body=replace(scene.body, structures=structures),
            intensity=scene.intensity + mean,
        ),
        mean=blur(mean, scene.psf),
        variance=np.zeros(mean.shape, np.float32),
    )


def share_lost(
    parameters: NucleiLoss, place: Place, size: tuple[int, int]
) -> Float32[np.ndarray, "h w"]:
    """Return which share of its structure each pixel loses."""
    y = np.arange(size[0], dtype=np.float32)[:, None] - np.float32(place["y"])
    x = np.arange(size[1], dtype=np.float32)[None] - np.float32(place["x"])
    sine, cosine = (
        np.float32(place["side"] * f(place["angle"])) for f in (np.sin, np.cos)
    )
    outwards = sine * y + cosine * x - np.float32(place["cut"])
    width = np.float32(parameters.edge * min(size))
    gone = np.clip(outwards / width + np.float32(0.5), 0, 1)
    return gone + (1 - gone) * np.float32(place["contrast_lost"])


def _core(structure: Float32[np.ndarray, "c h w"]) -> Float[np.ndarray, "2 pixels"]:
    """Return the rows and columns where a structure adds at least half its maximum."""
    added = np.abs(structure).sum(axis=0)
    return np.stack(np.nonzero(added >= added.max() / 2)).astype(float)


LESION = Lesion("nuclei_loss", NucleiLoss, place, change, structures=True)
