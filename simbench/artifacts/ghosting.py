"""Ghosts: breath or pulse makes the lines of k-space stronger and weaker by turns.

A cosine over the lines puts two weaker copies of the object one period apart (Wood &
Henkelman, Med. Phys. 12 (1985) 143).
"""

from typing import Literal

import numpy as np
from jaxtyping import Float32
from pydantic import field_validator
from scipy import fft

from simbench.artifacts.artifact import Artifact, Encoding, Plan, Spectra, axis_of
from simbench.parameters import KindParameters, Limits, PositiveLimits
from simbench.streams import Stream


class Ghosting(KindParameters):
    """An entry of ``[[acquisition.artifacts]]`` of kind ``ghosting``."""

    kind: Literal["ghosting"]
    period: PositiveLimits
    """Lines from one strong line to the next, at least 2; ghosts lie n / period pixels
    from the object, n the pixels along the direction of phase encoding."""
    strength: PositiveLimits
    """Greatest relative change of a line, at most 1: each of the two ghosts has half of
    it, and the single one of period 2 has its cosine of the phase."""
    phase: Limits = (0.0, 1.0)
    """Of the cosine at the center of k-space, in turns."""
    encoding: Encoding = "either"
    """Direction of phase encoding; ``either`` is drawn for every image."""

    @field_validator("period")
    @classmethod
    def _period_is_seen(cls, value: tuple[float, float]) -> tuple[float, float]:
        if value[0] < 2:
            msg = "must be [low, high] with low >= 2 lines"
            raise ValueError(msg)
        return value

    @field_validator("strength")
    @classmethod
    def _strength_is_a_share(cls, value: tuple[float, float]) -> tuple[float, float]:
        if value[1] > 1:
            msg = "must be [low, high] with high <= 1"
            raise ValueError(msg)
        return value


def plan(parameters: Ghosting, size: tuple[int, int], stream: Stream) -> Plan:
    """Draw period, strength, phase and the direction of phase encoding."""
    period = stream.between(parameters.period)
    strength = stream.between(parameters.strength)
    phase = stream.between(parameters.phase)
    axis = axis_of(parameters.encoding, stream)
    factors = modulation(size[axis], period, strength, phase)
    along = np.expand_dims(factors, 1 - axis)

    def apply(spectra: Spectra) -> Spectra:
        return spectra * along

    drawn = {"period": period, "strength": strength, "phase": phase}
    return Plan(apply, {**drawn, "axis": float(axis)})


def modulation(
    lines: int, period: float, strength: float, phase: float
) -> Float32[np.ndarray, " lines"]:
    """Return each line's factor, zero frequency first: 1 + strength x cosine."""
    numbers = fft.fftfreq(lines, 1 / lines)
    waves = np.cos(2 * np.pi * (numbers / period + phase))
    return (1 + strength * waves).astype(np.float32)


ARTIFACT = Artifact("ghosting", Ghosting, plan)
