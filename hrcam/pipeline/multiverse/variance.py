"""How much of the variance of a balanced grid each axis explains.

The classical decomposition of a crossed design with one value in each cell: main
effects, interactions of two axes, and the rest. In a balanced grid all parts are
orthogonal, so their sums of squares add up to the whole. The shares tell of this grid
with these options, every option counted the same, not of a population of choices.
"""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float

#: What main effects and interactions of two axes leave.
REST = "rest"


def shares(values: Float[np.ndarray, "..."], names: Sequence[str]) -> dict[str, float]:
    """Return the share of the variance of every part; they add up to 1.

    Parameters
    ----------
    values
        One of each cell of the grid, an axis for each name; finite.
    names
        Of the axes. An axis with one option has no part.

    Returns
    -------
    shares
        By ``axis``, by ``axis x axis``, and :data:`REST`; NaN where the values do not
        vary.

    Raises
    ------
    ValueError
        If a value is not finite: the grid is then not balanced.
    """
    if values.ndim != len(names) or not np.isfinite(values).all():
        msg = (
            f"values must be finite, an axis for each of {len(names)} names, got "
            f"{int((~np.isfinite(values)).sum())} undefined in {values.ndim} axes"
        )
        raise ValueError(msg)
    centered = values.astype(np.float64) - values.mean(dtype=np.float64)
    total = float((centered**2).sum())
    parts = _sums(centered, names)
    # Rounding of the mean counts as no spread.
    floor = 1e-24 * max(float((values.astype(np.float64) ** 2).sum()), 1e-300)
    if not total > floor:
        return dict.fromkeys(parts, float("nan"))
    return {name: part / total for name, part in parts.items()}


def _sums(centered: Float[np.ndarray, "..."], names: Sequence[str]) -> dict[str, float]:
    """Return the sum of squares of every part, the rest as what is left."""
    varying = [k for k, length in enumerate(centered.shape) if length > 1]
    main = {k: _means(centered, (k,)) for k in varying}
    sums = {
        names[k]: float((effect**2).sum()) * centered.size / effect.size
        for k, effect in main.items()
    }
    for one, other in itertools.combinations(varying, 2):
        effect = _means(centered, (one, other)) - main[one] - main[other]
        squares = float((effect**2).sum()) * centered.size / effect.size
        sums[f"{names[one]} x {names[other]}"] = squares
    rest = float((centered**2).sum()) - sum(sums.values())
    return {**sums, REST: max(rest, 0.0)}


def _means(
    values: Float[np.ndarray, "..."], kept: tuple[int, ...]
) -> Float[np.ndarray, "..."]:
    """Average over all axes but those kept; their lengths become 1."""
    others = tuple(k for k in range(values.ndim) if k not in kept)
    return values.mean(axis=others, keepdims=True)


def totals(parts: Mapping[str, float], names: Sequence[str]) -> dict[str, float]:
    """Return each axis' share with all interactions of two axes that it is part of.

    These overlap, so they add up to more than 1 where axes interact.
    """
    found = dict.fromkeys(names, 0.0)
    for part, share in parts.items():
        for name in part.split(" x "):
            if name in found:
                found[name] += share
    return found
