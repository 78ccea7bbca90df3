"""One lesion cut out of its image, and what it must be told from.

Nothing here is measured on noisy pixels: signal, texture and noise are known.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Float32

from simbench.acquisition import Conditions
from simbench.noises import NOISES
from simbench.recipe import Recipe
from simbench.scene import Change, Scene, effect
from simbench.texture import Spectrum

Box = tuple[slice, slice]


@dataclass(frozen=True)
class Background:
    """Texture and noise of a whole image."""

    frame: tuple[int, int]
    """Height and width of the image."""
    spectrum: Spectrum
    """Of the texture, before the blur."""
    psf: float
    noise: Spectrum | None = None
    """Of the noise, which is not blurred; None is white."""


@dataclass(frozen=True)
class Retexture:
    """How a lesion changes the texture, at every pixel where it does.

    Variances are those of the texture as received over those of the noise, summed over
    the channels: they share one texture, so the rest of them tells nothing of it.
    """

    before: Float[np.ndarray, " n"]
    after: Float[np.ndarray, " n"]
    other: Float[np.ndarray, " n"]
    """Share of the later variance that has the other spectrum."""
    spectrum: Spectrum | None = None
    """The other spectrum; None if there is none."""


@dataclass(frozen=True)
class Setting:
    """A lesion in its box; signals are as received, blurred and biased, before noise.

    Between channels the noise is independent and the texture is the same.
    """

    signal: Float32[np.ndarray, "c y x"]
    """Mean change by the lesion; zero for a lesion that only changes texture."""
    mask: Bool[np.ndarray, "y x"]
    """Where the expected effect is at least half its maximum."""
    level: Float[np.ndarray, " c"]
    """Mean healthy signal on the mask."""
    texture: Float[np.ndarray, " c"]
    """Standard deviation of the texture: root mean square, weighted by the squared
    effect."""
    noise: Float[np.ndarray, " c"]
    """Standard deviation of the noise before any magnitude is taken, at ``level``."""
    background: Background
    retexture: Retexture | None = None
    unknown: str = ""
    """Why there is no ideal observer; empty where there is one."""


def setting(
    recipe: Recipe,
    conditions: Conditions,
    healthy: Scene,
    before: Scene,
    change: Change,
    parameters: Any,
) -> Setting:
    """Cut a lesion out.

    Parameters
    ----------
    recipe
        Whose texture and noise they are.
    conditions
        The acquisition's bias field and noise level.
    healthy
        The scene without any lesion: what hides the lesion.
    before, change
        The scene that the lesion was put in, and what it did.
    parameters
        The recipe's table of the lesion.
    """
    box = _box(change)
    bias = conditions.bias[box]
    signal = change.mean[:, *box] * bias
    found = effect(signal, change.variance[:, *box] * bias**2)
    mask = (found >= found.max(initial=0) / 2) & (found > 0)
    squared = ((found * healthy.strength[:, *box] * bias) ** 2).sum(axis=(1, 2))
    total = max(float((found**2).sum()), np.finfo(float).tiny)
    received = healthy.intensity[:, *box][:, mask] * bias[mask]
    level = received.sum(axis=1, dtype=np.float64) / max(mask.sum(), 1)
    entry = recipe.acquisition.noise
    law = NOISES[entry.kind]
    noise = [law.deviation(entry, conditions.level, float(s)) for s in level]
    sigma = np.array(noise, np.float64)
    retexture, unknown = None, _unobserved(mask, sigma, entry)
    if not unknown and change.variance[:, *box].any():
        scale = bias / sigma[:, None, None]
        other = getattr(parameters, "spectrum", None)
        retexture, unknown = _retexture(healthy, before, change, other, box, scale)
    return Setting(
        signal=signal,
        mask=mask,
        level=level,
        texture=np.sqrt(squared.astype(np.float64) / total),
        noise=sigma,
        background=Background(
            healthy.size,
            recipe.texture.spectrum,
            healthy.psf,
            getattr(entry, "spectrum", None),
        ),
        retexture=retexture,
        unknown=unknown,
    )


def _box(change: Change) -> Box:
    """Return the rows and columns of everything that the lesion may change."""
    both = np.stack([change.mean.any(axis=0), change.variance.any(axis=0)])
    touched: Bool[np.ndarray, "h w"] = np.logical_or(*both)
    rows = np.flatnonzero(touched.any(axis=1))
    columns = np.flatnonzero(touched.any(axis=0))
    if not rows.size:
        return slice(0, 1), slice(0, 1)
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _unobserved(
    mask: Bool[np.ndarray, "y x"], sigma: Float[np.ndarray, " c"], noise: Any
) -> str:
    """Tell why no observer can be computed, if so."""
    if not mask.any():
        return "no effect"
    if not sigma.all():
        return "no noise"
    if getattr(noise, "grain", None) is not None:
        return "no formula for the noise's spectrum"
    return ""


def _retexture(
    healthy: Scene,
    before: Scene,
    change: Change,
    spectrum: Spectrum | None,
    box: Box,
    scale: Float[np.ndarray, "c y x"],
) -> tuple[Retexture | None, str]:
    """Tell what became of the texture, or why nobody can tell.

    Two unit textures mixed with weights a and b, a**2 + b**2 = 1, differ from the first
    by the variance (1 - a)**2 + b**2 = 2 - 2 a; that gives a.
    """
    mixed = change.scene.texture is not before.texture
    if not mixed and change.scene.strength is before.strength:
        return None, "random in more than its texture"
    if mixed and spectrum is None:
        return None, "no formula for the texture's change"
    first, old, new = (
        ((scene.strength[:, *box] * scale) ** 2).sum(axis=0)
        for scene in (healthy, before, change.scene)
    )
    last = np.divide(first * new, old, out=new.copy(), where=old > 0)
    share = np.zeros_like(first)
    if mixed:
        moved = (change.variance[:, *box] * scale**2).sum(axis=0)
        ratio = np.divide(moved, old, out=np.zeros_like(moved), where=old > 0)
        share = 1 - np.clip(1 - ratio / 2, 0, 1) ** 2
    chosen = (share > 0) | (old != new)
    return Retexture(first[chosen], last[chosen], share[chosen], spectrum), ""
