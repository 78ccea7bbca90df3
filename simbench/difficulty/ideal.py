"""Observers that know everything but the noise: ideal, and without prewhitening.

Detectability d' before any magnitude is taken, the background Gaussian and locally
stationary (Barrett & Myers 2004, chapter 13; Burgess & Judy 2007).
"""

import numpy as np
from jaxtyping import Complex, Float
from scipy import fft

from simbench.difficulty.setting import Background, Retexture, Setting
from simbench.difficulty.spectra import (
    grid,
    imaged_power,
    integrated_power,
    noise_background,
    noise_power,
    pairs,
    with_spectrum,
)

PLACES = 512  # at most; where a change of texture is integrated
NONE = float("nan")


def ideal(lesion: Setting) -> float:
    """Return d' of the ideal observer, who knows the lesion and its place.

    Returns
    -------
    NaN where ``lesion.unknown`` says why.

    Notes
    -----
    For a mean change, d'**2 = (1 / N) sum |S_k|**2 / W_k, W_k = texture**2 P_k +
    noise**2, P_k the power as imaged; for several channels, S_k^H W_k^-1 S_k with W_k =
    texture texture^T P_k + diag(noise**2). For a change of texture, the divergence J of
    the two Gaussian laws, d' = sqrt(J), which is exact only for equal variances. A
    lesion that does both gets the sum of both squares.
    """
    if lesion.unknown:
        return NONE
    squared = _mean_squared(lesion) if lesion.signal.any() else 0.0
    if lesion.retexture is not None:
        squared += divergence(lesion.retexture, lesion.background)
    return float(np.sqrt(squared))


def nonprewhitening(lesion: Setting) -> float:
    """Return d' of the observer who looks for the lesion as if all noise were white.

    Returns
    -------
    NaN where there is no mean change to look for, or ``lesion.unknown`` says why.

    Notes
    -----
    d' = sum F / sqrt(sum F W), F = |S_k|**2 / N; sums also run over channels.
    """
    if lesion.unknown or not lesion.signal.any():
        return NONE
    waves, power, noise, shares = _waves(lesion)
    energy = _squared(waves) * shares
    own = (lesion.noise**2 * (energy * noise).sum(axis=(1, 2))).sum()
    along = _squared(np.einsum("c,cyk->yk", lesion.texture, waves)) * power
    return float(energy.sum() / np.sqrt(own + (along * shares).sum()))


def divergence(retexture: Retexture, background: Background) -> float:
    """Return J = 1/2 sum (r + 1 / r - 2), r the ratio of a wave's two variances.

    The region is taken as locally stationary: every pixel adds the mean over all waves.
    It must be large against the texture's length for that to hold.
    """
    count = retexture.before.size
    if not count:
        return 0.0
    step = -(-count // PLACES)
    first, last, share = (
        values[::step, None]
        for values in (retexture.before, retexture.after, retexture.other)
    )
    colored = noise_background(background)
    spectrum = retexture.spectrum or background.spectrum
    spectra = [background.spectrum, spectrum]
    length = max(s.length for s in (*spectra, background.noise or spectra[0]))
    power, shares = integrated_power(background, length)
    changed = with_spectrum(background, spectrum)
    other, _ = integrated_power(changed, length)
    noise = integrated_power(colored, length)[0] if colored else np.ones(1)
    ratio = last * (power + share * (other - power)) + noise
    ratio /= first * power + noise
    each = (ratio + 1 / ratio) @ shares / 2 - 1
    return float(each.mean() * count)


def _mean_squared(lesion: Setting) -> float:
    """Return d'**2 of the mean change; W_k is inverted by Sherman and Morrison."""
    waves, power, noise, shares = _waves(lesion)
    waves = waves / lesion.noise[:, None, None].astype(np.float32)
    texture = lesion.texture / lesion.noise
    loud = float(texture @ texture)
    whole = _squared(waves).sum(axis=0)
    along = whole
    if len(waves) > 1 and loud:
        along = _squared(np.einsum("c,cyk->yk", texture, waves)) / loud
    each = (whole - along) / noise + along / (noise + loud * power)
    return float((each * shares).sum())


def _waves(
    lesion: Setting,
) -> tuple[
    Complex[np.ndarray, "c y k"],
    Float[np.ndarray, "y k"],
    Float[np.ndarray, "#y #k"],
    Float[np.ndarray, " k"],
]:
    """Return the signal's waves, power of texture and noise, and each wave's share."""
    height, width = grid(lesion.signal.shape[1:], lesion.background)
    return (
        fft.rfft2(lesion.signal, (height, width), workers=1),
        imaged_power((height, width), lesion.background),
        noise_power((height, width), lesion.background),
        pairs(width) / (height * width),
    )


def _squared(waves: Complex[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    return waves.real.astype(np.float64) ** 2 + waves.imag.astype(np.float64) ** 2
