"""Motion during the scan: every line of k-space sees the object somewhere else.

In-plane translation: a line's spectrum is multiplied by exp(-2 pi i f . t(line)), which
is exact, without interpolation (Fourier's shift theorem). Rotation is left out.
"""

from typing import Literal

import numpy as np
from jaxtyping import Complex64, Float, Float32
from pydantic import Field
from scipy import fft

from simbench.artifacts.artifact import Artifact, Encoding, Plan, Spectra, axis_of
from simbench.parameters import KindParameters, PositiveLimits
from simbench.streams import Stream


class Motion(KindParameters):
    """An entry of ``[[acquisition.artifacts]]`` of kind ``motion``."""

    kind: Literal["motion"]
    amount: PositiveLimits
    """Greatest displacement in pixels from where the object is when the center of
    k-space is measured; per image."""
    path: Literal["walk", "moves"] = "walk"
    """``walk``: a step of a random walk before every line; ``moves``: a few sudden
    ones, and rest between them."""
    moves: int = Field(default=2, ge=1, le=20)
    """How many sudden moves there are."""
    encoding: Encoding = "either"
    """Direction of phase encoding; ``either`` is drawn for every image."""


def plan(parameters: Motion, size: tuple[int, int], stream: Stream) -> Plan:
    """Draw the path and the direction of phase encoding."""
    amount = stream.between(parameters.amount)
    axis = axis_of(parameters.encoding, stream)
    drawn = _path(parameters, size[axis], stream) * amount
    turned = turns(drawn.astype(np.float32), size, axis)

    def apply(spectra: Spectra) -> Spectra:
        return spectra * turned

    spread = float(np.sqrt((drawn**2).sum(axis=1).mean()))
    return Plan(apply, {"amount": amount, "rms": spread, "axis": float(axis)})


def turns(
    path: Float32[np.ndarray, "lines 2"], size: tuple[int, int], axis: int
) -> Complex64[np.ndarray, "h w"]:
    """Return the factor of every sample of k-space, zero frequency first.

    Parameters
    ----------
    path
        Displacement down and to the right, in pixels, while each line is measured, from
        the most negative frequency to the most positive.
    size
        Height and width of k-space.
    axis
        That of phase encoding, along which one line follows another.
    """
    down, right = np.expand_dims(fft.ifftshift(path, axes=0).T, 2 - axis)
    frequencies = [fft.fftfreq(n).astype(np.float32) for n in size]
    cycles = down * frequencies[0][:, None] + right * frequencies[1]
    angles = np.float32(-2 * np.pi) * cycles
    factors = np.empty(size, np.complex64)
    factors.real, factors.imag = np.cos(angles), np.sin(angles)
    return factors


def _path(
    parameters: Motion, lines: int, stream: Stream
) -> Float[np.ndarray, "lines 2"]:
    """Draw a path that is 0 at the center of k-space and has a greatest distance of 1.

    So the image stays where its mask is: what it shows is set by the center.
    """
    steps = np.zeros((lines, 2))
    if parameters.path == "walk":
        steps[:] = stream.normal(lines, 2)
    else:
        times = 1 + (stream.uniform(parameters.moves) * (lines - 1)).astype(int)
        np.add.at(steps, times, stream.normal(parameters.moves, 2))
    places = steps.cumsum(axis=0)
    places -= places[lines // 2]
    farthest = np.hypot(places[:, 0], places[:, 1]).max()
    return np.divide(places, farthest, out=np.zeros_like(places), where=farthest > 0)


ARTIFACT = Artifact("motion", Motion, plan)
