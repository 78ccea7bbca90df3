"""Other ways to turn scores into a ranking: whether an order survives them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from metrics.statistics.midranks import midranks
from metrics.statistics.ranking import find_complete, order
from metrics.statistics.rows import cut
from metrics.storage.allocation import release


@dataclass(frozen=True, eq=False)
class _Complete:
    """Scores on the images where all methods are defined."""

    values: Float[np.ndarray, "m n"]
    places: Int[np.ndarray, " k"]

    def columns(self) -> Iterator[Float[np.ndarray, " k"]]:
        """Yield the scores of one method after the other."""
        for own in self.values:
            yield np.asarray(own[self.places])
            release(self.values)

    def blocks(self) -> Iterator[Float[np.ndarray, "b m"]]:
        """Yield the scores on some images after the others."""
        for part in cut(len(self.places), len(self.values)):
            yield np.asarray(self.values[:, self.places[part]]).T
            release(self.values)


def _mean(complete: _Complete) -> Float[np.ndarray, " m"]:
    return np.array([own.mean() for own in complete.columns()])


def _median(complete: _Complete) -> Float[np.ndarray, " m"]:
    return np.array([np.median(own) for own in complete.columns()])


def _rank_then_mean(complete: _Complete) -> Float[np.ndarray, " m"]:
    """Negated mean of the ranks on each image."""
    sums = np.zeros(len(complete.values))
    for block in complete.blocks():
        sums += midranks(-np.round(block, 12), axis=1).sum(axis=0)
    return -sums / len(complete.places)


def _win_rate(complete: _Complete) -> Float[np.ndarray, " m"]:
    """Share of the others that are outdone by more than half: most duels won."""
    leads = np.zeros((len(complete.values),) * 2)
    for block in complete.blocks():
        rounded = np.round(block, 12)
        for lead, own in zip(leads, rounded.T, strict=True):
            lead += np.sign(own[:, None] - rounded).sum(axis=0)
    return np.sign(leads).sum(axis=1)


SCHEMES = {
    "mean": _mean,
    "median": _median,
    "rank_then_mean": _rank_then_mean,
    "win_rate": _win_rate,
}
"""Ways to aggregate scores of methods over images, (m, n) to (m,), higher is better."""


def rank_by_schemes(
    values: Float[np.ndarray, "m n"],
) -> dict[str, Int[np.ndarray, " m"]]:
    """Rank methods by each scheme on the images where all of them are defined.

    Parameters
    ----------
    values
        Scores, the higher the better. ``mean`` and ``median`` rank by those;
        ``rank_then_mean`` by the mean of the ranks on each image; ``win_rate`` by
        duels: a method wins against another if it is better on more images than it is
        worse.
    """
    complete = find_complete(values)
    if not len(complete):
        return {}
    scores = _Complete(values, complete)
    return {name: order(scheme(scores)[None])[0] for name, scheme in SCHEMES.items()}
