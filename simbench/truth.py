"""The truth about an image: where lesions act, by their expected effect.

The expected effect of each lesion is cut, by default at half its maximum, and the parts
are put together. Shams belong to no truth. Where classes share lesions, what
*distinguishes* a class is a truth of its own.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from jaxtyping import Bool, Float32, UInt8

from simbench.parameters import Parameters, Positive
from simbench.scene import Change, effect


class Cut(Parameters):
    """The table ``[truth]``: where a soft effect becomes a mask."""

    cut: Literal["half_maximum", "visible", "support"] = "half_maximum"
    """``half_maximum`` of each lesion; ``visible``: at least ``visible`` standard
    deviations of texture and noise; ``support``: wherever it acts at all."""
    visible: Positive = 1.0
    """Standard deviations, for the cut ``visible``."""


@dataclass(frozen=True)
class Truth:
    """What is true of one image, with the lesions that were kept."""

    mask: Bool[np.ndarray, "h w"]
    """Lesions, shams aside."""
    distinctive: Bool[np.ndarray, "h w"]
    """Those lesions that no other class may have."""
    instances: UInt8[np.ndarray, "h w"]
    """The lesion's id on its part of the mask, 0 elsewhere."""
    effect: Float32[np.ndarray, "h w"]
    """Expected change of the blurred object, before bias field and noise."""
    areas: dict[int, int]
    """Pixels of each lesion, shams too."""


@dataclass(frozen=True)
class Kept:
    """One lesion that was put in."""

    lesion_id: int
    change: Change
    sham: bool
    distinctive: bool


def truth_of(
    kept: Sequence[Kept],
    cut: Cut,
    size: tuple[int, int],
    deviation: Callable[[], Float32[np.ndarray, "h w"]],
) -> Truth:
    """Put the effects of an image's lesions together.

    Parameters
    ----------
    kept
        The lesions, in the order in which they were put in; later ones lie on top.
    cut
        The recipe's ``[truth]``.
    size
        Height and width in pixels.
    deviation
        Gives the standard deviation of texture and noise at every pixel, if asked.
    """
    mask, distinctive = np.zeros(size, bool), np.zeros(size, bool)
    instances = np.zeros(size, np.uint8)
    areas: dict[int, int] = {}
    for lesion in kept:
        own = _cut(effect(lesion.change.mean, lesion.change.variance), cut, deviation)
        areas[lesion.lesion_id] = int(np.count_nonzero(own))
        if lesion.sham:
            continue
        instances[own] = lesion.lesion_id
        mask |= own
        if lesion.distinctive:
            distinctive |= own
    return Truth(mask, distinctive, instances, _together(kept, size), areas)


def _together(
    kept: Sequence[Kept], size: tuple[int, ...]
) -> Float32[np.ndarray, "h w"]:
    real = [lesion.change for lesion in kept if not lesion.sham]
    if not real:
        return np.zeros(size, np.float32)
    mean, variance = real[0].mean, real[0].variance
    for change in real[1:]:
        mean, variance = mean + change.mean, variance + change.variance
    return effect(mean, variance)


def _cut(
    found: Float32[np.ndarray, "h w"],
    cut: Cut,
    deviation: Callable[[], Float32[np.ndarray, "h w"]],
) -> Bool[np.ndarray, "h w"]:
    if cut.cut == "half_maximum":
        return (found >= found.max() / 2) & (found > 0)
    if cut.cut == "visible":
        return (found >= np.float32(cut.visible) * deviation()) & (found > 0)
    return found > 0
