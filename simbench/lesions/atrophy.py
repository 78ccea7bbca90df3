"""Atrophy: tissue shrinks toward a center, so that spaces around it widen."""

from typing import Literal

from simbench.body import Body
from simbench.geometry.displacement import Displacing, between, moving, reshaped
from simbench.scene import Change, Lesion, Place, Scene
from simbench.streams import Stream


class Atrophy(Displacing):
    """A table ``[lesions.NAME]`` of kind ``atrophy``."""

    kind: Literal["atrophy"]


def place(
    parameters: Atrophy, body: Body, stream: Stream, _sign: int
) -> tuple[Place, ...]:
    """Draw where tissue shrinks and by how much."""
    return (moving(parameters, body, stream),)


def change(_parameters: Atrophy, place: Place, scene: Scene, _stream: Stream) -> Change:
    """Draw the tissue's borders in; their displacement is the whole effect."""
    return between(scene, reshaped(scene, place, outward=False))


LESION = Lesion("atrophy", Atrophy, place, change, borders=True)
