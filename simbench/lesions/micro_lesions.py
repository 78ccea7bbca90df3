"""Micro-lesions: many tiny spots scattered at random over a soft region."""

from dataclasses import replace
from typing import Literal

import numpy as np
from jaxtyping import Float32, Float64
from pydantic import Field, field_validator

from simbench.body import Body
from simbench.geometry.regions import Shape, places, softness
from simbench.parameters import LesionParameters, PositiveLimits, Tint
from simbench.psf import REACH, blur
from simbench.scene import Change, Lesion, Place, Scene
from simbench.streams import Stream

MOST = 2000  # spots of a region


class MicroLesions(LesionParameters):
    """A table ``[lesions.NAME]`` of kind ``micro_lesions``."""

    kind: Literal["micro_lesions"]
    amplitude: PositiveLimits
    """Change of the object's intensity at a spot's center; one for a region."""
    number: PositiveLimits = (30.0, 50.0)
    """Expected spots of a region: they are a Poisson process, at least one spot."""
    spot: float = Field(default=1.0, ge=0.5, le=4)
    """Standard deviation of a spot in pixels, before the blur."""
    sign: Literal["mixed", "balanced", "positive", "negative"] = "mixed"
    """``mixed``: half of each region's spots are bright and half are dark, and the
    image's mean does not change. Else a region's spots have one sign; ``balanced``: as
    many images of a split start with a bright region as with a dark one."""
    tint: Tint = (1.0,)
    """Share of the amplitude that each channel gets."""
    truth: Literal["region", "spots"] = "region"
    """``region``: the effect that one expects of the process, spots being anywhere in
    the region. ``spots``: the effect of those that were drawn. Images are the same."""
    count: int = Field(default=1, ge=1, le=20)
    """Regions in an image, at most."""
    shape: Shape = Field(
        default_factory=lambda: Shape(radius=(0.14, 0.2), inside=0.7, edge=0.4)
    )

    @field_validator("number")
    @classmethod
    def _number_can_be_drawn(cls, value: tuple[float, float]) -> tuple[float, float]:
        if value[1] > MOST:
            msg = f"must be [low, high] with high <= {MOST}"
            raise ValueError(msg)
        return value


def place(
    parameters: MicroLesions, body: Body, stream: Stream, sign: int
) -> tuple[Place, ...]:
    """Draw regions, the strength of their spots and how many there are.

    Where the spots lie is left to :func:`change`: the region is the lesion, and its
    spots are what is random in it, like a texture.
    """
    one = {"mixed": 1, "balanced": sign, "positive": 1, "negative": -1}[parameters.sign]
    turn = -1 if parameters.sign == "balanced" else 1
    group = 2 if parameters.sign == "mixed" else 1
    return tuple(
        {
            **region,
            "amplitude": one * turn**i * stream.between(parameters.amplitude),
            "spots": group
            * max(_poisson(stream.between(parameters.number) / group, stream), 1.0),
        }
        for i, region in enumerate(
            places(stream, body.home, parameters.count, parameters.shape)
        )
    )


def change(
    parameters: MicroLesions, place: Place, scene: Scene, stream: Stream
) -> Change:
    """Add the spots.

    With n independent spots of density p and profile b as imaged, the variance of
    their sum is n (p * b**2 - (p * b)**2), for spots of one sign about the mean n p * b
    and for balanced signs about 0: the correlation of two signs, -1 / (n - 1), cancels
    the n (n - 1) pairs down to n. Averaged over a Poisson n this is Campbell's theorem.
    """
    density = _density(parameters, place, scene)
    mixed = parameters.sign == "mixed"
    drawn = np.float32(place["amplitude"]) * _spots(
        density, int(place["spots"]), parameters.spot, mixed, stream
    )
    tint = np.array(parameters.tint, np.float32)
    if parameters.truth == "spots":
        mean = blur(drawn, scene.psf)
        variance = np.zeros_like(mean)
    else:
        mean, variance = _expected(parameters, place, density, scene.psf)
    tint = np.broadcast_to(tint, len(scene.intensity))[:, None, None]
    return Change(
        scene=replace(scene, intensity=scene.intensity + tint * drawn),
        mean=tint * mean,
        variance=tint**2 * variance,
    )


