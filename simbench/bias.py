"""Bias fields: exp of a Legendre polynomial without its constant part."""

from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float
from pydantic import Field
from scipy.special import eval_legendre

from simbench.parameters import NonNegative, Parameters
from simbench.streams import Stream


class Bias(Parameters):
    """A smooth factor: exp of a Legendre polynomial (Van Leemput et al. 1999)."""

    degree: int = Field(ge=1, le=8)
    """Highest total degree; degree 0, a global gain, is left out."""
    strength: NonNegative
    """Standard deviation of the field's logarithm, about; 20 % INU is 0.1."""


def logarithm(
    parameters: Bias, tissue: Bool[np.ndarray, "h w"], stream: Stream
) -> Float[np.ndarray, "h w"]:
    """Draw the logarithm of a bias field, of mean 0 where ``tissue`` is True."""
    degree = parameters.degree
    rows, columns, terms, scale = _legendre(tissue.shape[0], tissue.shape[1], degree)
    weights = np.zeros((degree + 1, degree + 1))
    draws = stream.normal(int(terms.sum()))
    weights[terms] = draws * scale[terms] * parameters.strength
    field = rows @ weights @ columns.T
    return field - field[tissue].mean() if tissue.any() else field


@lru_cache(maxsize=16)
def _legendre(
    height: int, width: int, degree: int
) -> tuple[
    Float[np.ndarray, "h d"],
    Float[np.ndarray, "w d"],
    Bool[np.ndarray, "d d"],
    Float[np.ndarray, "d d"],
]:
    orders = np.arange(degree + 1)
    rows = eval_legendre(orders[None], np.linspace(-1, 1, height)[:, None])
    columns = eval_legendre(orders[None], np.linspace(-1, 1, width)[:, None])
    total = orders[:, None] + orders[None]
    terms = (total >= 1) & (total <= degree)
    norms = (2 * orders + 1)[:, None] * (2 * orders + 1)[None]
    return rows, columns, terms, np.sqrt(norms / terms.sum())
