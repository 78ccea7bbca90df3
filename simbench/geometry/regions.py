"""Soft irregular regions, and where in a body they fit."""

import numpy as np
from jaxtyping import Bool, Float32, Float64
from pydantic import Field
from scipy import ndimage

from simbench.geometry.kernels_regions import HIGHEST, LOWEST, first_fit, weigh
from simbench.parameters import NonNegative, Parameters, Positive, PositiveLimits
from simbench.scene import Place
from simbench.streams import Stream

WAVES = (2, 3, 4, 5)  # of the boundary, once around the region
TRIES = 256  # positions drawn before all of them are compared
_CORNER = 0.5**0.5  # from a pixel's center, in pixels


class Shape(Parameters):
    """Size and outline of the regions of one kind of lesion."""

    radius: PositiveLimits
    """Geometric mean of the half axes, as a share of the frame's shorter side."""
    elongation: float = Field(default=1.5, ge=1, le=4)
    """Greatest ratio of the half axes."""
    irregularity: NonNegative = 0.1
    """Standard deviation of the boundary's waves, as a share of the radius."""
    edge: Positive = 0.6
    """Width of the soft border, as a share of the radius."""
    inside: float = Field(default=1.0, ge=0, le=1)
    """How much of the radius must lie within the tissue; the center always does."""
    apart: NonNegative = 2.5
    """Least distance of two centers, in radii of the later one."""


def places(
    stream: Stream,
    home: Bool[np.ndarray, "h w"],
    count: int,
    shape: Shape,
    centers: Bool[np.ndarray, "h w"] | None = None,
    distance: float = 0.0,
) -> tuple[Place, ...]:
    """Draw up to ``count`` regions that lie in ``home``, apart from one another.

    Parameters
    ----------
    stream
        Where the numbers come from; always the same count of them.
    home
        True where a lesion may lie.
    count
        How many are wanted. The first is always placed, if necessary where the tissue
        is widest; others are left out when no room remains.
    shape
        Sizes and outlines.
    centers
        True where a center may lie; all of ``home`` unless given.
    distance
        Least distance of two centers in pixels, beside ``shape.apart``.

    Returns
    -------
    Places with center, half axes (pixels), angle and boundary waves. Each center is
    uniform over the pixels where the region fits: drawn until it does, and after
    ``TRIES`` failures chosen among all of them.
    """
    allowed = home if centers is None else home & centers
    room: Float64[np.ndarray, "h w"] | None = None
    found: list[Place] = []
    for _ in range(count):
        outline = outlined(stream, shape, min(home.shape))
        chances = stream.uniform(2 * TRIES).reshape(-1, 2)
        choice, down, right = stream.uniform(3).tolist()
        others = np.array([(at["y"], at["x"]) for at in found]).reshape(-1, 2)
        apart = max(shape.apart * outline["radius"], distance) + _CORNER
        limits = np.array([max(shape.inside * outline["radius"], 1.0), apart])
        y, x = first_fit(home, allowed, chances, others, limits)
        if np.isnan(y):
            room = _room(home) * allowed if room is None else room
            free = room >= limits[0]
            for other in others:
                free &= _distance(home.shape, other) >= apart
            spots = np.flatnonzero(free)
            if not spots.size and found:
                continue
            spot = spots[int(choice * spots.size)] if spots.size else np.argmax(room)
            row, column = divmod(int(spot), home.shape[1])
            y, x = row + down - 0.5, column + right - 0.5
        found.append({"y": y, "x": x, **outline})
    return tuple(found)


def softness(
    place: Place, size: tuple[int, int], edge: float
) -> Float32[np.ndarray, "h w"]:
    """Return the region's weight at every pixel: 1 inside, 0 outside, soft between.

    The boundary is r(angle) = 1 + sum of waves in units of the elliptical radius, kept
    within 0.4 and 1.5, and the weight falls linearly from 1 to 0 over ``edge`` radii
    across it.
    """
    waves = np.array(
        [(place[f"wave{m}_cos"], place[f"wave{m}_sin"]) for m in WAVES], float
    )
    swing = np.hypot(waves[:, 0], waves[:, 1]).sum()
    outline = np.array(
        [
            place["y"],
            place["x"],
            place["height"],
            place["width"],
            np.cos(place["angle"]),
            np.sin(place["angle"]),
            max(1 - swing, LOWEST) - edge / 2,
            min(1 + swing, HIGHEST) + edge / 2,
        ]
    )
    weight = np.zeros(size, np.float32)
    weigh(weight, outline, waves, edge)
    return weight


def outlined(stream: Stream, shape: Shape, side: int) -> Place:
    """Draw size and outline of one region in a frame whose shorter side is ``side``."""
    low, high = shape.radius
    size, ratio, turn = stream.uniform(3).tolist()
    radius = (low + (high - low) * size) * side
    ratio = (1 + (shape.elongation - 1) * ratio) ** 0.5
    return {
        "radius": float(radius),
        "height": float(radius * ratio),
        "width": float(radius / ratio),
        "angle": float(np.pi * turn),
        **waved(stream, shape.irregularity),
    }


def waved(stream: Stream, irregularity: float) -> Place:
    """Draw the waves of a boundary, ``wave2_cos`` to ``wave5_sin``, of falling size."""
    waves = stream.normal(len(WAVES), 2)
    decay = np.array(WAVES, float) ** -1.0
    scale = irregularity / np.sqrt((decay**2).sum())
    found = {}
    for wave, factor, (cosine, sine) in zip(WAVES, decay, waves, strict=True):
        found[f"wave{wave}_cos"] = float(scale * factor * cosine)
        found[f"wave{wave}_sin"] = float(scale * factor * sine)
    return found


def _room(home: Bool[np.ndarray, "h w"]) -> Float64[np.ndarray, "h w"]:
    """Return the distance to the nearest pixel that is not in ``home``."""
    return ndimage.distance_transform_edt(np.pad(home, 1))[1:-1, 1:-1]


def _distance(
    size: tuple[int, ...], spot: Float64[np.ndarray, "2"]
) -> Float64[np.ndarray, "h w"]:
    rows, columns = np.ogrid[: size[0], : size[1]]
    return np.hypot(rows - spot[0], columns - spot[1])