def _poisson(mean: float, stream: Stream) -> float:
    """Count the arrivals, at rate 1, until time ``mean``."""
    gaps = -np.log1p(-stream.uniform(int(mean + 10 * mean**0.5 + 20)))
    return float(np.searchsorted(np.cumsum(gaps), mean))


def _density(
    parameters: MicroLesions, place: Place, scene: Scene
) -> Float32[np.ndarray, "h w"]:
    """Return where spots lie: the region's weight within tissue, of sum 1."""
    weight = softness(place, scene.size, parameters.shape.edge)
    weight *= scene.body.home
    if not weight.any():  # a region smaller than a pixel
        weight[round(place["y"]), round(place["x"])] = 1
    return weight / weight.sum()


def _spots(
    density: Float32[np.ndarray, "h w"],
    count: int,
    width: float,
    mixed: bool,
    stream: Stream,
) -> Float32[np.ndarray, "h w"]:
    """Draw spots of height 1: Gaussians that all have the same sum, 2 pi width**2."""
    pixels = np.flatnonzero(density)
    reached = np.cumsum(density.ravel()[pixels], dtype=np.float64)
    chosen = np.searchsorted(reached, stream.uniform(count) * reached[-1], "right")
    rows, columns = np.divmod(pixels[chosen], density.shape[1])
    down, right = stream.uniform(2 * count).reshape(2, count) - 0.5
    offsets = np.arange(-int(REACH * width + 1.5), int(REACH * width + 1.5) + 1)
    tall, wide = (
        _profiles(offsets - shift[:, None], width).astype(np.float32)
        for shift in (down, right)
    )
    if mixed:
        tall[::2] *= -1
    drawn = np.zeros(density.shape, np.float32)
    # at the frame's border, what would lie beyond it is kept on its last pixels
    y = np.clip(rows[:, None] + offsets, 0, density.shape[0] - 1)
    x = np.clip(columns[:, None] + offsets, 0, density.shape[1] - 1)
    np.add.at(
        drawn, (y[:, :, None], x[:, None, :]), tall[:, :, None] * wide[:, None, :]
    )
    return drawn


def _profiles(
    distances: Float64[np.ndarray, "n k"], width: float
) -> Float64[np.ndarray, "n k"]:
    heights = np.exp(-(distances**2) / (2 * width**2))
    return heights * (np.sqrt(2 * np.pi) * width / heights.sum(1, keepdims=True))


def _expected(
    parameters: MicroLesions,
    place: Place,
    density: Float32[np.ndarray, "h w"],
    psf: float,
) -> tuple[Float32[np.ndarray, "h w"], Float32[np.ndarray, "h w"]]:
    """Return mean and variance of the spots' sum as imaged; see :func:`change`.

    A spot lies anywhere in its pixel, which widens the profiles by a variance of 1/12.
    """
    imaged = parameters.spot**2 + psf**2
    total = place["amplitude"] * 2 * np.pi * parameters.spot**2
    height = place["amplitude"] * parameters.spot**2 / imaged
    first = np.float32(total) * blur(density, float(np.sqrt(imaged + 1 / 12)))
    second = np.float32(np.pi * imaged * height**2) * blur(
        density, float(np.sqrt(imaged / 2 + 1 / 12))
    )
    count = np.float32(place["spots"])
    mixed = parameters.sign == "mixed"
    mean = np.zeros_like(first) if mixed else count * first
    return mean, count * np.maximum(second - first**2, 0)


LESION = Lesion("micro_lesions", MicroLesions, place, change)
