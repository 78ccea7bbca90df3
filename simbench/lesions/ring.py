"""Ring-enhancing lesions: a rim around a necrotic core, with edema if asked for."""

from typing import Literal

import numpy as np
from jaxtyping import Float32
from pydantic import Field, field_validator

from simbench.additive import Additive, added, strengths
from simbench.body import Body
from simbench.geometry.regions import Shape, places, softness, waved
from simbench.parameters import LesionCount, Limits, NonNegativeLimits
from simbench.scene import Lesion, Place
from simbench.streams import Stream

_HALO_EDGE = 0.7  # of the edema's radius
_HALO_WAVES = 2.0  # its outline is that of the rim with larger waves


class Ring(Additive):
    """A table ``[lesions.NAME]`` of kind ``ring``."""

    kind: Literal["ring"]
    count: LesionCount = (1, 1)
    """Fewest and most lesions of an image."""
    core: NonNegativeLimits = (0.55, 0.75)
    """Radius of the core, as a share of the lesion's."""
    necrosis: NonNegativeLimits = (1.0, 1.5)
    """What the core lacks, in amplitudes of the rim: 0 nothing, so that the lesion is
    solid; 1 makes the core like tissue, more than 1 as dark as the rim is bright."""
    edema: Limits = (0.0, 0.0)
    """Amplitude of the halo around the rim, in amplitudes of the rim; negative where
    it is dark around a bright rim."""
    spread: float = Field(default=2.0, ge=1, le=4)
    """Radius of the halo, in radii of the lesion."""
    shape: Shape = Field(default_factory=lambda: Shape(radius=(0.06, 0.1), edge=0.3))

    @field_validator("core")
    @classmethod
    def _core_lies_within(cls, value: tuple[float, float]) -> tuple[float, float]:
        if not 0 < value[0] <= value[1] <= 0.9:
            msg = "must be [low, high] with 0 < low <= high <= 0.9"
            raise ValueError(msg)
        return value


def place(parameters: Ring, body: Body, stream: Stream, sign: int) -> tuple[Place, ...]:
    """Draw where the lesions lie; core and rim have outlines of their own.

    The core's center is off the lesion's by up to half the rim's thickness.
    """
    fewest, most = parameters.count
    count = fewest + stream.integer(most - fewest + 1)
    drawn = strengths(parameters, count, stream, sign)
    found = places(stream, body.home, count, parameters.shape)
    return tuple(
        {**spot, **strength, **_inner(parameters, spot, stream)}
        for spot, strength in zip(found, drawn, strict=False)
    )


def pattern(
    parameters: Ring, place: Place, size: tuple[int, int]
) -> Float32[np.ndarray, "h w"]:
    """Return rim - necrosis x core + edema x what the halo has beyond the rim."""
    edge = parameters.shape.edge
    drawn = softness(place, size, edge)
    if place["edema"]:
        wide = _scaled(place, parameters.spread)
        wide |= {k: _HALO_WAVES * v for k, v in place.items() if k.startswith("wave")}
        halo = softness(wide, size, _HALO_EDGE)
        halo *= np.float32(place["edema"])
        drawn *= 1 - halo  # drawn + edema x wide x (1 - drawn)
        drawn += halo
    if place["necrosis"]:
        core = {
            **_scaled(place, place["core"]),
            "y": place["core_y"],
            "x": place["core_x"],
            **{k.removeprefix("core_"): v for k, v in place.items() if "core_w" in k},
        }
        inner = softness(core, size, edge)
        inner *= np.float32(place["necrosis"])
        drawn -= inner
    return drawn


def _inner(parameters: Ring, spot: Place, stream: Stream) -> Place:
    core = stream.between(parameters.core)
    necrosis, edema = (
        stream.between(limits) for limits in (parameters.necrosis, parameters.edema)
    )
    turn, far = stream.uniform(2).tolist()
    off = 0.5 * far * (1 - core) * min(spot["height"], spot["width"])
    waves = waved(stream, parameters.shape.irregularity)
    return {
        "core": core,
        "necrosis": necrosis,
        "edema": edema,
        "core_y": float(spot["y"] + off * np.sin(2 * np.pi * turn)),
        "core_x": float(spot["x"] + off * np.cos(2 * np.pi * turn)),
        **{f"core_{name}": wave for name, wave in waves.items()},
    }


def _scaled(place: Place, factor: float) -> Place:
    sizes = {k: factor * place[k] for k in ("height", "width")}
    return {**place, **sizes}


LESION = Lesion("ring", Ring, place, added(pattern))
