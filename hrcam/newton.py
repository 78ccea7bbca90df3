"""Solve logistic problems that share a design, together and to the optimum.

Newton's method; its equations are solved by conjugate gradients in single precision,
with a Cholesky factor of the Hessian (averaged over class directions and problems) as
preconditioner. Losses and gradients are double precision, so the end is as exact as the
gradient says.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.linalg.blas import strsv
from threadpoolctl import threadpool_limits

from hrcam.problems import Problems, State, Tables, evaluate

#: Euclidean norm of the gradient of the penalized mean loss at which a fit has ended,
#: times the root mean square of the design where that is above 1.
TOLERANCE = 1e-10

#: Newton's steps and turns of conjugate gradients that no problem seen has needed.
STEPS, TURNS = 100, 400

#: Turns after which a factor is too old and made anew.
PATIENCE = 12

#: Columns that are solved for one at a time.
FEW = 4

#: Hessians of fewer features than this are factored by one thread, as all thin products
#: are: threads would wait for one another, on a busy machine many times as long as the
#: work takes.
SMALL = 1000

Factor = tuple[Float[np.ndarray, "d d"], bool]


def solve(
    problems: Problems, start: Tables, factor: Factor | None = None
) -> tuple[Tables, Factor | None]:
    """Solve the problems to the optimum.

    Parameters
    ----------
    problems
        What is minimized.
    start
        Where to start: weights in the basis, bias last, (d, k - 1, b).
    factor
        A preconditioner from a problem much like these (see :func:`factorize`).

    Returns
    -------
    tables, factor
        The optimum, the gradient's norm at most :data:`TOLERANCE`; the factor that
        was used last, for the next problem.

    Raises
    ------
    ArithmeticError
        If the optimum is not reached, as with features far from standardized.
    """
    goal = TOLERANCE * max(1.0, problems.design.size)
    table, state = start, evaluate(problems, start)
    for _ in range(STEPS):
        if (state.norms <= goal).all():
            return table, factor
        if factor is None:
            factor = factorize(problems, state.chances)
        with threadpool_limits(limits=1, user_api="blas"):
            step, turns = _conjugate(problems, state, factor)
            table, state = _descend(problems, table, state, step)
        if turns > PATIENCE:
            factor = None
    msg = (
        f"features must be standardized for the fit to end, got gradients of norm "
        f"{state.norms.max():.3g} after {STEPS} steps; divide them by their spread"
    )
    raise ArithmeticError(msg)


def factorize(problems: Problems, chances: Float[np.ndarray, "n k b"]) -> Factor:
    """Factor the Hessian, averaged over class directions and problems.

    Exact for one problem on two classes; else a preconditioner.
    """
    free = len(problems.basis)
    spread = (chances * (1 - chances)).sum(axis=1) / free
    weights = (spread * problems.shares).mean(axis=1)
    scaled = problems.design.rough * np.sqrt(weights).astype(np.float32)[:, None]
    threads = 1 if len(scaled.T) < SMALL else None
    with threadpool_limits(limits=threads, user_api="blas"):
        return _cholesky(scaled.T @ scaled, problems.penalty)


def _cholesky(table: Float[np.ndarray, "d d"], penalty: float) -> Factor:
    """Factor a Hessian plus its penalty, lifted where rounding makes it indefinite.

    The bias has no penalty, and images that are all certain leave it no curvature.
    """
    lift = np.float32(penalty)
    while True:
        grown = table.copy()
        grown[np.diag_indices_from(grown)] += lift
        try:
            return cho_factor(grown, lower=True, overwrite_a=True, check_finite=False)
        except LinAlgError:
            lift = 10 * max(lift, np.float32(1e-7) * np.trace(table))


def _conjugate(problems: Problems, state: State, factor: Factor) -> tuple[Tables, int]:
    """Solve Newton's equations of every problem by conjugate gradients, roughly."""
    scale = np.where(state.norms > 0, state.norms, 1.0)
    residual = -(state.slopes / scale).astype(np.float32)
    goals = np.clip(np.sqrt(state.norms), 1e-5, 0.1) * (state.norms > 0)
    curve = _curvature(problems, state.chances.astype(np.float32))
    step = np.zeros_like(residual)
    solved = _precondition(factor, residual)
    direction, energy = solved, _dot(residual, solved)
    turn = 0
    while turn < TURNS and (np.sqrt(_dot(residual, residual)) > goals).any():
        image = curve(direction)
        length = _ratio(energy, _dot(direction, image))
        step = step + length * direction
        residual = residual - length * image
        solved = _precondition(factor, residual)
        before, energy = energy, _dot(residual, solved)
        direction = solved + _ratio(energy, before) * direction
        turn += 1
    return step.astype(np.float64) * scale, turn


def _curvature(
    problems: Problems, chances: Float[np.ndarray, "n k b"]
) -> Callable[[Tables], Tables]:
    """Return the function that multiplies directions by the problems' Hessians."""
    basis = problems.basis.astype(chances.dtype)
    shares = problems.shares[:, None].astype(chances.dtype)

    def curve(direction: Tables) -> Tables:
        moved = np.einsum("nmb,mk->nkb", problems.design.times(direction), basis)
        mean = (chances * moved).sum(axis=1, keepdims=True)
        change = np.einsum("nkb,mk->nmb", chances * (moved - mean) * shares, basis)
        return problems.design.back(change) + problems.shrunk(direction)

    return curve


def _descend(
    problems: Problems, table: Tables, state: State, step: Tables
) -> tuple[Tables, State]:
    """Go along the step, half as far for every problem that did not get better."""
    slope = _dot(state.slopes, step)
    change = problems.design.times(step)
    length = np.ones(len(slope))
    while True:
        responses = state.responses + length * change
        moved = table + length * step
        after = evaluate(problems, moved, responses)
        # Near the optimum losses agree to the last digit: then the gradient decides.
        enough = after.losses <= state.losses + 1e-4 * length * slope
        flat = (after.losses <= state.losses + 1e-13) & (after.norms <= state.norms)
        good = enough | flat | (length < 1e-10)
        if good.all():
            return moved, after
        length = np.where(good, length, length / 2)


def _precondition(factor: Factor, table: Tables) -> Tables:
    """Solve with the factor; one column at a time is eight times as fast for one."""
    flat = table.reshape(len(table), -1)
    if flat.shape[1] > FEW:
        solved = cho_solve(factor, flat, check_finite=False)
    else:
        solved = np.stack([_substitute(factor[0], x) for x in flat.T], axis=1)
    return solved.reshape(table.shape)


def _substitute(
    lower: Float[np.ndarray, "d d"], column: Float[np.ndarray, " d"]
) -> Float[np.ndarray, " d"]:
    """Solve with a lower triangular factor and its transpose."""
    half = strsv(lower, column, lower=1)
    solved: Float[np.ndarray, " d"] = strsv(lower, half, lower=1, trans=1)
    return solved


def _dot(one: Tables, other: Tables) -> Float[np.ndarray, " b"]:
    return np.einsum("dmb,dmb->b", one, other)


def _ratio(
    above: Float[np.ndarray, " b"], below: Float[np.ndarray, " b"]
) -> Float[np.ndarray, " b"]:
    """Divide; 0 where a problem is solved and nothing is left to divide by."""
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)
