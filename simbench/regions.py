"""Soft irregular regions, and where in a body they fit."""

import numpy as np
from jaxtyping import Bool, Float, Float32
from pydantic import Field
from scipy import ndimage

from simbench.parameters import NonNegative, Parameters, Positive, PositiveLimits
from simbench.scene import Place
from simbench.streams import Stream

WAVES = (2, 3, 4, 5)  # of the boundary, once around the region


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
    """How much of the radius must lie within the tissue."""
    apart: NonNegative = 2.5
    """Least distance of two centers, in radii of the later one."""


def places(
    stream: Stream, home: Bool[np.ndarray, "h w"], count: int, shape: Shape
) -> tuple[Place, ...]:
    """Draw up to ``count`` regions that lie in ``home``, apart from one another.

    Parameters
    ----------
    stream
        Where the numbers come from.
    home
        True where a lesion may lie.
    count
        How many are wanted. The first is always placed, if necessary where the tissue
        is widest; others are left out when no room remains.
    shape
        Sizes and outlines.

    Returns
    -------
    Places with center, half axes (pixels), angle and boundary waves.
    """
    room = ndimage.distance_transform_edt(np.pad(home, 1))[1:-1, 1:-1]
    found: list[Place] = []
    for _ in range(count):
        outline = _outline(stream, shape, min(home.shape))
        choice, down, right = stream.uniform(3).tolist()
        free = room >= shape.inside * outline["radius"]
        for other in found:
            free &= _distance(home.shape, other) >= shape.apart * outline["radius"]
        spots = np.flatnonzero(free)
        if not spots.size and found:
            continue
        spot = spots[int(choice * spots.size)] if spots.size else np.argmax(room)
        y, x = divmod(int(spot), home.shape[1])
        found.append({"y": y + down - 0.5, "x": x + right - 0.5, **outline})
    return tuple(found)


def softness(
    place: Place, size: tuple[int, int], edge: float
) -> Float32[np.ndarray, "h w"]:
    """Return the region's weight at every pixel: 1 inside, 0 outside, soft between.

    The boundary is r(angle) = 1 + sum of waves in units of the elliptical radius, and
    the weight falls linearly from 1 to 0 over ``edge`` radii across it.
    """
    reach = max(place["height"], place["width"]) * (1.5 + edge)
    rows, columns = (
        slice(max(int(c - reach), 0), max(int(c + reach) + 2, 0))
        for c in (place["y"], place["x"])
    )
    y = np.arange(size[0], dtype=np.float32)[rows, None] - np.float32(place["y"])
    x = np.arange(size[1], dtype=np.float32)[None, columns] - np.float32(place["x"])
    cosine, sine = np.cos(place["angle"]), np.sin(place["angle"])
    along = (cosine * y + sine * x) / place["height"]
    across = (cosine * x - sine * y) / place["width"]
    angle = np.arctan2(across, along)
    boundary = np.ones_like(angle)
    for wave in WAVES:
        boundary += place[f"wave{wave}_cos"] * np.cos(wave * angle)
        boundary += place[f"wave{wave}_sin"] * np.sin(wave * angle)
    weight = np.zeros(size, np.float32)
    weight[rows, columns] = np.clip(
        (np.clip(boundary, 0.4, 1.5) - np.hypot(along, across)) / edge + 0.5, 0, 1
    )
    return weight


def _outline(stream: Stream, shape: Shape, side: int) -> Place:
    radius = stream.between(shape.radius) * side
    ratio = np.sqrt(stream.between((1.0, shape.elongation)))
    angle = stream.between((0.0, np.pi))
    waves = stream.normal(len(WAVES), 2)
    decay = np.array(WAVES, float) ** -1.0
    scale = shape.irregularity / np.sqrt((decay**2).sum())
    outline = {
        "radius": float(radius),
        "height": float(radius * ratio),
        "width": float(radius / ratio),
        "angle": float(angle),
    }
    for wave, factor, (cosine, sine) in zip(WAVES, decay, waves, strict=True):
        outline[f"wave{wave}_cos"] = float(scale * factor * cosine)
        outline[f"wave{wave}_sin"] = float(scale * factor * sine)
    return outline


def _distance(size: tuple[int, ...], place: Place) -> Float[np.ndarray, "h w"]:
    rows, columns = np.ogrid[: size[0], : size[1]]
    return np.hypot(rows - place["y"], columns - place["x"])
