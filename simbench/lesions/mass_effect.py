"""Mass effect: tissue pushed outward around a center, with the mass if asked for."""

from dataclasses import replace
from typing import Literal

import numpy as np

from simbench.additive import Additive, strengths
from simbench.body import Body
from simbench.geometry.displacement import CREST, Displacing, between, moving, reshaped
from simbench.geometry.regions import softness
from simbench.parameters import NonNegative, Positive, PositiveLimits, Tint
from simbench.scene import Change, Lesion, Place, Scene
from simbench.streams import Stream


class MassEffect(Displacing):
    """A table ``[lesions.NAME]`` of kind ``mass_effect``."""

    kind: Literal["mass_effect"]
    amplitude: PositiveLimits | None = None
    """Intensity that the mass adds; the mass is not seen itself unless given. It ends
    where tissue moves farthest."""
    sign: Literal["balanced", "coin", "positive", "negative"] = "balanced"
    """Of ``amplitude``; ``balanced``: as many bright masses as dark ones in a split."""
    tint: Tint = (1.0,)
    """Share of the amplitude that each channel gets."""
    irregularity: NonNegative = 0.1
    """Standard deviation of the waves of the mass's boundary, as a share of its
    radius."""
    edge: Positive = 0.5
    """Width of the mass's soft border, as a share of its radius."""


def place(
    parameters: MassEffect, body: Body, stream: Stream, sign: int
) -> tuple[Place, ...]:
    """Draw where the mass lies, how far it pushes and how bright it is."""
    found = moving(parameters, body, stream, parameters.irregularity)
    if parameters.amplitude is None:
        return ({**found, "amplitude": 0.0},)
    core = Additive(kind="core", amplitude=parameters.amplitude, sign=parameters.sign)
    return ({**found, **strengths(core, 1, stream, sign)[0]},)


def change(
    parameters: MassEffect, place: Place, scene: Scene, _stream: Stream
) -> Change:
    """Push the tissue outward, then add the mass."""
    after = reshaped(scene, place, outward=True)
    if place["amplitude"]:
        core = place | {k: CREST * place[k] for k in ("height", "width")}
        tint = np.float32(place["amplitude"]) * np.array(parameters.tint, np.float32)
        mass = tint[:, None, None] * softness(core, scene.size, parameters.edge)
        after = replace(after, intensity=after.intensity + mass)
    return between(scene, after)


LESION = Lesion("mass_effect", MassEffect, place, change, borders=True)
