"""Spikes: single bad samples of k-space, each a pattern of stripes over the image.

A sample that is off by a h w exp(i p) adds the plane wave a exp(i (2 pi f . x + p)) to
the complex image, whose magnitude shows stripes of amplitude a, about, where the signal
is strong. Amplitudes are in units of intensity and not relative to the spectrum,
which differs between an image and its counterfactual: both get the same wave.
"""

from typing import Literal

import numpy as np
from jaxtyping import Complex64, Int
from pydantic import Field, field_validator

from simbench.artifacts.artifact import Artifact, Plan, Spectra
from simbench.parameters import KindParameters, PositiveLimits
from simbench.streams import Stream


class Spikes(KindParameters):
    """An entry of ``[[acquisition.artifacts]]`` of kind ``spikes``."""

    kind: Literal["spikes"]
    amplitude: PositiveLimits
    """Of each plane wave, in units of intensity; per image."""
    count: int = Field(default=1, ge=1, le=8)
    """Bad samples of an image."""
    frequency: PositiveLimits = (0.1, 0.9)
    """Distance of the samples from the center of k-space, as a share of the Nyquist
    frequency; their direction is any."""

    @field_validator("frequency")
    @classmethod
    def _frequency_is_a_share(cls, value: tuple[float, float]) -> tuple[float, float]:
        if value[1] > 1:
            msg = "must be [low, high] with high <= 1, the Nyquist frequency"
            raise ValueError(msg)
        return value


def plan(parameters: Spikes, size: tuple[int, int], stream: Stream) -> Plan:
    """Draw amplitude, places and phases of the bad samples."""
    amplitude = stream.between(parameters.amplitude)
    count = parameters.count
    low, high = parameters.frequency
    radii = (low + (high - low) * stream.uniform(count)) / 2
    angles, phases = 2 * np.pi * stream.uniform(2 * count).reshape(2, count)
    waves = radii * np.stack([np.sin(angles), np.cos(angles)]) * np.array([size]).T
    rows, columns = np.rint(waves).astype(int) % np.array([size]).T
    added = amplitude * size[0] * size[1] * np.exp(1j * phases)

    def apply(spectra: Spectra) -> Spectra:
        return _added(spectra, rows, columns, added.astype(np.complex64))

    factors = {"amplitude": amplitude}
    for i in range(count):
        factors |= {f"row_{i}": float(rows[i]), f"column_{i}": float(columns[i])}
        factors |= {f"phase_{i}": float(phases[i])}
    return Plan(apply, factors)


def _added(
    spectra: Spectra,
    rows: Int[np.ndarray, " k"],
    columns: Int[np.ndarray, " k"],
    values: Complex64[np.ndarray, " k"],
) -> Spectra:
    changed = spectra.copy()
    for row, column, value in zip(rows, columns, values, strict=True):
        changed[:, row, column] += value
    return changed


ARTIFACT = Artifact("spikes", Spikes, plan)
