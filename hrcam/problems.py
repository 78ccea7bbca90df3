"""Penalized multinomial logistic problems on one design: losses and their gradients.

A classifier on k classes has k - 1 free directions, so weights live in an orthonormal
basis of the class vectors that add up to zero (Helmert's): two classes are one vector,
and every table is centered over the classes by construction. Problems that differ only
in how much each image counts (bootstrap refits) share every matrix product.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float
from scipy.linalg import helmert
from scipy.special import log_softmax

#: Weights in the basis, the bias last, of every problem.
Tables = Float[np.ndarray, "d m b"]


@dataclass(frozen=True)
class Design:
    """What the responses are linear in, (n, d).

    The last column is 1 and carries the bias, which is not penalized.
    """

    values: Float[np.ndarray, "n d"]

    @cached_property
    def rough(self) -> Float[np.ndarray, "n d"]:
        """The same in single precision, which finds a direction twice as fast."""
        return self.values.astype(np.float32)

    @cached_property
    def size(self) -> float:
        """Root mean square of the entries."""
        return float(np.sqrt(np.square(self.values).mean()))

    def times(self, table: Tables) -> Float[np.ndarray, "n m b"]:
        """Return the design times a table, in the table's precision."""
        flat = self._like(table) @ table.reshape(len(table), -1)
        return flat.reshape(len(flat), *table.shape[1:])

    def back(self, responses: Float[np.ndarray, "n m b"]) -> Tables:
        """Return the transposed design times responses, in their precision."""
        flat = self._like(responses).T @ responses.reshape(len(responses), -1)
        return flat.reshape(len(flat), *responses.shape[1:])

    def _like(self, table: Float[np.ndarray, "..."]) -> Float[np.ndarray, "n d"]:
        return self.rough if table.dtype == np.float32 else self.values


@dataclass(frozen=True)
class Problems:
    """Some logistic problems on one design.

    Parameters
    ----------
    design
        Shared by the problems.
    truth
        1 at each image's class, (n, k).
    shares
        How much each image counts in each problem, (n, b); columns add up to 1.
    penalty
        Of the loss: mean cross-entropy + penalty / 2 x squared weights.
    """

    design: Design
    truth: Float[np.ndarray, "n k"]
    shares: Float[np.ndarray, "n b"]
    penalty: float

    @property
    def basis(self) -> Float[np.ndarray, "m k"]:
        """Orthonormal class vectors that add up to zero, (k - 1, k)."""
        return helmert(self.truth.shape[1])

    def shrunk(self, table: Tables) -> Tables:
        """Return the penalty's gradient: penalty times the weights, 0 for the bias."""
        out = table * table.dtype.type(self.penalty)
        out[-1] = 0
        return out


@dataclass(frozen=True)
class State:
    """Where problems stand: responses, chances, losses, gradients, their norms."""

    responses: Float[np.ndarray, "n m b"]
    chances: Float[np.ndarray, "n k b"]
    losses: Float[np.ndarray, " b"]
    slopes: Tables
    norms: Float[np.ndarray, " b"]


def evaluate(
    problems: Problems,
    table: Tables,
    responses: Float[np.ndarray, "n m b"] | None = None,
) -> State:
    """Return losses and gradients of the problems at a table."""
    responses = problems.design.times(table) if responses is None else responses
    logs = log_softmax(np.einsum("nmb,mk->nkb", responses, problems.basis), axis=1)
    chances = np.exp(logs)
    loss = -np.einsum("nkb,nk,nb->b", logs, problems.truth, problems.shares)
    losses = loss + problems.penalty / 2 * (table[:-1] ** 2).sum(axis=(0, 1))
    errors = (chances - problems.truth[:, :, None]) * problems.shares[:, None]
    slopes = problems.design.back(np.einsum("nkb,mk->nmb", errors, problems.basis))
    slopes += problems.shrunk(table)
    norms = np.sqrt(np.einsum("dmb,dmb->b", slopes, slopes))
    return State(responses, chances, losses, slopes, norms)
