"""Contrast to noise: what was asked for, what the scene holds, what the image keeps."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from simbench.difficulty.setting import Setting

Moments = Callable[
    [Float[np.ndarray, " n"]],
    tuple[Float[np.ndarray, " n"], Float[np.ndarray, " n"]],
]
"""``moments(signal)``: mean and standard deviation of a noisy pixel."""
STEP = 1e-4  # of a derivative, in standard deviations of the noise


@dataclass(frozen=True)
class Contrast:
    """Ratios of contrast to noise; over channels their root mean square."""

    noise: float
    """Mean change by the lesion where it is at least half its maximum, over the
    standard deviation of the noise."""
    local: float
    """The same over noise and texture together."""
    image: float
    """``noise`` times what the noise's law keeps of a contrast."""


def contrast(lesion: Setting, moments: Moments) -> Contrast:
    """Compute a lesion's contrast to noise; NaN without noise or without effect."""
    if not lesion.noise.all() or not lesion.mask.any():
        return Contrast(np.nan, np.nan, np.nan)
    change = np.abs(lesion.signal[:, lesion.mask].mean(axis=1, dtype=np.float64))
    own = change / lesion.noise
    kept = retention(moments, lesion.level, lesion.noise)
    return Contrast(
        noise=_together(own),
        local=_together(change / np.hypot(lesion.noise, lesion.texture)),
        image=_together(own * kept),
    )


def retention(
    moments: Moments,
    signal: Float[np.ndarray, " n"],
    deviation: Float[np.ndarray, " n"],
) -> Float[np.ndarray, " n"]:
    """Return which share of a small contrast to noise a law of noise keeps.

    Parameters
    ----------
    moments
        Mean and standard deviation of a noisy pixel, by its signal.
    signal
        Of the healthy object, >= 0.
    deviation
        Of the noise before any magnitude is taken, > 0.

    Notes
    -----
    (d mean / d signal) deviation / (standard deviation in the image). For Rician noise
    that is 0 at no signal, 0.72 at signal = deviation, 0.97 at three times that.
    """
    low = np.maximum(signal - STEP * deviation, 0)
    high = signal + STEP * deviation
    slope = (moments(high)[0] - moments(low)[0]) / (high - low)
    return slope * deviation / moments(signal)[1]


def _together(values: Float[np.ndarray, " n"]) -> float:
    return float(np.sqrt((values**2).mean()))
