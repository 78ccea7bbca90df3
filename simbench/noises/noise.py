"""What a law of noise is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Float32, Inexact

from simbench.parameters import KindParameters
from simbench.streams import Stream


@dataclass(frozen=True)
class Noise:
    """An entry of the table of noises.

    What is drawn does not depend on the signal, so image and counterfactual get the
    same draws; each channel has its own.
    """

    name: str
    parameters: type[KindParameters]
    level: Callable[[Any, Stream], float]
    """``level(parameters, stream)``: this image's level, in the law's own unit."""
    draw: Callable[[Any, tuple[int, int, int], Stream], Float32[np.ndarray, "k c h w"]]
    """``draw(parameters, (c, h, w), stream)``: k fields of standard normal numbers."""
    apply: Callable[
        [
            Any,
            float,
            Float32[np.ndarray, "k c h w"],
            Inexact[np.ndarray, "c h w"],
        ],
        Float32[np.ndarray, "c h w"],
    ]
    """``apply(parameters, level, fields, signal)``: the noisy, real image; the signal
    is complex after artifacts in k-space."""
    moments: Callable[
        [Any, float, Float[np.ndarray, "*shape"]],
        tuple[Float[np.ndarray, "*shape"], Float[np.ndarray, "*shape"]],
    ]
    """``moments(parameters, level, signal)``: mean and standard deviation of a pixel
    whose real signal is given, by formula."""
    deviation: Callable[[Any, float, float], float]
    """``deviation(parameters, level, signal)``: standard deviation of the noise before
    any magnitude is taken: the sigma of CNR and d'."""


def detected(signal: Inexact[np.ndarray, "c h w"]) -> Float32[np.ndarray, "c h w"]:
    """Return what a detector without phase sees: the magnitude of a complex signal."""
    return np.abs(signal) if np.iscomplexobj(signal) else signal


def intensity(signal: Inexact[np.ndarray, "c h w"]) -> Float32[np.ndarray, "c h w"]:
    """Return the detected signal, which is nowhere less than nothing."""
    return np.maximum(detected(signal), np.float32(0))
