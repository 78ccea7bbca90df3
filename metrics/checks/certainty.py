"""Tell what holds in general from what holds in these few images by chance.

An alternative is chosen on one half of the images and has to prove itself on the other,
both ways round: however many alternatives there are, chance alone passes one look in a
million.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from scipy import special

CHANCE = 1e-3
"""Chance that a half of the images agrees by accident."""

LIKELY = 0.025
"""Chance that a gain of all images is none."""

FEWEST = 8
"""Images without which nothing is said of places and signs."""

LEAST = 0.1
"""Rise of the mean height (see :mod:`metrics.checks.ranks`) that is worth a word."""

CLEAR = 1.0
"""Mean height of the lesions of maps that localize clearly: the top 37 %."""

OWN = 0.5
"""How much of it other images' maps must not have."""


@dataclass(frozen=True)
class Rise:
    """What one way of reading the maps gains over how they are read.

    Attributes
    ----------
    before, after
        Mean height of each image's lesion in its map as read and as it would be, (n,).
    own_before, own_after
        The same less the heights in the other images' maps, (n,).
    opposite
        As ``own_after`` the opposite way, where there is one, else ``own_before``,
        (n,). What spreads evenly about a lesion gains nothing over it.
    """

    before: Float[np.ndarray, " n"]
    after: Float[np.ndarray, " n"]
    own_before: Float[np.ndarray, " n"]
    own_after: Float[np.ndarray, " n"]
    opposite: Float[np.ndarray, " n"]

    @property
    def own(self) -> Float[np.ndarray, " n"]:
        """Gain of each image, less what the other images' maps would gain on it."""
        return self.own_after - self.own_before

    @property
    def tops(self) -> tuple[float, float]:
        """Share of the map whose mean height is the lesion's, before and after.

        At best the lesion's own share; 1 by chance, and when it does worse.
        """
        means = np.array([self.before.mean(), self.after.mean()])
        first, second = np.exp(-np.maximum(means, 0))
        return float(first), float(second)

    @property
    def gain(self) -> float:
        """Mean gain, the smaller of the plain one and of the image's own."""
        return float(min((self.after - self.before).mean(), self.own.mean()))

    @property
    def contrast(self) -> Float[np.ndarray, " n"]:
        """What each image gains over the opposite way."""
        return self.own_after - self.opposite

    @property
    def localizes(self) -> bool:
        """Whether maps clearly find the lesion when they are read so."""
        return bool(self.after.mean() >= CLEAR and self.own_after.mean() >= OWN)

    def is_clear(self, control: "Rise | None" = None) -> bool:
        """Whether maps then localize, and the gain is worth a word and no accident.

        What a control gains, maps that are sound, is taken off.
        """
        gain, contrast = self.gain, self.contrast
        if control is not None:
            gain -= max(control.gain, 0.0)
            if control.contrast.mean() > 0:
                contrast = contrast - control.contrast
        sure = is_above(self.own, LIKELY) and holds(contrast)
        return self.localizes and gain >= LEAST and sure


def halve(count: int) -> Bool[np.ndarray, "2 count"]:
    """Put images into two halves, in turn."""
    first = np.arange(count) % 2 == 0
    return np.stack([first, ~first])


def holds(values: Float[np.ndarray, " n"]) -> bool:
    """Whether values are above 0 in each half of the images, by more than chance."""
    return len(values) >= FEWEST and all(
        is_above(values[half], CHANCE) for half in halve(len(values))
    )


def is_above(values: Float[np.ndarray, " n"], chance: float) -> bool:
    """Whether a mean is above 0 by more than chance: a one-sided t test."""
    mean, spread = values.mean(), values.std(ddof=1)
    if spread == 0:
        return bool(mean > 0)
    t = mean / (spread / np.sqrt(len(values)))
    return bool(special.stdtr(len(values) - 1, -t) < chance)
