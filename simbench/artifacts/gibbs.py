"""Gibbs ringing: k-space beyond a radius was never measured."""

from typing import Literal

import numpy as np
from jaxtyping import Float
from scipy import fft

from simbench.artifacts.artifact import Artifact, Plan, Spectra
from simbench.parameters import KindParameters, PositiveLimits
from simbench.streams import Stream


class Gibbs(KindParameters):
    """An entry of ``[[acquisition.artifacts]]`` of kind ``gibbs``."""

    kind: Literal["gibbs"]
    kept: PositiveLimits
    """Radius kept, as a share of the Nyquist frequency; 1 is the largest circle."""


def plan(parameters: Gibbs, size: tuple[int, int], stream: Stream) -> Plan:
    """Draw the radius."""
    kept = stream.between(parameters.kept)
    inside = _radius(size) <= kept / 2

    def apply(spectra: Spectra) -> Spectra:
        return spectra * inside

    return Plan(apply, {"kept": kept})


def _radius(size: tuple[int, int]) -> Float[np.ndarray, "h w"]:
    return np.hypot(fft.fftfreq(size[0])[:, None], fft.fftfreq(size[1])[None])


ARTIFACT = Artifact("gibbs", Gibbs, plan)
