"""Bias fields: exp of a Legendre polynomial without its constant part."""

from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float, Float32
from pydantic import Field
from scipy.special import eval_legendre

from simbench.compiled import compiled
from simbench.parameters import Parameters
from simbench.streams import Stream


class Bias(Parameters):
    """A smooth factor: exp of a Legendre polynomial (Van Leemput et al. 1999)."""

    degree: int = Field(ge=1, le=8)
    """Highest total degree; degree 0, a global gain, is left out."""
    strength: float = Field(ge=0, le=1)
    """Standard deviation of the field's logarithm, about; 20 % INU is 0.1."""


def logarithm(
    parameters: Bias, tissue: Bool[np.ndarray, "h w"], stream: Stream
) -> Float32[np.ndarray, "h w"]:
    """Draw the logarithm of a bias field, of mean 0 where ``tissue`` is True.

    Notes
    -----
    A sum of c_ij P_i(y) P_j(x) with 1 <= i + j <= degree. The coefficients have equal
    shares of the variance, strength**2 over the whole frame; what lies outside the
    tissue, and the mean inside, makes it less or more there. The frame is from -1 to 1
    along both axes, pixels being points at their centers.
    """
    degree = parameters.degree
    rows, columns, terms, scale = _legendre(tissue.shape[0], tissue.shape[1], degree)
    weights = np.zeros((degree + 1, degree + 1))
    draws = stream.normal(int(terms.sum()))
    weights[terms] = draws * scale[terms] * parameters.strength
    field = np.empty(tissue.shape, np.float32)
    mean = _sum_up(rows, weights, columns, tissue, field)
    return field - np.float32(mean)


@compiled
def _sum_up(
    rows: Float[np.ndarray, "h d"],
    weights: Float[np.ndarray, "d d"],
    columns: Float[np.ndarray, "d w"],
    tissue: Bool[np.ndarray, "h w"],
    field: Float32[np.ndarray, "h w"],
) -> float:
    """Write the polynomial to ``field``; return its mean inside the tissue, or 0."""
    orders, width = columns.shape
    line = np.empty(width)
    total, count = 0.0, 0
    for y in range(field.shape[0]):
        line[:] = 0
        for j in range(orders):
            weight = 0.0
            for i in range(orders - j):
                weight += rows[y, i] * weights[i, j]
            for x in range(width):
                line[x] += weight * columns[j, x]
        for x in range(width):
            field[y, x] = line[x]
            if tissue[y, x]:
                total += line[x]
                count += 1
    return total / count if count else 0.0


@lru_cache(maxsize=16)
def _legendre(
    height: int, width: int, degree: int
) -> tuple[
    Float[np.ndarray, "h d"],
    Float[np.ndarray, "d w"],
    Bool[np.ndarray, "d d"],
    Float[np.ndarray, "d d"],
]:
    orders = np.arange(degree + 1)
    down, right = ((2 * np.arange(n) + 1) / n - 1 for n in (height, width))
    rows = eval_legendre(orders[None], down[:, None])
    columns = eval_legendre(orders[:, None], right[None])
    total = orders[:, None] + orders[None]
    terms = (total >= 1) & (total <= degree)
    norms = (2 * orders + 1)[:, None] * (2 * orders + 1)[None]
    return rows, columns, terms, np.sqrt(norms / terms.sum())
