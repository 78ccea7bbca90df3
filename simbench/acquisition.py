"""How an object becomes an image: bias field, artifacts, noise, gain and gray levels.

In this order: the blur by the point-spread function, which the caller applies; the bias
field; k-space; noise on the complex image and, if the law has one, the magnitude; gain
and offset; window; display exponent; quantization. Everything drawn is drawn once, in
:func:`conditions`, and applied to the image and to its counterfactual alike. No mask is
ever touched.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float32, Inexact, UInt8, UInt16
from pydantic import Field, SerializeAsAny, field_validator
from scipy import fft

from simbench.artifacts import ARTIFACTS
from simbench.artifacts.artifact import Plan
from simbench.bias import Bias, logarithm
from simbench.noises import NOISES
from simbench.parameters import Finite, KindParameters, NonNegative, Parameters
from simbench.streams import Stream

FINE = 2.0
"""Gray levels that noise must have for rounding, of 0.29, to add less than 1.1 %."""
Open = Callable[..., Stream]
"""``open(stage, part=0)``: a stream of one image."""


class Acquisition(Parameters):
    """The tables and numbers of ``[acquisition]``."""

    psf: NonNegative
    """Standard deviation of the Gaussian blur in pixels."""
    bias: Bias
    artifacts: tuple[SerializeAsAny[KindParameters], ...] = Field(default=())
    """Changes of k-space, one after the other; a kind may occur again."""
    noise: SerializeAsAny[KindParameters]
    """The law of the noise."""
    gain: float = Field(ge=0, le=1)
    """Standard deviation of the logarithm of the image's gain."""
    offset: NonNegative
    """Standard deviation of the number added to the whole image."""
    window: tuple[Finite, Finite]
    """The intensities that become black and white, the same for all images."""
    gamma: float = Field(default=1.0, ge=0.2, le=5)
    """Exponent of the display: gray level = window's share ** gamma; 0.45 is about what
    color photographs have."""
    bits: Literal[8, 10, 12, 16] = 8
    """Gray levels are 0 … 2**bits - 1, stored in uint8, or in uint16 beyond 8 bits."""

    @field_validator("window")
    @classmethod
    def _window_is_open(cls, value: tuple[float, float]) -> tuple[float, float]:
        if value[0] >= value[1]:
            msg = "must be [black, white] with black < white"
            raise ValueError(msg)
        return value


@dataclass(frozen=True)
class Conditions:
    """What one acquisition has drawn: the same for image and counterfactual."""

    bias: Float32[np.ndarray, "h w"]
    plans: tuple[Plan, ...]
    level: float
    """Of the noise, in its law's unit."""
    noise: Float32[np.ndarray, "k c h w"]
    gain: float
    offset: float
    factors: dict[str, float]
    """All of it that is a number. ``noise_gray_levels`` is the noise's standard
    deviation where the signal is 1, in gray levels; see :data:`FINE`."""


def conditions(
    parameters: Acquisition,
    tissue: Bool[np.ndarray, "h w"],
    channels: int,
    opened: Open,
) -> Conditions:
    """Draw bias field, artifacts, noise, gain and offset of one image.

    Parameters
    ----------
    parameters
        The recipe's ``[acquisition]``.
    tissue
        True inside the body: there the logarithm of the bias field has mean 0.
    channels
        1 or 3.
    opened
        Opens the image's streams, ``opened(stage, part=0)``.
    """
    exposure = opened("exposure")
    law = NOISES[parameters.noise.kind]
    level = law.level(parameters.noise, exposure)
    gain = float(np.exp(exposure.gauss(parameters.gain)))
    offset = exposure.gauss(parameters.offset)
    size = (tissue.shape[0], tissue.shape[1])
    field = logarithm(parameters.bias, tissue, opened("bias"))
    inside = field[tissue]
    black, white = parameters.window
    grays = (2**parameters.bits - 1) * gain / (white - black)
    factors = {
        "noise": level,
        "noise_gray_levels": grays * law.deviation(parameters.noise, level, 1.0),
        "gain": gain,
        "offset": offset,
        "bias": float(inside.std()) if inside.size else 0.0,
    }
    plans = []
    for part, entry in enumerate(parameters.artifacts):
        plan = ARTIFACTS[entry.kind].plan(entry, size, opened("artifact", part))
        plans.append(plan)
        same = sum(e.kind == entry.kind for e in parameters.artifacts[:part])
        name = f"{entry.kind}{same + 1}" if same else entry.kind
        factors |= {f"{name}_{key}": v for key, v in plan.factors.items()}
    return Conditions(
        bias=np.exp(field).astype(np.float32),
        plans=tuple(plans),
        level=level,
        noise=law.draw(parameters.noise, (channels, *size), opened("noise")),
        gain=gain,
        offset=offset,
        factors=factors,
    )


def expose(
    signal: Float32[np.ndarray, "c h w"],
    conditions: Conditions,
    parameters: Acquisition,
) -> Float32[np.ndarray, "c h w"]:
    """Turn a blurred object into an image in units of the window, 0 black, 1 white."""
    received: Inexact[np.ndarray, "c h w"] = signal * conditions.bias
    if conditions.plans:
        spectra = fft.fft2(received).astype(np.complex64, copy=False)
        for plan in conditions.plans:
            spectra = plan.apply(spectra)
        received = fft.ifft2(spectra)
    law = NOISES[parameters.noise.kind]
    image = law.apply(parameters.noise, conditions.level, conditions.noise, received)
    black, white = parameters.window
    scale = np.float32(conditions.gain / (white - black))
    shown = image * scale + np.float32((conditions.offset - black) / (white - black))
    if parameters.gamma == 1:
        return shown
    return np.maximum(shown, np.float32(0)) ** np.float32(parameters.gamma)


def quantized(
    image: Float32[np.ndarray, "c h w"], bits: int
) -> UInt8[np.ndarray, "h w *rgb"] | UInt16[np.ndarray, "h w *rgb"]:
    """Round to gray levels; channels, if several, come last."""
    top = np.float32(2**bits - 1)
    levels = np.clip(np.rint(image * top), 0, top)
    whole = levels.astype(np.uint8 if bits == 8 else np.uint16)
    return (
        whole[0] if len(whole) == 1 else np.ascontiguousarray(whole.transpose(1, 2, 0))
    )
