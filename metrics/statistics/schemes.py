"""Other ways to turn scores into a ranking: whether an order survives them."""

import numpy as np
from jaxtyping import Float, Int

from metrics.statistics.midranks import midranks
from metrics.statistics.ranking import order


def _mean(values: Float[np.ndarray, "m n"]) -> Float[np.ndarray, " m"]:
    return values.mean(axis=1)


def _median(values: Float[np.ndarray, "m n"]) -> Float[np.ndarray, " m"]:
    return np.median(values, axis=1)


def _rank_then_mean(values: Float[np.ndarray, "m n"]) -> Float[np.ndarray, " m"]:
    """Negated mean of the ranks on each image."""
    return -midranks(-np.round(values, 12), axis=0).mean(axis=1)


def _win_rate(values: Float[np.ndarray, "m n"]) -> Float[np.ndarray, " m"]:
    """Share of the others that are outdone by more than half: most duels won."""
    rounded = np.round(values, 12)
    duels = [np.sign(np.sign(own[None] - rounded).sum(axis=1)).sum() for own in rounded]
    return np.array(duels, dtype=np.float64)


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
    complete = values[:, np.isfinite(values).all(axis=0)]
    if not complete.shape[1]:
        return {}
    return {name: order(scheme(complete)[None])[0] for name, scheme in SCHEMES.items()}
