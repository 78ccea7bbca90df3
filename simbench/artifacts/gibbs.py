"""Gibbs ringing: k-space beyond a radius was never measured."""

from typing import Literal

import numpy as np
from jaxtyping import Bool
from pydantic import field_validator
from scipy import fft

from simbench.artifacts.artifact import Artifact, Plan, Spectra
from simbench.parameters import KindParameters, PositiveLimits
from simbench.streams import Stream


class Gibbs(KindParameters):
    """An entry of ``[[acquisition.artifacts]]`` of kind ``gibbs``."""

    kind: Literal["gibbs"]
    kept: PositiveLimits
    """Radius kept, as a share of the Nyquist frequency; 1 is the largest circle."""

    @field_validator("kept")
    @classmethod
    def _kept_is_a_share(cls, value: tuple[float, float]) -> tuple[float, float]:
        if value[1] > 1:
            msg = "must be [low, high] with high <= 1, the Nyquist frequency"
            raise ValueError(msg)
        return value


def plan(parameters: Gibbs, size: tuple[int, int], stream: Stream) -> Plan:
    """Draw the radius."""
    kept = stream.between(parameters.kept)
    inside = _inside(size, kept)

    def apply(spectra: Spectra) -> Spectra:
        return spectra * inside

    return Plan(apply, {"kept": kept})


def _inside(size: tuple[int, int], kept: float) -> Bool[np.ndarray, "h w"]:
    """Tell which frequencies are measured: -f whenever f, so what is real stays so."""
    squares = (fft.fftfreq(size[0]) ** 2)[:, None] + fft.fftfreq(size[1]) ** 2
    return squares <= (kept / 2) ** 2


ARTIFACT = Artifact("gibbs", Gibbs, plan)
